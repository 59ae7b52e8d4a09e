"""Who is told of what, once: conditions, messages, channels and the memory of what was told.

What is true is decided below; this room only tells it. May import `automation` and below.
"""
