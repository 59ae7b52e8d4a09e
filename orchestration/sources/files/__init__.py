"""Asks for a day's counts in files that senders drop: in a folder, on SFTP or in S3; .xlsx, .xls, .ods, .csv, zipped
or not.

Whether the counts are right isn't decided here, and nothing is landed.

May import `sources.contract`, `config`, `runtime`.
"""
