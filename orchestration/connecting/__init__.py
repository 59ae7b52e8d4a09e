"""Connects a hall and its systems: settings proposed from samples, and the contract that a system's keeper is given.

Nothing is landed here. May import `landing`, `warehouse` and below.
"""
