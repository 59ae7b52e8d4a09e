"""A certified month as a workbook (.xlsx) and as tables for other programs: CSV, Parquet and SDMX-CSV.

Nothing is computed here: every number comes from a certificate or from the rows that add up to it.
May import `reports.certificates`.
"""
