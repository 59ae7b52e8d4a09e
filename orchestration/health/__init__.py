"""The health of a hall at a moment: a snapshot, as a page, as metrics for Prometheus and as an asset.

What is true of a day, a build or a certificate is decided below and doesn't belong here.

May import `alerts` and below.
"""
