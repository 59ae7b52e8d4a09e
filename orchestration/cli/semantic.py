"""What `yuebao semantic-models` does: write the dbt project by which BI tools read the certified numbers."""

from __future__ import annotations

from pathlib import Path

from orchestration.certification.certify import archive_of
from orchestration.config.catalogue import closing_measures
from orchestration.config.hall import load_hall
from orchestration.runtime.errors import Refused
from orchestration.runtime.paths import current_home
from reports.files import write_bytes
from reports.semantic.project import SemanticError, semantic_project


def write_semantic_models(folder: Path) -> list[str]:
    """Write the project over what an earlier call wrote; gives its files' paths in the folder.

    Raises:
        Refused: nothing is certified, or two metrics would have one name.
    """
    ledger = archive_of(load_hall(), current_home()).ledger
    months = sorted({link.month for link in ledger.links()})
    newest = [ledger.entries(month)[-1].certificate for month in months]
    try:
        files = semantic_project(newest, closing_measures())
    except SemanticError as error:
        raise Refused(str(error)) from error
    for path, content in files.items():
        write_bytes(folder / path, content)
    return sorted(files)
