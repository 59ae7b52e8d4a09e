"""A month's inputs, the dbt build of its facts, and the evidence that the build leaves.

What is printed and who signs it don't belong here: they are in `certification` and `reports`. May import `landing`,
`sources`, `config`, `runtime`.
"""
