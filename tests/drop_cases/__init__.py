"""The corpus of dropped files: what each is, and what is said of it."""
