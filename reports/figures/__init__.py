"""Exact numbers and how they are written: facts read, readiness, rounding, rates, wording.

Signatures and documents don't belong here. Imports no other room but `reports.files`.
"""
