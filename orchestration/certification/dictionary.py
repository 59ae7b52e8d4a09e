"""`published/<month>/dictionary.csv`: what each column of the month's facts means, and how far the month is.

It follows from the metadata of the facts' files and from the ledger, and is written when either changes. No certificate
rests on it, and what stops it stops nothing else.
"""

import logging
from collections.abc import Iterator
from pathlib import Path

from orchestration.certification.certify import current_archive
from orchestration.certification.standing import Standing, standing_of
from orchestration.runtime.errors import UserError
from orchestration.runtime.paths import current_home
from orchestration.warehouse.month import Month
from reports.errors import ReportsError
from reports.files import write_changed
from reports.workbook.exports import csv_of
from reports.workbook.tables import ExportRow

_LOG = logging.getLogger(__name__)


def keep_dictionary(name: str, opened: Month | None = None) -> Path | None:
    """Write a month's dictionary, after what may have changed it, and return its path.

    Args:
        name: As `2025-03`.
        opened: The month, where the caller has it already.

    Returns:
        None where no facts of the month are published, and after a warning where the dictionary can't be written.
    """
    home = current_home()
    facts = sorted((home.published / name / "facts").glob("*.parquet"))
    if not facts:
        return None
    path = home.published / name / "dictionary.csv"
    try:
        standing = standing_of(name, current_archive(), home, opened)
        write_changed(path, csv_of(list(_rows(name, facts, standing)), encoding="utf-8-sig"))
    except (OSError, ReportsError, UserError) as error:
        _LOG.warning("%s can't be written: %s; mend that, then `yuebao desk %s`", path, error, name)
        return None
    return path


def _rows(name: str, facts: list[Path], standing: Standing) -> Iterator[ExportRow]:
    """A row for each column; facts of versions before 0.2 say nothing of their columns."""
    import pyarrow.parquet as pq

    certificate = standing.certificate
    state: ExportRow = {
        "month": name,
        "state": standing.status,
        "revision": certificate.revision if certificate else "",
        "code": certificate.code if certificate else "",
    }
    for path in facts:
        for field in pq.read_schema(path):
            told = {key.decode(): value.decode() for key, value in (field.metadata or {}).items()}
            meaning: ExportRow = {key: told.get(key, "") for key in ("meaning", "unit", "grain")}
            yield {"table": path.stem, "column": field.name, "type": str(field.type), **meaning, **state}
