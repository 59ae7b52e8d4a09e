"""The signed record of a month: certificate, chain, ledger, releases, verification, revision, rates, trace, queries.

How a document, workbook or page looks doesn't belong here, nor does asking, landing or building.
May import `reports.figures`, `reports.files`, `reports.errors` and `expectations`.
"""
