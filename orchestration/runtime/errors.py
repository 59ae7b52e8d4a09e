"""What ends a command with a message and no traceback. Rooms derive their own errors from these two."""


class UserError(Exception):
    """The command, the settings or a file can't be used; the message names what to mend. Exit code 2."""


class Refused(Exception):
    """What was asked for can't be given now; the message names each reason and what to do. Exit code 1."""
