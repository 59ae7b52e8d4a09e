"""What was refused: the reason, and the masked rows, kept where no model reads them."""

import datetime as dt
import hashlib
import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestration.landing.manifest import LandingError
from reports import files


@dataclass(frozen=True)
class Refusal:
    """Why one system's answer for one day of one site didn't land.

    A system that `answered` badly casts doubt on an earlier good answer; silence doesn't.
    """

    system: str
    stat_date: str
    hall: str
    reason: str  # one readable line that names system, hall, day, file and row, and what to do
    refused_at: str
    run_id: str
    answered: bool
    rows: Sequence[dict[str, Any]] = ()  # the answer's, personal patterns masked; empty when nothing could be read


class Quarantine:
    """The quarantine folder: one file per refusal, renamed to `.resolved.json` once a good answer has come."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def keep(self, refusal: Refusal) -> Path:
        """Keep a refusal; the same answer refused again for the same reason replaces its record."""
        identity = json.dumps([refusal.reason, refusal.rows], ensure_ascii=False, default=str)
        name = hashlib.sha256(identity.encode()).hexdigest()[:12]
        path = self._folder(refusal.system, refusal.stat_date) / refusal.hall / f"{name}.json"
        files.write_json(path, json.loads(json.dumps(vars(refusal), default=str)))
        return path

    def open_refusals(self, system: str, day: dt.date) -> dict[str, Refusal]:
        """By site, in order, the newest refusal that no good answer has followed.

        Raises:
            LandingError: one can't be read.
        """
        found = [_read(path) for path in self._open(system, day, "*")]
        return {each.hall: each for each in sorted(found, key=lambda refusal: (refusal.hall, refusal.refused_at))}

    def all_open(self) -> list[Refusal]:
        """What `open_refusals` gives, of every system and day; the latest day first."""
        found = [
            refusal
            for folder in self._root.glob("*/*")
            for refusal in self.open_refusals(folder.parent.name, dt.date.fromisoformat(folder.name)).values()
        ]
        return sorted(found, key=lambda refusal: (refusal.stat_date, refusal.system, refusal.hall), reverse=True)

    def resolve(self, system: str, day: dt.date, hall: str) -> None:
        """A good answer has come: what was refused before stays, as history."""
        for path in self._open(system, day, hall):
            # Another process that pulls the same day may have been quicker.
            with suppress(FileNotFoundError):
                path.replace(path.with_suffix(".resolved.json"))

    def _open(self, system: str, day: dt.date, hall: str) -> list[Path]:
        paths = self._folder(system, day.isoformat()).glob(f"{hall}/*.json")
        return [path for path in paths if not path.name.endswith(".resolved.json")]

    def _folder(self, system: str, day: str) -> Path:
        return self._root / system / day


def _read(path: Path) -> Refusal:
    try:
        return Refusal(**json.loads(path.read_bytes()))
    except (ValueError, TypeError, OSError) as error:
        raise LandingError(
            f"{path} says no more why an answer was refused ({error}); move it away and pull the day again"
        ) from error
