"""The secrets of an HTTP system, and texts without them: what a system says may repeat what it was asked with."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote

from orchestration.hall_systems.contract import SourceFault
from orchestration.settings import secret
from orchestration.system_settings import HttpSystem

_VARIABLE = re.compile(r"(?<!^)\$\{(\w+)\}")
# A shorter value is hardly a secret, and would be found in dates and words.
_SHORTEST = 6
_HIDDEN = "‹secret›"


class Secrets:
    """What no message shows: the credentials, and `${NAME}` in `query` and, but for the base address, in `url`."""

    def __init__(self, system: HttpSystem, variables: Mapping[str, str]) -> None:
        names = {system.auth.secret} if system.auth else set[str]()
        # The blank: a query's first variable is no base address.
        for text in (system.url, *(f" {value}" for value in system.query.values())):
            names.update(_VARIABLE.findall(text))
        values = {secret(name, variables) for name in names}
        forms = {form for value in values for form in (value, quote(value, safe=""), ascii(value)[1:-1])}
        self._forms = sorted((form for form in forms if len(form) >= _SHORTEST), key=len, reverse=True)

    def hide_in(self, fault: SourceFault) -> None:
        """Take the secrets out of a fault's message."""
        for form in self._forms:
            fault.problem = fault.problem.replace(form, _HIDDEN)
        fault.args = (fault.problem,)
