"""From certified numbers to what is printed: figures, certificates, section, edition, documents, page, proofreading.

Nothing here knows Dagster, a hall system or dbt. May import `expectations` at most.
"""
