"""The base of this package's errors that a user can mend."""


class ReportsError(Exception):
    """A file or an argument can't be used; the message is all that the user needs, without a traceback."""
