"""The assets: what is landed, what is built, what is printed."""
