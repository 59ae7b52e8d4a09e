"""Exact numbers and how they are written: published facts, rounding, flags, months, readiness, wording, the section.

Certificates, signatures and the look of documents don't belong here: figures know no certificate.
May import `reports.files`, `reports.errors` and the names in `expectations.rules`.
"""
