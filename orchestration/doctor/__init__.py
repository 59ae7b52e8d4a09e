"""Examines an installation: the machine, the run history, the hall's folder and its connections.

Nothing is mended or landed here. May import `alerts` and `certification` and below.
"""
