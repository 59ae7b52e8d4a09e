"""What runs by itself, when, and in which environment; `declared` is the one place to read."""
