"""A hall to try everything on: seven systems over the interfaces that halls really have, deterministic from a seed.

`demo_hall` is the way in. What the systems need is imported when the hall opens: importing this package is cheap.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from orchestration.demo.days import FIRST_DAY, month_of
from orchestration.demo.months import ensure_month

__all__ = ["DESKS_KEY", "FIRST_MONTH", "PLATFORM_BEARER", "DemoHall", "demo_hall", "ensure_month"]

FIRST_MONTH = month_of(FIRST_DAY)
# Open secrets: they guard made-up numbers on loopback, so that the way with secrets is the one that is tried.
PLATFORM_BEARER = "demo-platform-token"
DESKS_KEY = "demo-desks-key"


@dataclass(frozen=True)
class DemoHall:
    """The demo hall while it is open: its HTTP systems at `url`, its files and database in `folder`."""

    url: str
    folder: Path

    def variables(self) -> dict[str, str]:
        """What the demo hall's settings expect in the environment."""
        return {
            "YUEBAO_DEMO_URL": self.url,
            "YUEBAO_DEMO_DIR": str(self.folder),
            "YUEBAO_DEMO_PLATFORM_TOKEN": PLATFORM_BEARER,
            "YUEBAO_DEMO_DESKS_KEY": DESKS_KEY,
        }

    def describe(self) -> str:
        """How to look at each of the seven systems by hand."""
        words = Path(__file__).with_name("by_hand.txt").read_text(encoding="utf-8")
        return words.format(url=self.url, folder=self.folder, bearer=PLATFORM_BEARER, key=DESKS_KEY)


@contextmanager
def demo_hall(folder: Path, months: Iterable[str], port: int = 0) -> Iterator[DemoHall]:
    """Open the demo hall: make the files of `months`, serve its HTTP systems, close the server at the end.

    Files and database stay in the folder. The HTTP systems answer for every finished day, on a port of 127.0.0.1; 0
    takes any free one.

    Raises:
        ValueError: a month can't be read, or lies before the demo's first one.
        OSError: the port is taken.
    """
    from orchestration.demo.server import demo_app, serving

    folder = folder.resolve()
    for month in months:
        ensure_month(folder, month)
    with serving(demo_app(PLATFORM_BEARER, DESKS_KEY), port) as url:
        yield DemoHall(url=url, folder=folder)
