"""Asking a hall with one drop folder, for tests of it."""

from __future__ import annotations

from typing import Any

import pytest

from orchestration.config.hall import load_hall
from orchestration.sources import open_source
from orchestration.sources.contract import (
    Answer,
    Request,
    SourceFault,
)
from tests.counts import rows_of
from tests.drop_files import DAY, Hall
from tests.servers.s3 import S3Server

CSV = "邮寄_2025-03-12.csv"
REQUEST = Request(DAY, ("510000",))


def source_of(hall: Hall, **settings: Any) -> Any:
    hall.write(**settings)
    return open_source(load_hall(hall.folder), "courier", hall.variables)


def answer_of(source: Any, request: Request = REQUEST) -> Answer:
    said = source.ask(request)[request.sites[0]]
    assert isinstance(said, Answer)
    return said


def fault_of(source: Any, request: Request = REQUEST) -> SourceFault:
    with pytest.raises(SourceFault) as caught:
        source.ask(request)
    assert "\n" not in caught.value.problem
    return caught.value


def counts_of(answer: Answer) -> list[tuple[Any, Any]]:
    return [(row["department_code"], row["count"]) for row in rows_of(answer)]


WRITTEN = [("D01", 5), ("D02", 7)]


def folder_of(hall: Hall) -> str:
    return hall.settings["folder"].strip('"')


def s3_settings(storage: S3Server, port: int | None = None) -> dict[str, Any]:
    endpoint = f"http://127.0.0.1:{port}" if port else storage.endpoint
    return {"kind": "s3", "endpoint": endpoint, "access_key": "DROP_ID", "secret_key": "DROP_SECRET"}
