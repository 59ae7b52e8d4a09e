"""A month's inputs, the dbt build of its facts, and the evidence that the build leaves.

What is printed doesn't belong here. May import `landing`, `sources`, `config`, `runtime`.
"""
