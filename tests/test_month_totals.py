"""A month's facts against the totals that a system states of it itself: asked, compared, and refused by name."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from orchestration.demo import DESKS_KEY, PLATFORM_BEARER
from orchestration.demo.server import demo_app, serving
from orchestration.runtime.installation import DEMO_HALL
from orchestration.warehouse.month import MONTH_TOTALS_CHECK
from reports.certificates.certificate import CheckResult
from reports.certificates.ledger import Ledger
from reports.figures.readiness import BuildEvidence
from tests.halls import HEADING, PARAGRAPH, Hall

MONTH = "2025-03"


class Platform:
    """The demo platform, whose month totals are answered as a test says."""

    def __init__(self) -> None:
        self.status = 200
        self.more = 0
        self.month = MONTH
        self.asked: list[Mapping[str, str]] = []
        self.totals: dict[str, int] = {}

    def app(self) -> Starlette:
        async def month_totals(request: Request) -> Response:
            self.asked.append(dict(request.query_params))
            totals = {**self.totals, "online_completed": self.totals["online_completed"] + self.more}
            document = {"code": 0, "data": {"month": self.month, "totals": totals}}
            return JSONResponse(document, self.status)

        return Starlette(
            routes=[
                Route("/platform/v1/month-totals", month_totals),
                Mount("/", demo_app(PLATFORM_BEARER, DESKS_KEY)),
            ]
        )


@pytest.fixture(scope="module")
def printed(printed_hall: Hall) -> Hall:
    """The demo hall, whose March is printed."""
    return printed_hall


@pytest.fixture
def platform(printed: Hall) -> Iterator[Platform]:
    """A platform that agrees, until a test has it say otherwise."""
    planted = Platform()
    planted.totals = {name: printed.numbers(MONTH)[name] for name in ("online_accepted", "online_completed")}
    with serving(planted.app()) as url:
        printed.environment["YUEBAO_DEMO_URL"] = url
        yield planted
    printed.environment["YUEBAO_DEMO_URL"] = printed.variables["YUEBAO_DEMO_URL"]


@pytest.fixture
def other(printed: Hall, platform: Platform, tmp_path: Path) -> Hall:
    """A hall with the same landing and nothing built, on that platform."""
    other = printed.copy(tmp_path, home=False)
    other.environment["YUEBAO_DEMO_URL"] = printed.environment["YUEBAO_DEMO_URL"]
    return other


def _evidence(hall: Hall) -> dict[str, dict[str, str]]:
    build = json.loads((hall.home / "published" / MONTH / "build.json").read_text())
    return {check["name"]: check for check in build["checks"]}


def test_the_certificate_records_that_the_month_agrees_and_its_rebuild_asks_no_system(printed: Hall) -> None:
    section = (printed.home / "published" / MONTH / "current" / "section.txt").read_text()
    assert section.split("\n") == [HEADING, "", PARAGRAPH, ""]
    (entry,) = Ledger(printed.home / "certificates").entries(MONTH)
    assert CheckResult(MONTH_TOTALS_CHECK, "pass") in entry.certificate.foundation.build_checks
    url = printed.environment.pop("YUEBAO_DEMO_URL")
    rebuilt = printed.run("rebuild", MONTH)
    printed.environment["YUEBAO_DEMO_URL"] = url
    assert rebuilt.exit_code == 0, rebuilt.output


def test_a_wrong_total_refuses_the_month_by_name_until_they_agree(other: Hall, platform: Platform) -> None:
    platform.more = 1
    refused = other.run("report", MONTH, "--no-pull")
    assert refused.exit_code == 1
    told = " ".join(refused.output.split())
    stated = platform.totals["online_completed"]
    assert f"check {MONTH_TOTALS_CHECK} didn't pass" in told
    assert f"online_completed is {stated} by its days, and {stated + 1} by its own total of the month" in told
    assert "online_accepted" not in told
    assert "yuebao pull MONTH --system NAME" in told
    assert _evidence(other)[MONTH_TOTALS_CHECK]["status"] == "fail"
    assert list((other.home / "certificates").rglob("*.json")) == []
    assert MONTH_TOTALS_CHECK in other.run("status", MONTH).output

    platform.more = 0
    assert other.run("report", MONTH, "--no-pull").exit_code == 0
    assert _evidence(other)[MONTH_TOTALS_CHECK]["status"] == "pass"
    assert platform.asked[-1] == {"month": MONTH}


@pytest.mark.parametrize(
    ("status", "month", "because"),
    [(500, MONTH, "HTTP 500"), (200, "2025-02", "data.month is '2025-02' and not the month asked for ('2025-03')")],
)
def test_no_usable_answer_is_no_agreement(
    status: int, month: str, because: str, other: Hall, platform: Platform
) -> None:
    platform.status, platform.month = status, month
    refused = other.run("report", MONTH, "--no-pull")
    assert refused.exit_code == 1
    told = " ".join(refused.output.split())
    assert "online_platform 一体化政务服务平台" in told
    assert because in told
    assert "Next:" in told
    assert "Traceback" not in told
    assert _evidence(other)[MONTH_TOTALS_CHECK]["status"] == "error"
    assert list((other.home / "certificates").rglob("*.json")) == []


def test_evidence_without_the_check_refuses_the_month(printed: Hall, tmp_path: Path) -> None:
    copy = printed.copy(tmp_path)
    path = copy.home / "published" / MONTH / "build.json"
    build = BuildEvidence.from_json(path.read_text(encoding="utf-8"))
    checks = tuple(check for check in build.checks if check.name != MONTH_TOTALS_CHECK)
    path.write_text(replace(build, checks=checks).to_json(), encoding="utf-8")
    status = copy.run("status", MONTH)
    assert status.exit_code == 1
    assert f"check {MONTH_TOTALS_CHECK} was not run" in " ".join(status.output.split())


def test_check_hall_asks_for_the_newest_months_totals(platform: Platform, printed: Hall) -> None:
    platform.status = 503
    checked = printed.run("check-hall", str(DEMO_HALL), "--day", "2025-03-12")
    assert checked.exit_code == 1
    bad = [line for line in checked.output.splitlines() if line.startswith("BAD")]
    assert len(bad) == 1
    assert "systems.online_platform.month_totals" in bad[0]
    assert "HTTP 503" in bad[0]
