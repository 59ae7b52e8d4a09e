"""The Dagster assets and their checks, one module for each group of assets.

Rules of their own don't belong here: an asset calls the room that has the rule, and reports its outcome to Dagster. May
import `resources`, `checks`, `certification` and below.
"""
