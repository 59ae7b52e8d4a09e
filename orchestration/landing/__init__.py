"""What arrived: validate and land, the manifest, Parquet extracts, quarantine, and the one status of each day.

How a source is asked and what a month needs don't belong here.

May import `sources`, `config`, `runtime`, `expectations`.
"""
