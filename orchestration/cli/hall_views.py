"""A hall's own folder on the command line: made, checked, and sampled."""

import datetime as dt
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from pydantic import SecretStr
from rich import box
from rich.table import Table

from orchestration.cli.app import table
from orchestration.config.hall import HallFolder, expand, load_hall, secret
from orchestration.config.variables import reachable, variables_of
from orchestration.connecting.connect import Connected, connect, new_system
from orchestration.connecting.data_contract import write_contracts
from orchestration.diagnosis import Diagnosis
from orchestration.doctor.hall import check_hall
from orchestration.landing.manifest import Extract
from orchestration.landing.preview import Sample, sample
from orchestration.partitions import MonthError, today
from orchestration.runtime.errors import Refused
from orchestration.runtime.installation import installed_at
from orchestration.runtime.paths import current_home
from orchestration.sources.contract import CONTRACT
from reports.certificates.certificate import SignRole
from reports.certificates.signers import Signer, SignerError, create_key

_SCAFFOLD = Path(__file__).parents[1] / "new_hall"
_MOST_ROWS = 20


@contextmanager
def of_hall(folder: Path) -> Iterator[HallFolder]:
    """The hall of a folder, for as long as it is worked on; raises SettingsError where it can't be used."""
    with installed_at(hall=folder):
        yield load_hall()


def make_hall(folder: Path) -> list[Path]:
    """Put the scaffold of a hall into a folder of its own, and return its files; Refused where there is something."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Refused(f"{folder} exists and isn't an empty folder; name another one")
    shutil.copytree(_SCAFFOLD, folder, dirs_exist_ok=True)
    return sorted(path for path in folder.rglob("*") if path.is_file())


def make_key(folder: Path, name: str, role: SignRole) -> list[str]:
    """Make the signing key that hall.toml names, list its owner, and return what to tell; Refused if there is one."""
    with of_hall(folder) as hall:
        settings, variables = hall.hall.certification, variables_of(hall.hall, current_home())
        key = hall.folder / expand(settings.key, variables)
        signers = hall.folder / expand(settings.signers, variables)
        try:
            public = create_key(key, SecretStr(secret(settings.passphrase, variables)))
        except SignerError as error:
            raise Refused(str(error)) from error
        with signers.open("a", encoding="utf-8") as listed:
            listed.write(f"\n{Signer(name, role, public, today(hall.hall)).entry()}")
    return [f"{key}: the private key, readable for its owner alone", f"{signers}: lists {name} as {role}"]


def checks_of(folder: Path, day: str) -> Iterator[Diagnosis]:
    """Everything that `check-hall` looks at, one after the other."""
    with of_hall(folder) as hall:
        yield from check_hall(hall, _day(day) if day else None)


def samples_of(folder: Path, day: str, systems: list[str]) -> Iterator[Sample]:
    """What each system would land of a day."""
    date = _day(day)
    with of_hall(folder) as hall:
        names = hall.hall.systems_named(systems)
        with reachable(hall.hall, current_home(), [date]) as variables:
            yield from sample(hall, date, names, variables)


def connection_of(folder: Path, files: list[Path], system: str, measures: list[str], opens: str) -> Connected:
    """Propose the settings of a system from samples, and write them."""
    with of_hall(folder) as hall:
        variables = variables_of(hall.hall, current_home())
        return connect(hall, files, new_system(hall, system, measures, opens), variables)


def contracts_of(folder: Path, systems: Sequence[str] | None, out: Path) -> list[Path]:
    """Write the data contracts of systems, all where none is named, and return their files."""
    with of_hall(folder) as hall:
        return write_contracts(hall, hall.hall.systems_named(systems), out)


def sample_table(sampled: Sample) -> Table:
    """The rows that would land, the first of them where there are many."""
    extract = sampled.result.extract
    where = ", ".join(extract.sources) if extract else ""
    first = sampled.counts.slice(0, _MOST_ROWS).rows() if sampled.counts else ()
    rows = [["" if row[name] is None else row[name] for name in CONTRACT] for row in first]
    more = len(sampled.counts or ()) - _MOST_ROWS
    caption = f"and {more} rows more" if more > 0 else _of_nothing(extract)
    title, form = f"{sampled.system}: {where}", box.SIMPLE_HEAD
    return table(CONTRACT, rows, title=title, title_justify="left", caption=caption, box=form, pad_edge=True)


def _of_nothing(extract: Extract | None) -> str | None:
    """What an extract without rows says."""
    if extract is None or extract.row_count:
        return None
    return f"no rows: the system states 0 {', '.join(sorted(extract.sums))}" if extract.sums else "no rows: closed"


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise MonthError(f"{text!r} is no day; write it as 2025-03-12") from None
