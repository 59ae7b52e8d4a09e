"""The main job and what becomes of a month: certified, revised, rebuilt, looked up, handed to authors.

The main job reads top to bottom in `monthly_report`. Wording and the forms of certificates themselves don't belong
here: they are in `reports`. May import `warehouse`, `landing`, `sources`, `config`, `runtime`.
"""
