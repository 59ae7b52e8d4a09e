"""The Dagster assets and their checks: thin, one module for each group of assets.

Rules of their own don't belong here: they are in the room that an asset calls. May import `certification` and below.
"""
