"""What ends a command with a message and no traceback. Rooms derive their own errors from these two."""

from collections.abc import Callable


class UserError(Exception):
    """The command, the settings or a file can't be used; the message names what to mend. Exit code 2."""


class Refused(Exception):
    """What was asked for can't be given now; the message names each reason and what to do. Exit code 1."""


class RunGoesOn(KeyboardInterrupt):
    """A command was interrupted while Dagster's code location executes its run.

    Attributes:
        run_id: by which Dagster's page knows the run.
        cancel: has the run stopped; whether that was begun.
    """

    def __init__(self, run_id: str, cancel: Callable[[], bool]) -> None:
        super().__init__(run_id)
        self.run_id, self.cancel = run_id, cancel
