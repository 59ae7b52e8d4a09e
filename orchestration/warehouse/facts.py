"""Builds a month's facts aside, and shows them to readers once every data test has passed."""

import datetime as dt
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from orchestration.config.hall import load_own_hall
from orchestration.runtime.guard import locked
from orchestration.runtime.left_overs import owned, sweep
from orchestration.runtime.paths import Home
from orchestration.warehouse.boundary import boundary_check
from orchestration.warehouse.builder import NodeResult, build, engine_version
from orchestration.warehouse.dbt_build import evidence, with_applicability
from orchestration.warehouse.month import Month
from reports import files
from reports.figures.readiness import BuildEvidence, row_line

# Where versions before 0.2 kept a month's builds, which its facts were a link to.
_OLDER = "builds"


def build_facts(month: Month, models: Sequence[str], run_id: str) -> list[NodeResult]:
    """Build and test a month's facts, publish them if every test passed, and write the evidence either way.

    Of models that were chosen nothing is published, and what is published stays proved unless one of them fails.

    Args:
        month: What is built is its inputs, as they were when it was opened.
        models: dbt's names of the models to build; all when none is named.
        run_id: The run that builds; the folder of the build carries it.

    Raises:
        DbtError: dbt didn't get as far as running nodes.
    """
    sweep(unfinished_builds(month.home, month.name))
    with owned(month.home.builds / f"{month.name}-{run_id}") as aside:
        results = build(variables_of(month, aside), models)
        results = with_applicability(results, month, month.inputs)
        if models and not failures_of(results):
            _discard(aside)
            return results
        with locked(month.home.warehouse_lock):
            _publish(month, results, aside, run_id)
    return results


def variables_of(month: Month, publish_to: Path) -> dict[str, Any]:
    """What dbt is told of a month, whose inputs are written for it."""
    from orchestration.warehouse.dictionary import file_metadata

    return {
        "month": month.name,
        "first_day": str(month.hall.months.first_day(month.name)),
        "last_day": str(month.hall.months.last_day(month.name)),
        "inputs": str(month.write_inputs()),
        "publish_to": str(publish_to),
        "file_metadata": file_metadata(month.catalogue, month.name),
    }


def unfinished_builds(home: Home, month: str = "*") -> list[Path]:
    """The folders of builds that aren't published: under way, or left by one that was killed."""
    return list(home.builds.glob(f"{month}-*"))


def settle_older_facts(home: Home) -> None:
    """Let facts of versions before 0.2, which were links into a folder beside them, lie where readers look."""
    with locked(home.warehouse_lock):
        for link in home.published.glob("*/facts"):
            if link.is_symlink():
                if (facts := link.resolve()).exists():
                    files.exchange(facts, link)
                shutil.rmtree(link.parent / _OLDER)


def _publish(month: Month, results: Sequence[NodeResult], aside: Path, run_id: str) -> None:
    """Show readers the audited facts, then the evidence of their audit; a refused build shows its evidence alone.

    `published/<month>/facts` is a folder that is exchanged in one step, so a reader meets the old facts or the new
    ones. Whoever reads all of `published` meets each fact once: of a link, Arrow and polars would read what it leads to
    a second time, and DuckDB nothing. A crash between the two steps leaves evidence of an older build, which is stale
    and refuses the month.
    """
    published: dict[str, str] = {}
    if not failures_of(results):
        shutil.copytree(month.home.inputs / month.name, aside / "inputs")
        published = files.digests(aside)
        month.folder.mkdir(parents=True, exist_ok=True)
        files.exchange(aside, month.facts)
        shutil.rmtree(month.folder / _OLDER, ignore_errors=True)
    _discard(aside)
    record = BuildEvidence(
        month=month.name,
        fingerprint=month.fingerprint,
        built_at=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        run_id=run_id,
        checks=(*evidence(results), boundary_check(month.name, month.boundary)),
        files=published,
        engine=engine_version(load_own_hall().hall.engine),
    )
    files.write_bytes(month.evidence_file, record.to_json().encode())


def _discard(aside: Path) -> None:
    """Delete what was refused or replaced: a folder, or the link that an older version showed."""
    if aside.is_symlink():
        aside.unlink()
    elif aside.exists():
        shutil.rmtree(aside)


def failures_of(results: Sequence[NodeResult]) -> list[NodeResult]:
    """The nodes that failed; what dbt skipped after them isn't named again."""
    return [result for result in results if result.status in {"error", "fail"}]


def refusal_of_build(month: str, failures: Sequence[NodeResult]) -> str:
    """Why nothing was published: each node that failed, and the rows that it found."""
    lines = [line for result in failures for line in _lines(result)]
    return "\n".join([f"the warehouse refused {month}; nothing was published:", *lines])


def _lines(result: NodeResult) -> Iterator[str]:
    rows = f" ({result.failures} rows)" if result.failures else ""
    yield f"  {result.unique_id.split('.')[2]}: {result.status}{rows}: {' '.join(result.message.split())}"
    yield from (f"    {row_line(row)}" for row in result.failing_rows)
