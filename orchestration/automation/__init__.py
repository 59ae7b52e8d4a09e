"""When work starts by itself: schedules, what to pull at a moment, deadlines, which months are due, retention of runs.

What a run does, and whether a day is in, don't belong here.

May import `assets` and below.
"""
