"""Notification of people: conditions that deserve an alert, messages, channels, and the memory of what was sent.

What is true of a day, a build or a certificate is decided below and doesn't belong here.

May import `automation` and below.
"""
