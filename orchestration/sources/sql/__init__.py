"""Asks a database for a day's counts, by the hall's own reviewed query.

Whether the counts are right isn't decided here, and nothing is landed.

May import `sources.contract`, `config`, `runtime`.
"""
