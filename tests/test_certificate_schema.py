"""The written schema of form 2 is the code's, and real certificates are what it says."""

import json
from pathlib import Path

from reports.certificates import form_2
from tests.certificates import Month, archive_in

SCHEMA = Path(form_2.__file__).with_name("form_2.schema.json")


def test_the_written_schema_is_that_of_the_code() -> None:
    assert json.loads(SCHEMA.read_text(encoding="utf-8")) == form_2.json_schema()


def test_a_certificate_has_the_parts_of_the_schema_and_no_other(tmp_path: Path) -> None:
    document = json.loads(Month(archive_in(tmp_path)).certified().path.read_bytes())
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    assert sorted(document) == sorted(schema["required"])
    candidate = schema["$defs"]["Candidate"]
    assert sorted(document["candidate"]) == sorted(candidate["required"])
    assert all(len(digest) == 64 for digest in document["candidate"]["evidence"].values())
