"""Validate and land: answers to extracts, the manifest, Parquet, quarantine, and the one verdict on each day.

How a source is asked and what a month needs don't belong here.

May import `sources`, `config`, `runtime`, `expectations`, and from `reports` its files and the vocabulary of verdicts.
"""
