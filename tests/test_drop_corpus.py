"""The corpus of dropped files, bad and odd, in each format and storage, with the message that each gets."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from tests.corpus import Case, judge
from tests.drop_cases import archives, cells, containers, folders, forms, formulas, good_workbooks, texts, workbooks
from tests.drop_cases.making import Drop
from tests.drop_files import DAY, Hall, local_hall, s3_hall, sftp_hall
from tests.servers.s3 import s3_server
from tests.servers.sftp import sftp_server

PARTS = (folders, texts, good_workbooks, workbooks, cells, containers, formulas, archives, forms)
CASES = [case for part in PARTS for case in part.CASES]


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, Callable[[Path], Hall]]]:
    with sftp_server(tmp_path_factory.mktemp("sshd")) as sftp, s3_server() as s3:
        yield {
            "local": local_hall,
            "sftp": lambda folder: sftp_hall(folder, sftp),
            "s3": lambda folder: s3_hall(folder, s3),
        }


@pytest.mark.parametrize("case", CASES, ids=str)
def test_corpus(
    tmp_path: Path,
    sites: Mapping[str, Callable[[Path], Hall]],
    case: Case,
    record_property: Callable[[str, object], None],
) -> None:
    drop: Drop = case.spoil
    hall = sites[drop.storage](tmp_path / "hall")
    for name, content in drop.files.items():
        hall.put(name, content)
    drop.last(hall)
    hall.write(**drop.settings)
    judge(case, "drop_folder", hall.folder, DAY, hall.variables, record_property)
