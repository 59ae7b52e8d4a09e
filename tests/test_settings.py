"""Settings: the demo's are good, and whatever is wrong is named by file, key and what is allowed."""

from __future__ import annotations

from datetime import date, time
from pathlib import Path

import pytest

from orchestration.config.hall import SettingsError, expand, hall_folder, load_hall, secret
from orchestration.runtime.installation import DEMO_HALL
from orchestration.sources import open_source
from orchestration.sources.contract import CONTRACT, Request, RequestRefused

TEXT = (DEMO_HALL / "hall.toml").read_text(encoding="utf-8")


def _hall(folder: Path, old: str, new: str) -> Path:
    assert old in TEXT
    (folder / "hall.toml").write_text(TEXT.replace(old, new), encoding="utf-8")
    return folder


def test_the_demo_halls_settings_are_good() -> None:
    hall = load_hall(DEMO_HALL).hall
    assert (hall.code, list(hall.systems)) == (
        "510000",
        ["online_platform", "window_system", "courier", "call_centre", "enquiry_desks", "rating", "queue"],
    )


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('code = "510000"\n', "", "key code: Field required"),
        ('code = "510000"\n', "code = 510000\n", "key code: Input should be a valid string"),
        ("first_day = 2023-01-01", 'first_day = "soon"', "key first_day: "),
        ("attempts = 4", "attempts = 0", "key retries.attempts: Input should be greater than or equal to 1"),
        (
            "attempts = 4",
            "tries = 4",
            "key retries.tries: Extra inputs are not permitted; allowed are attempts, first_wait, longest_wait",
        ),
        ("embedded_demo = true", "demo = true", "key demo: Extra inputs are not permitted; allowed are code, name, "),
        (
            'opens = "every_day"\nmeasures = ["phone',
            'closes = 1\nopens = "every_day"\nmeasures = ["phone',
            "key systems.call_centre.closes: Extra inputs are not permitted; allowed are title, opens, measures, ",
        ),
        (
            'header = "X-API-Key", ',
            'header = "X-API-Key", name = "x", ',
            "key systems.enquiry_desks.auth.name: Extra inputs are not permitted; allowed are kind, header, secret",
        ),
        ("embedded_demo = true", "at_once = 65", "key at_once: Input should be less than or equal to 64"),
        (
            "embedded_demo = true",
            'timezone = "Asia/Chengdu"',
            "key timezone: Value error, 'Asia/Chengdu' is no time zone; allowed are the names of the IANA database",
        ),
        (
            'kind = "sql"',
            'kind = "oracle"',
            "using 'kind' does not match any of the expected tags: 'http_api', 'sql', 'drop_folder'",
        ),
        (
            'title = "邮寄"\nopens = "working_days"',
            'title = "邮寄"\nopens = "weekdays"',
            "key systems.courier.opens: Input should be 'every_day' or 'working_days'",
        ),
        (
            'measures = ["parcels_mailed"]',
            "measures = []",
            "key systems.courier.measures: Tuple should have at least 1 item",
        ),
        (
            'format = "xlsx"',
            'format = "pdf"',
            "key systems.courier.format: Input should be 'xlsx', 'xls', 'ods' or 'csv'",
        ),
        ('format = "xlsx"\n', "", "key systems.courier.format: Field required"),
        ('encoding = "gbk"', 'encoding = "gkb"', "key systems.call_centre.encoding: Value error, no encoding 'gkb'"),
        (
            '"邮寄件数" = "count"',
            '"邮寄件数" = "counts"',
            "key systems.courier.columns: Value error, '邮寄件数' is mapped to 'counts'; allowed are stat_date, ",
        ),
        (
            ', "邮寄件数" = "count" }',
            " }",
            "key systems.courier: Value error, columns or constants must give count",
        ),
        (
            '"部门编码" = "department_code", "接听量"',
            '"部门编码" = "count", "接听量"',
            "must give department_code",
        ),
        (
            'constants = { hall_code = "510000", measure = "parcels_mailed" }',
            'constants = { hall_code = "510000", measure = "parcels_mailed", count = "1" }',
            "must give count only once",
        ),
        (
            'constants = { hall_code = "510000", measure = "parcels_mailed" }',
            'constants = { hall_code = "510000", measure = "parcels" }',
            "key systems.courier: Value error, total_row needs constants.measure, one of parcels_mailed",
        ),
        (
            'constants = { hall_code = "510000", measure = "parcels_mailed" }',
            'constants = { hall_code = "510000", hall = "x", measure = "parcels_mailed" }',
            "key systems.courier.constants.hall: Input should be 'stat_date', 'hall_code'",
        ),
        (
            "declared = { onsite_consultations",
            "declared = { onsite",
            "key systems.enquiry_desks: Value error, declared names onsite; allowed are onsite_consultations",
        ),
        ('header = "X-API-Key", ', "", "key systems.enquiry_desks.auth.header: Field required"),
        ("per_page = 500", "per_page = 0", "key systems.online_platform.paging.per_page: Input should be greater than"),
    ],
)
def test_a_wrong_key_is_named_with_what_is_allowed(tmp_path: Path, old: str, new: str, says: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load_hall(_hall(tmp_path, old, new))
    assert str(caught.value).startswith(f"{tmp_path / 'hall.toml'}: ")
    assert says in str(caught.value)


def test_the_keys_of_0_1_are_read(tmp_path: Path) -> None:
    keys = 'title = "邮寄"\nhalls = ["510000", "510300"]\npull_at_of_halls = { "510300" = "07:30" }'
    hall = load_hall(_hall(tmp_path, 'title = "邮寄"', keys)).hall
    assert hall.sites_of("courier") == ("510000", "510300")
    assert hall.pull_time("courier", "510300") == time(7, 30)


def test_every_wrong_key_is_named_at_once(tmp_path: Path) -> None:
    (tmp_path / "hall.toml").write_text('code = 5\n[systems.a]\nkind = "sql"\n', encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        load_hall(tmp_path)
    keys = ("code", "name", "first_day", "systems.a.title", "systems.a.opens", "systems.a.measures", "systems.a.counts")
    assert [key for key in keys if f"key {key}: " not in str(caught.value)] == []


def test_a_folder_without_settings_says_what_to_set(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"hall\.toml doesn't exist; set YUEBAO_HALL to a folder"):
        load_hall(tmp_path)


@pytest.mark.parametrize("content", [b"code = ", b"\xff\xfe", b"[systems\n"])
def test_a_file_that_is_no_toml_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "hall.toml").write_bytes(content)
    with pytest.raises(SettingsError, match=r"hall\.toml is not valid TOML in UTF-8"):
        load_hall(tmp_path)


def test_the_environment_names_the_hall(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YUEBAO_HALL", str(tmp_path))
    assert hall_folder() == tmp_path


def test_variables_are_filled_in_and_an_absent_one_is_named_without_any_value() -> None:
    known = {"HOST": "example", "KEY": "hush"}
    assert expand("https://${HOST}/a?b=$x", known) == "https://example/a?b=$x"
    assert secret("KEY", known) == "hush"
    with pytest.raises(SettingsError, match="the environment variable PORT isn't set") as caught:
        expand("${HOST}:${PORT}", known)
    assert "hush" not in str(caught.value)


def test_a_system_without_its_secret_says_so_when_it_is_asked_and_asks_nobody() -> None:
    source = open_source(load_hall(DEMO_HALL), "enquiry_desks", {"YUEBAO_DEMO_URL": "http://127.0.0.1"})
    with pytest.raises(RequestRefused, match="YUEBAO_DEMO_DESKS_KEY isn't set"):
        source.ask(Request(date(2025, 3, 12), ("510000",)))


def test_the_contract_has_the_columns_of_the_daily_counts() -> None:
    assert CONTRACT == ("stat_date", "hall_code", "department_code", "item_code", "measure", "count")
