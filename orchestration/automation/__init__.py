"""When what runs by itself: schedules, sensors, catching up, deadlines, retention.

What a run does doesn't belong here. May import `assets` and below.
"""
