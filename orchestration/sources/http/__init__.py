"""Asks a REST interface for a day's counts: request, signature, pages, strict JSON.

Whether the counts are right isn't decided here, and nothing is landed.

May import `sources.contract`, `config`, `runtime`.
"""
