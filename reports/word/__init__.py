"""Documents in the office's own format: set as .docx, measured from the file, and printed as PDF by LibreOffice.

What authors write and what numbers mean doesn't belong here, only blocks of text, a page and its styles.
May import `reports.certificates`, `reports.figures` and `reports.docx_files`.
"""
