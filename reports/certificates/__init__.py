"""The signed record of a month: certificate, ledger, signers, releases, verification, revision, trace.

How a document looks doesn't belong here. May import `figures`.
"""
