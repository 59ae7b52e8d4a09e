"""What `${NAME}` in a hall's settings stands for: the environment, and what the embedded demo hall makes itself."""

import datetime as dt
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from orchestration.config.hall import Hall
from orchestration.runtime.paths import Home


def variables_of(hall: Hall, home: Home) -> Mapping[str, str]:
    """The environment, and for the embedded demo hall the places and the passphrase that it makes itself."""
    if not hall.embedded_demo:
        return os.environ
    from orchestration.demo.signing import DEMO_WORDS, ensure_signers

    own = {"YUEBAO_DEMO_DIR": str(home.demo), "YUEBAO_SIGNING_PASSPHRASE": DEMO_WORDS}
    variables = {**own, **os.environ}
    ensure_signers(Path(variables["YUEBAO_DEMO_DIR"]))
    return variables


@contextmanager
def reachable(hall: Hall, home: Home, days: Sequence[dt.date]) -> Iterator[Mapping[str, str]]:
    """The variables, while the systems can be asked for these days: the embedded demo hall is served meanwhile."""
    if not hall.embedded_demo or "YUEBAO_DEMO_URL" in os.environ:
        yield variables_of(hall, home)
        return
    from orchestration.demo import demo_hall

    months = sorted({f"{day:%Y-%m}" for day in days})
    with demo_hall(home.demo, months) as demo:
        yield {**variables_of(hall, home), **demo.variables()}
