"""The command line: for each family of commands a module of commands, and one of how results are shown.

Rules don't belong here: a command calls the room that has them. May import every room.
"""
