"""Whose a condition is: the owner of the check that it is the outcome of."""

from orchestration.alerts.conditions import Condition
from orchestration.checks import check_owners
from orchestration.config.alerts import Channel
from orchestration.config.hall import Hall


def is_for(channel: Channel, hall: Hall, condition: Condition) -> bool:
    """Whether a channel is told of a condition: by its kind, and by its check's owner where the channel is for some."""
    if condition.kind not in channel.kinds:
        return False
    return not channel.owners or _owner(condition, hall) in channel.owners


def _owner(condition: Condition, hall: Hall) -> str:
    """A system's owner has the checks of its answers; what is no check's outcome is nobody's."""
    of_system = hall.systems[condition.system].owner if condition.check and condition.system in hall.systems else ""
    return of_system or check_owners().get(condition.check, "")


def owners_of(hall: Hall) -> frozenset[str]:
    """Everybody whose a check is."""
    return frozenset({*check_owners().values(), *(each.owner for each in hall.systems.values() if each.owner)})
