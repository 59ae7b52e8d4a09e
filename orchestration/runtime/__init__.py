"""The process and the machine: where state lies, progress, audit log, secrets, logging, storage of the run history.

Nothing that knows a hall, a system or a month belongs here. Imports no other room.
"""
