"""How the hall's months and systems stand, as a page, as metrics for Prometheus and as an asset.

What is true is decided below; this room only shows it. May import `automation` and below.
"""
