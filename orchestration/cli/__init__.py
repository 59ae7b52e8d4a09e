"""The command line: words in, words out.

Rules don't belong here: a command calls the room that has them. May import every room.
"""
