"""Settings of hall systems of kind `sql`: what is refused before a database is asked, and every dialect."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from unittest.mock import MagicMock
from zoneinfo import ZoneInfo

import pytest

from orchestration.config.hall import SettingsError, load_hall
from orchestration.config.systems import SqlSystem
from orchestration.sources.normal_forms import whole_number
from orchestration.sources.sql.dialects import dialects
from tests.sql_halls import COUNTS, COUNTS_OF_ALL, HALL, OTHER, hall_folder, source

# --- dialects ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "title", "install"),
    [
        ("oracle+oracledb://a:b@h/s", "Oracle", "oracledb"),
        ("mssql+pyodbc://a:b@h/s", "SQL Server", "pyodbc"),
        ("dm+dmPython://a:b@h:5236/s", "达梦", "dmSQLAlchemy dmPython"),
        ("kingbase+ksycopg2://a:b@h:54321/s", "人大金仓 KingbaseES", "ksycopg2 and the SQLAlchemy dialect"),
    ],
)
def test_a_driver_that_isnt_installed_is_named(url: str, title: str, install: str, tmp_path: Path) -> None:
    assert url.partition("://")[0] in dialects()
    with pytest.raises(SettingsError, match=f"^{title} needs a driver that isn't installed: {install}"):
        source(hall_folder(tmp_path, url))


@pytest.mark.parametrize("url", sorted(dialects()))
def test_every_dialect_can_open_a_session(url: str, tmp_path: Path) -> None:
    """Those whose servers can't run here, too: every placeholder of the table is one that is filled."""
    system = load_hall(hall_folder(tmp_path, f"{url}://h/s", timezone="UTC", statement_timeout=2.5)).hall.systems[
        "window"
    ]
    assert isinstance(system, SqlSystem)
    connection = MagicMock()

    dialects()[url].open_session(connection, system, ZoneInfo("Europe/Paris"), dt.date(2025, 3, 30))

    statements = [call.args[0] for call in connection.exec_driver_sql.call_args_list]
    assert statements
    assert not [text for text in statements if "{" in text]
    given = dialects()[url].connect_args(system)
    assert given
    assert not [value for value in given.values() if isinstance(value, str) and "{" in value]
    if url == "oracle+oracledb":
        assert connection.connection.driver_connection.call_timeout == 2500


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        (
            "timezone",
            "Paris",
            "key systems.window.timezone: Value error, 'Paris' is no time zone; allowed are the names of the IANA",
        ),
        ("statement_timeout", 0, "key systems.window.statement_timeout: Input should be greater than or equal to 0.1"),
        ("max_connections", 0, "key systems.window.max_connections: Input should be greater than or equal to 1"),
        ("max_connections", 17, "key systems.window.max_connections: Input should be less than or equal to 16"),
        ("batch", 10, "key systems.window.batch: Extra inputs are not permitted"),
    ],
)
def test_a_wrong_setting_is_named(key: str, value: object, says: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as raised:
        load_hall(hall_folder(tmp_path, "sqlite:///x", **{key: value}))
    assert says in str(raised.value)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("ftp://h/x", "begins with 'ftp'; allowed are postgresql+psycopg, mysql+pymysql, mariadb+pymysql, sqlite"),
        ("postgresql://h/x", "begins with 'postgresql'; allowed are postgresql+psycopg"),
        ("nothing", "key database: isn't a URL such as postgresql+psycopg://"),
        ("${URL}", "key database: isn't a URL such as postgresql+psycopg://"),
        ("postgresql+psycopg://a:${ABSENT}@h/x", "the environment variable ABSENT isn't set"),
    ],
)
def test_a_url_that_cant_be_used_is_refused_without_its_password(url: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as raised:
        source(hall_folder(tmp_path, url), {"URL": "postgresql+psycopg://a:geheim:x@h:port/x"})
    assert says in str(raised.value)
    assert "geheim" not in str(raised.value)


# --- reviewed queries -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"counts": "../counts.sql"}, "key counts: ../counts.sql lies outside the hall's folder"),
        ({"counts": "/etc/passwd"}, "key counts: /etc/passwd lies outside the hall's folder"),
        ({"day_close": "absent.sql"}, "key day_close: absent.sql can't be read (No such file or directory)"),
        ({"day_close": "gbk.sql"}, "key day_close: gbk.sql isn't UTF-8"),
        (
            {"day_close": "two.sql"},
            "key day_close: two.sql must hold one SELECT (or WITH … SELECT), and holds SELECT, DELETE",
        ),
        ({"day_close": "delete.sql"}, "must hold one SELECT (or WITH … SELECT), and holds DELETE"),
        ({"day_close": "empty.sql"}, "must hold one SELECT (or WITH … SELECT), and holds nothing"),
        (
            {"day_close": "unknown.sql"},
            "unknown.sql takes :date, :month; the parameters are :day, :hall, :halls, :day_start",
        ),
        (
            {"counts": "all.sql", "sites": [HALL, OTHER]},
            "day_close.sql takes :hall, and all.sql asks for several sites",
        ),
    ],
)
def test_a_query_that_isnt_a_reviewed_question_is_refused(
    settings: dict[str, object], says: str, tmp_path: Path
) -> None:
    folder = hall_folder(tmp_path / "hall", "sqlite:///x", **settings)
    (tmp_path / "counts.sql").write_text(COUNTS)
    (folder / "gbk.sql").write_bytes("-- 日结\nSELECT 1".encode("gbk"))
    (folder / "two.sql").write_text("SELECT 1; -- and\nDELETE FROM counts")
    (folder / "delete.sql").write_text("DELETE FROM counts")
    (folder / "empty.sql").write_text("-- later\n")
    (folder / "unknown.sql").write_text("SELECT online_accepted FROM day_close WHERE stat_date = :date OR m = :month")
    (folder / "all.sql").write_text(COUNTS_OF_ALL)
    with pytest.raises(SettingsError) as raised:
        source(folder)
    assert says in str(raised.value)


def test_a_symbolic_link_doesnt_lead_out_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "elsewhere.sql").write_text(COUNTS)
    folder = hall_folder(tmp_path / "hall", "sqlite:///x", counts="link.sql")
    (folder / "link.sql").symlink_to(tmp_path / "elsewhere.sql")
    with pytest.raises(SettingsError, match=r"link\.sql lies outside the hall's folder"):
        source(folder)


# --- whole numbers ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "whole"),
    [("5", 5), ("5.000", 5), ("-0", 0), ("1E+3", 1000), ("999999999999999999", 999999999999999999)],
)
def test_an_exact_decimal_is_a_whole_number(value: str, whole: int) -> None:
    assert whole_number(Decimal(value)) == whole
    assert type(whole_number(Decimal(value))) is int


@pytest.mark.parametrize("value", ["5.5", "1E-30", "1000000000000000000", "1E+999999", "NaN", "sNaN", "Infinity"])
def test_any_other_decimal_stays_as_it_came(value: str) -> None:
    assert isinstance(whole_number(Decimal(value)), Decimal)


@pytest.mark.parametrize(
    ("value", "whole"), [("１，２３４", 1234), ("　５６ ", 56), ("＋７", 7), ("－8", -8), ("1,234", 1234)]
)
def test_full_width_digits_are_digits(value: str, whole: int) -> None:
    assert whole_number(value) == whole


@pytest.mark.parametrize("value", ["118①", "55²", "㊿", "¹", "٣", "12,34", "Ⅷ", "½"])
def test_no_digit_is_made_by_normalisation(value: str) -> None:
    assert whole_number(value) == value
