"""The hall's folder as typed settings and reviewed tables: systems, catalogue, calendar, variables.

What asks a system, lands an answer or computes a number doesn't belong here. May import `runtime`.
"""
