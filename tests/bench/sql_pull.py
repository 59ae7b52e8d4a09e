"""`python -m tests.bench.sql_pull`: a day of 205 sites × 1,000 rows from one PostgreSQL, beside a bare COPY to Parquet.

Five ways, in rounds, each a fresh process against the same server: COPY of the counting query, read by psycopg and
written to Parquet by pyarrow; one request for all sites at once; a request for each site, eight at a time over two
connections; asked at once and landed with its manifest entry, which is what COPY to Parquet does and more; and the
whole pull, which has the suite judge it too. Seconds are taken inside the process, after its imports; ratios are taken
within each round. Nothing here passes or fails by time: the bench fails when the five don't read the same counts.
"""

from __future__ import annotations

import argparse
import gc
import io
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from statistics import median

import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet
from rich.console import Console
from rich.table import Table

from expectations.validation import warm_up
from orchestration.config.catalogue import evidence_version, working_days
from orchestration.config.hall import load_hall
from orchestration.landing.manifest import Counted, Landing, Provenance, SiteCounts
from orchestration.landing.quarantine import Quarantine
from orchestration.landing.validate_and_land import DayValidation
from orchestration.runtime.installation import DEMO_HALL
from orchestration.sources.contract import Answer, Request
from orchestration.sources.pool import Requests
from tests.bench.measuring import Run, run
from tests.servers.postgres import postgres
from tests.sql_halls import COUNTS, COUNTS_OF_ALL, DAY, DAY_CLOSE, DAY_CLOSE_OF_ALL, hall_folder, in_postgres, source

_TITLES = {
    "copy": "COPY of the query, to Parquet",
    "at_once": "all sites at once",
    "by_site": "each site by itself, 8 threads, 2 connections",
    "landed": "all sites at once, landed",
    "pulled": "all sites at once, judged by the suite and landed",
}
_BENCH = Provenance("bench", "code", "suite")


def _fill(sites: int) -> tuple[str, ...]:
    """Statements that put 1,000 rows of each site into the database."""
    return (
        "DELETE FROM counts",
        "DELETE FROM day_close",
        f"""INSERT INTO counts SELECT '{DAY}', (510000 + site)::text, 'D' || lpad((item % 20)::text, 2, '0'),
            'I' || lpad((item / 20)::text, 3, '0'), 'online_accepted', site * item % 97
            FROM generate_series(0, {sites - 1}) site, generate_series(0, 999) item""",
        "CREATE INDEX ON counts (hall_code, stat_date)",
        "INSERT INTO day_close SELECT stat_date, hall_code, sum(number), 0 FROM counts GROUP BY stat_date, hall_code",
        "ANALYZE",
    )


def main() -> int:
    """Run the rounds asked for and print the table; or, as a process of its own, take one way."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.sql_pull", description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="how often each way is taken (3)")
    parser.add_argument("--sites", type=int, default=205, metavar="N", help="for how many the database answers (205)")
    parser.add_argument("--take", nargs=2, metavar=("WAY", "FOLDER"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.take:
        sys.stdout.write(_taken(arguments.take[0], Path(arguments.take[1])))
        return 0
    rounds, sites = max(1, arguments.rounds), arguments.sites
    with postgres() as server, tempfile.TemporaryDirectory(prefix="yuebao-bench-") as scratch:
        database = in_postgres(server)
        database.execute(*_fill(sites))
        for way in _TITLES:
            queries = (COUNTS, DAY_CLOSE) if way == "by_site" else (COUNTS_OF_ALL, DAY_CLOSE_OF_ALL)
            folder = hall_folder(Path(scratch) / way, database.url, *queries, sites=_codes(sites))
            _write_sites(folder, sites)
        measured = [{way: _measured(way, Path(scratch) / way) for way in _TITLES} for _ in range(rounds)]
    Console(width=max(Console().width, 120)).print(_table(measured, sites))
    return 0 if len({run.output.split()[1] for each in measured for run in each.values()}) == 1 else 1


def _codes(sites: int) -> list[str]:
    return [str(510000 + number) for number in range(sites)]


def _write_sites(folder: Path, sites: int) -> None:
    shutil.copytree(DEMO_HALL / "catalogue", folder / "catalogue")
    rows = "".join(f"{code},{code},county\n" for code in _codes(sites))
    (folder / "catalogue" / "sites.csv").write_text(f"hall_code,hall_name,hall_level\n{rows}", encoding="utf-8")


def _measured(way: str, folder: Path) -> Run:
    command = [sys.executable, "-m", "tests.bench.sql_pull", "--take", way, folder]
    return run([str(part) for part in command], {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}, folder)


def _taken(way: str, folder: Path) -> str:
    """Seconds, and the sum of what was read."""
    os.environ["YUEBAO_HALL"] = str(folder)
    # As the program itself does.
    gc.set_threshold(200_000, 20, 20)
    warm_up()
    began = time.perf_counter()
    total = _WAYS[way](folder)
    return f"{time.perf_counter() - began} {total}"


def _copied(folder: Path) -> int:
    sites = ", ".join(f"'{code}'" for code in _sites(folder))
    query = COUNTS_OF_ALL.replace(":halls", f"({sites})").replace(":day", f"'{DAY}'").rstrip().removesuffix(";")
    with source(folder)._engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        with driver.cursor().copy(f"COPY ({query}) TO STDOUT (FORMAT csv, HEADER)".encode()) as copied:
            table = pyarrow.csv.read_csv(io.BytesIO(b"".join(copied)))
    pyarrow.parquet.write_table(table, folder / "counts.parquet")
    total: int = pc.sum(table["count"]).as_py()
    return total


def _sites(folder: Path) -> tuple[str, ...]:
    return tuple(load_hall(folder).hall.sites_of("window"))


def _at_once(folder: Path) -> int:
    return _counted(_answers(folder, [_sites(folder)]))


def _by_site(folder: Path) -> int:
    return _counted(_answers(folder, [(code,) for code in _sites(folder)]))


def _answers(folder: Path, groups: Sequence[tuple[str, ...]]) -> dict[str, Answer]:
    asked = source(folder)
    with ThreadPoolExecutor(8) as threads:
        replies = list(threads.map(lambda sites: asked.ask(Request(DAY, sites)), groups))
    return {code: said for reply in replies for code, said in reply.items() if isinstance(said, Answer)}


def _counted(answers: Mapping[str, Answer]) -> int:
    return sum(total for answer in answers.values() for total in answer.counts.sums().values())


def _landed(folder: Path) -> int:
    sites = {
        code: SiteCounts(answer.counts, answer.declared, answer.source, {})
        for code, answer in _answers(folder, [_sites(folder)]).items()
    }
    landing = Landing(Path(tempfile.mkdtemp(dir=folder)))
    return landing.land(Counted("window", DAY, "answered", sites), _BENCH).count_sum


def _pulled(folder: Path) -> int:
    hall = load_hall(folder).hall
    (name,) = hall.systems
    # Else a later round would find that nothing has changed.
    landing = Landing(Path(tempfile.mkdtemp(dir=folder)))
    validation = DayValidation(
        hall,
        name,
        working_days(),
        landing,
        Quarantine(folder / "quarantine"),
        replace(_BENCH, suite_version=evidence_version()),
    )
    requests = Requests(hall.retries, at_once=8)
    requests.ask({name: source(folder)}, [DAY], lambda _system, _day: hall.sites_of(name))
    (result,) = validation.settle(requests.outcomes(name, [DAY])).days
    requests.close()
    assert result.extract is not None, result.messages
    return result.extract.count_sum


_WAYS = {"copy": _copied, "at_once": _at_once, "by_site": _by_site, "landed": _landed, "pulled": _pulled}


def _table(rounds: Sequence[dict[str, Run]], sites: int) -> Table:
    result = Table(title=f"{sites} sites × 1,000 rows of one day, {len(rounds)} rounds (medians)")
    for name in ("", "seconds", "rows per second", "of COPY's", "peak MiB"):
        result.add_column(name, justify="left" if not name else "right")
    for way, title in _TITLES.items():
        seconds = [float(measured[way].output.split()[0]) for measured in rounds]
        ratios = [float(each["copy"].output.split()[0]) / took for each, took in zip(rounds, seconds, strict=True)]
        peak = max(measured[way].peak_mib for measured in rounds)
        took = median(seconds)
        result.add_row(title, f"{took:.2f}", f"{1000 * sites / took:,.0f}", f"{median(ratios):.0%}", f"{peak:.0f}")
    return result


if __name__ == "__main__":
    sys.exit(main())
