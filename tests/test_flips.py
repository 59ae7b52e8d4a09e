"""Bits flipped and values replaced in everything that somebody rests on: refused before signing, found after it.

`make proof` flips a thousand bits and replaces two hundred values, and prints a table; `make test` does a few of each.
"""

import os
import random
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from orchestration.certification.certify import archive_of, objections_to
from orchestration.config.hall import load_hall
from orchestration.runtime.errors import UserError
from orchestration.runtime.paths import Home
from orchestration.warehouse.month import open_month, problems_of
from reports.certificates.ledger import Archive
from reports.certificates.verification import verify
from reports.errors import ReportsError
from tests.halls import Hall, Printed

SEED = 20250402
SIZES = [
    pytest.param(40, 20, id="a_few"),
    pytest.param(1_000, 200, id="a_thousand", marks=pytest.mark.proof),
]
Found = Callable[[], Sequence[str]]


@pytest.fixture(scope="module")
def printed(built_hall: Hall, march_printed: Printed, tmp_path_factory: pytest.TempPathFactory) -> Hall:
    """A month that is certified, with all that people are given."""
    other = Hall(tmp_path_factory.mktemp("printed"), built_hall.variables).begin_with(march_printed)
    result = other.run("desk", "2025-03")
    assert result.exit_code == 0, result.output
    return other


@pytest.fixture
def names(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Hall:
    """The hall that a test is about, named by the environment."""
    hall: Hall = request.getfixturevalue(request.param)
    for name, value in hall.environment.items():
        monkeypatch.setenv(name, value)
    return hall


def before_signing(home: Home) -> Sequence[str]:
    """What would keep the month from being signed."""
    try:
        month = open_month("2025-03")
        problems: Sequence[object] = problems_of(month)
        hall = load_hall()
        return [*map(str, problems)] or [*map(str, objections_to(month, hall, archive_of(hall, home)))]
    except (UserError, ReportsError, ValueError, OSError) as error:
        return [str(error)]


def kinds_before(home: Home) -> dict[str, list[Path]]:
    folder = home.published / "2025-03"
    return {
        "extracts": sorted(home.landing.rglob("*.parquet")),
        "manifest entries": sorted(home.landing.rglob("*.json")),
        "published facts": sorted(path for path in (folder / "facts").iterdir() if path.is_file()),
        "build.json": [folder / "build.json"],
    }


def kinds_after(home: Home) -> dict[str, list[Path]]:
    folder = home.published / "2025-03"
    certified = verify_files(home)
    return {
        "extracts": sorted(path for path in home.landing.rglob("*.parquet") if path in certified),
        "manifest entries": sorted(path for path in home.landing.rglob("*.json") if path in certified),
        "certificates": sorted(home.certificates.glob("0*.json")),
        "evidence": sorted(home.evidence.iterdir()),
        "releases": sorted(path for path in (folder / "r1").rglob("*") if path.is_file()),
        "published facts": sorted(path for path in (folder / "facts").iterdir() if path.is_file()),
        "desk files": sorted(path for path in (folder / "desk" / "r1").iterdir() if path.is_file()),
        "pages": [folder / "index.html", home.published / "index.html"],
    }


def verify_files(home: Home) -> set[Path]:
    archive = archive_of(load_hall(), home)
    extracts = archive.ledger.entries()[-1].certificate.foundation.all_extracts
    return {home.landing / place for extract in extracts for place in (extract.path, extract.entry_path)}


@contextmanager
def spoiled(path: Path, content: bytes) -> Iterator[None]:
    """A file that holds something else for a moment; a second name of it isn't touched."""
    before, status = path.read_bytes(), path.stat()
    aside = path.with_name(f".{path.name}.before")
    path.rename(aside)
    path.write_bytes(content)
    try:
        yield
    finally:
        path.unlink()
        aside.rename(path)
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
        assert path.read_bytes() == before


def flipped(content: bytes, chance: random.Random) -> bytes:
    place, bit = chance.randrange(len(content)), chance.randrange(8)
    return content[:place] + bytes([content[place] ^ 1 << bit]) + content[place + 1 :]


def replaced(path: Path, chance: random.Random) -> bytes | None:
    """The same file with another value: a count in Parquet, a digit in a text; None where it has none."""
    if path.suffix == ".parquet":
        return replaced_in_table(path, chance)
    content = path.read_bytes()
    digits = [match.start() for match in re.finditer(rb"[0-9]", content)]
    if not digits:
        return None
    place = chance.choice(digits)
    other = chance.choice([digit for digit in b"0123456789" if digit != content[place]])
    return content[:place] + bytes([other]) + content[place + 1 :]


def replaced_in_table(path: Path, chance: random.Random) -> bytes | None:
    table = pq.read_table(path)
    counted = [name for name in table.column_names if pa.types.is_integer(table.schema.field(name).type)]
    if not counted or not table.num_rows:
        return None
    name, row = chance.choice(counted), chance.randrange(table.num_rows)
    values = table[name].to_pylist()
    values[row] = (values[row] or 0) + chance.randint(1, 9)
    sink = pa.BufferOutputStream()
    place = table.column_names.index(name)
    pq.write_table(table.set_column(place, table.schema.field(name), pa.array(values, table[name].type)), sink)
    return bytes(sink.getvalue())


def spoil_many(kinds: dict[str, list[Path]], found: Found, flips: int, values: int) -> dict[str, Counter[str]]:
    """Spoil files one at a time; each has to be found, and named."""
    chance = random.Random(SEED)
    table: dict[str, Counter[str]] = {kind: Counter() for kind in kinds}
    work = [*["flipped"] * flips, *["replaced"] * values]
    while work:
        kind = chance.choice(sorted(kinds))
        path = chance.choice(kinds[kind])
        content = flipped(path.read_bytes(), chance) if work[-1] == "flipped" else replaced(path, chance)
        if content is None:
            continue
        with spoiled(path, content):
            lines = found()
        assert lines, f"{work[-1]} in {path} wasn't found"
        # A damaged day is told by system and day, everything else by its file.
        named = [line for line in lines if path.name in line or path.parent.name in line]
        assert named, f"{work[-1]} in {path}: {lines}"
        table[kind][work.pop()] += 1
    return table


def tell(title: str, table: dict[str, Counter[str]], capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        sys.stdout.write(f"\n{title} (seed {SEED})\n{'kind':20} flipped replaced found\n")
        for kind, counts in table.items():
            sys.stdout.write(f"{kind:20} {counts['flipped']:7} {counts['replaced']:8} {counts.total():5}\n")


@pytest.mark.parametrize("names", ["built_hall"], indirect=True)
@pytest.mark.parametrize(("flips", "values"), SIZES)
def test_nothing_that_was_spoiled_is_signed(
    names: Hall, flips: int, values: int, capsys: pytest.CaptureFixture[str]
) -> None:
    home = Home(names.home)
    assert before_signing(home) == []
    table = spoil_many(kinds_before(home), lambda: before_signing(home), flips // 4, values // 4)
    tell("before signing: refused", table, capsys)


@pytest.mark.parametrize("names", ["printed"], indirect=True)
@pytest.mark.parametrize(("flips", "values"), SIZES)
def test_whatever_was_spoiled_is_found(
    names: Hall, flips: int, values: int, capsys: pytest.CaptureFixture[str]
) -> None:
    home = Home(names.home)

    def found() -> Sequence[str]:
        archive: Archive = archive_of(load_hall(), home)
        return [*map(str, verify(archive, handed_over=True).problems)]

    assert found() == []
    table = spoil_many(kinds_after(home), found, flips - flips // 4, values - values // 4)
    tell("after signing: found by verify", table, capsys)
