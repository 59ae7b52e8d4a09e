"""Brings a month to its certificate: certify, revise, rebuild, what waits, and the files that authors get of it.

Wording and the forms of certificates themselves don't belong here: they are in `reports`. May import `warehouse`
and below.
"""
