"""The servers of the second hall, all real and on loopback: PostgreSQL over TLS, SFTP, and a signed HTTPS interface."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlencode

from reports.figures.months import days_of
from tests.servers.certificates import Authority, server_context
from tests.servers.postgres import Postgres, postgres
from tests.servers.sftp import SftpServer, sftp_server
from tests.servers.web import Asked, Reply, WebServer, web_server

MONTH = "2025-03"
HALL, DISTRICT = "370299", "370211"
OPEN_SATURDAY = dt.date(2025, 3, 8)
# Nothing else in the world holds these texts: where one is found, a secret got out.
SECRETS = {
    "BINHAI_KIOSK_PASSWORD": "canary-kiosk-7f3a91",
    "BINHAI_HOTLINE_SECRET": "canary-hotline-c0ffee/+=",
    "BINHAI_PASSPHRASE": "canary-passphrase-5e",
}
_SCHEMA = (
    "CREATE TABLE events (hall_code text, department_code text, item_code text, measure text, happened_at timestamp)",
    "CREATE TABLE day_close (hall_code text, stat_date date, kiosk_cases int, kiosk_prints int)",
    "GRANT SELECT ON events, day_close TO reader",
)


def kiosk_counts(day: dt.date) -> list[tuple[str, str, str | None, str, int]]:
    """Hall, department, item, measure and count of one day at the kiosks."""
    more = 10 if day.day == 1 else 0
    return [
        (HALL, "K1", None, "kiosk_cases", 25 + more),
        (HALL, "K2", None, "kiosk_cases", 15),
        (HALL, "K1", "P1", "kiosk_prints", 4),
        (HALL, "K2", "P1", "kiosk_prints", 3),
        (DISTRICT, "K1", None, "kiosk_cases", 5),
        (DISTRICT, "K1", "P1", "kiosk_prints", 1),
    ]


def minutes(day: dt.date) -> dict[str, int]:
    """Minutes on the telephone by department."""
    return {"H0": 300, "H1": 105 if day.day == 31 else 98}


@dataclass
class Hotline:
    """The signed interface: two pages a day, told apart by a cursor; a nonce is good once.

    Attributes:
        cut_after: the day after whose first page the network is cut.
    """

    secret: str
    nonces: set[str] = field(default_factory=set)
    cut_after: str = ""
    server: WebServer = field(init=False)

    def answer(self, asked: Asked) -> Reply:
        """One page, if it is signed."""
        if not self._is_signed(asked):
            return Reply(401, json.dumps({"error": f"bad signature {asked.headers['X-Signature']}"}).encode())
        day, after = asked.query["date"], asked.query.get("after", "")
        if day == self.cut_after:
            self.server.cut()
        told = minutes(dt.date.fromisoformat(day))
        unit = after or "H0"
        page = {
            "day": day,
            "list": [{"unit": unit, "minutes": told[unit]}],
            "next": "" if after else "H1",
            "total": sum(told.values()),
        }
        return Reply(200, json.dumps(page).encode())

    def _is_signed(self, asked: Asked) -> bool:
        headers = asked.headers
        if headers["X-Nonce"] in self.nonces or headers["X-App-Key"] != "yuebao":
            return False
        self.nonces.add(headers["X-Nonce"])
        query = urlencode(sorted(asked.query.items()), quote_via=quote)
        text = "\n".join(["GET", asked.path, query, headers["X-Timestamp"], headers["X-Nonce"]])
        good = hmac.new(self.secret.encode(), text.encode(), hashlib.sha256).hexdigest()
        return hmac.compare_digest(good, headers["X-Signature"])


@dataclass
class Binhai:
    """The hall's running servers.

    Attributes:
        variables: what the hall's settings need from the environment, secrets included.
    """

    kiosks: Postgres
    letters: SftpServer
    letters_folder: Path
    hotline: Hotline
    variables: Mapping[str, str]


@contextmanager
def binhai(folder: Path) -> Iterator[Binhai]:
    """The servers with their March 2025, until the end of the block."""
    authority = Authority(folder, "binhai")
    hotline = Hotline(SECRETS["BINHAI_HOTLINE_SECRET"])
    secured = server_context(authority.issue("hotline"))
    with (
        postgres() as kiosks,
        sftp_server(folder / "sftp") as letters,
        web_server(hotline.answer, secured) as hotline.server,
    ):
        _fill_kiosks(kiosks)
        _drop_letters(folder / "letters")
        variables = {
            **SECRETS,
            "BINHAI_KIOSK_PORT": str(kiosks.port),
            "BINHAI_KIOSK_CA": str(kiosks.ca),
            "BINHAI_LETTERS_PORT": str(letters.port),
            "BINHAI_LETTERS_FOLDER": str(folder / "letters"),
            "BINHAI_LETTERS_USER": letters.user,
            "BINHAI_LETTERS_KEY_FILE": str(letters.key),
            "BINHAI_LETTERS_KNOWN_HOSTS": str(letters.known_hosts),
            "BINHAI_HOTLINE_URL": hotline.server.url,
            "BINHAI_HOTLINE_CA": str(authority.path),
        }
        yield Binhai(kiosks, letters, folder / "letters", hotline, variables)


def _fill_kiosks(kiosks: Postgres) -> None:
    kiosks.execute("CREATE DATABASE kiosks", f"ALTER ROLE reader PASSWORD '{SECRETS['BINHAI_KIOSK_PASSWORD']}'")
    kiosks.execute(*_SCHEMA, database="kiosks")
    for day in days_of(MONTH):
        # The database keeps UTC, so that the day's first eight hours are the day before's there.
        begin = dt.datetime.combine(day, dt.time()) - dt.timedelta(hours=8)
        kiosks.execute(
            *(_insert(begin, *row) for row in kiosk_counts(day)),
            *(close_day(day, hall) for hall in (HALL, DISTRICT)),
            database="kiosks",
        )


def _insert(begin: dt.datetime, hall: str, department: str, item: str | None, measure: str, count: int) -> str:  # noqa: PLR0917 - one row
    code = f"'{item}'" if item else "NULL"
    return (
        f"INSERT INTO events SELECT '{hall}', '{department}', {code}, '{measure}', "
        f"timestamp '{begin}' + n * interval '40 minutes' FROM generate_series(0, {count - 1}) n"
    )


def close_day(day: dt.date, hall: str) -> str:
    """The statement that records a hall's day as closed."""
    totals = dict.fromkeys(("kiosk_cases", "kiosk_prints"), 0)
    for owner, _, _, measure, count in kiosk_counts(day):
        totals[measure] += count if owner == hall else 0
    return f"INSERT INTO day_close VALUES ('{hall}', '{day}', {totals['kiosk_cases']}, {totals['kiosk_prints']})"


def _drop_letters(folder: Path) -> None:
    folder.mkdir()
    for day in days_of(MONTH):
        if day.weekday() < 5 or day == OPEN_SATURDAY:
            header = "科室代码" if day < dt.date(2025, 3, 15) else "部门代码"
            text = f"日期,{header},答复数\r\n{day},L0,3\r\n总计,,3\r\n"
            (folder / f"来信_{day:%Y%m%d}.csv").write_bytes(text.encode("gb18030"))
            (folder / f"来信_{day:%Y%m%d}.csv.ok").touch()
