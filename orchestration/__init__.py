"""The pipeline: what Dagster loads and the command line runs.

Each folder is a room; its docstring says what belongs there, what doesn't, and which rooms it may import. Imports
point downwards only (`[tool.importlinter]` in pyproject.toml holds the order). What is printed
lives in `reports`, what an answer must look like in `expectations`; neither knows Dagster.
"""
