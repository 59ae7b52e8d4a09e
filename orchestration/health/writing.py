"""Where the health is written: the page, and the metrics beside it."""

from pathlib import Path

from orchestration.health.metrics import write_metrics
from orchestration.health.model import Health
from orchestration.health.page import page
from orchestration.runtime.paths import Home
from reports.files import write_bytes

METRICS = "yuebao.prom"


def write_health(health: Health, home: Home, file: Path | None = None) -> tuple[Path, Path]:
    """Write page and metrics, and return where they lie.

    Args:
        health: What they say.
        home: The state folder, whose `health/` holds both.
        file: Where the page is to lie instead.
    """
    target = file or home.health / "index.html"
    write_bytes(target, page(health).encode())
    write_metrics(health, home.health / METRICS)
    return target, home.health / METRICS
