"""Dagster's page in a real browser, on a state folder in which the demo's March 2025 was reported.

`make test` looks at the graph, a check and what runs by itself: one page that draws, one that tells what a run recorded
and one of settings. `make proof` looks at the others, which say the same of other records.

Each test leaves what it saw as a picture in pytest's temporary folder. The one of the graph is what the README shows,
`orchestration/dagster_page.png`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from orchestration.config.hall import load_hall
from tests.halls import Hall
from tests.servers.browser import OpenBrowser, Tab, open_browser
from tests.servers.dagster import Page, webserver

_GROUPS = ("landing", "marts", "report")
expect.set_options(timeout=60_000)  # a busy machine is no fault of the page


@pytest.fixture(scope="module")
def page(printed_hall: Hall) -> Iterator[Page]:
    with webserver(printed_hall.environment) as opened:
        yield opened


@pytest.fixture(scope="module")
def browser() -> Iterator[OpenBrowser]:
    with open_browser() as opened:
        yield opened


@pytest.fixture
def tab(browser: OpenBrowser, page: Page) -> Iterator[Tab]:
    """A tab that mustn't have complained, nor have asked anybody but this machine."""
    with browser.tab(viewport={"width": 2000, "height": 1000}, device_scale_factor=0.8, base_url=page.url) as opened:
        yield opened
        # What a page still waits for when one leaves it is given up, and that is no mistake.
        assert [error for error in opened.errors if "ERR_ABORTED" not in error] == []
        assert {address for address in opened.requests if not address.startswith((page.url, "data:", "blob:"))} == set()


def test_the_graph_leads_from_the_systems_to_the_section(tab: Tab, tmp_path: Path) -> None:
    # So wide that its nodes tell what became of them, which Dagster leaves out of small ones.
    tab.page.set_viewport_size({"width": 3400, "height": 1700})
    tab.page.goto(f"/asset-groups?expanded={','.join(f'global@global:{group}' for group in _GROUPS)}")
    tab.page.get_by_text("Hide navigation").click()
    graph = tab.page.locator("svg foreignObject")
    for name in (*load_hall().hall.systems, "fct_monthly_counts", "certified_numbers"):
        expect(graph.get_by_text(name).first).to_be_visible()
    expect(graph.get_by_text(re.compile(r"\b(\d+) / \1 Passed"))).not_to_have_count(0)
    expect(graph.get_by_text("fetching statuses")).to_have_count(0)
    tab.page.screenshot(path=tmp_path / "graph.png", clip={"x": 370, "y": 110, "width": 2960, "height": 1500})


@pytest.mark.proof
def test_a_systems_days_are_in(tab: Tab, tmp_path: Path) -> None:
    tab.page.goto("/assets/landing/call_centre?view=partitions")
    expect(tab.page.get_by_text("Materialized (31)")).to_be_visible()
    expect(tab.page.get_by_text("Failed (0)")).to_be_visible()
    tab.page.screenshot(path=tmp_path / "partitions.png")


@pytest.mark.proof
def test_a_system_says_what_it_counts_and_what_its_last_day_rests_on(tab: Tab, tmp_path: Path) -> None:
    tab.page.goto("/assets/landing/call_centre")
    expect(tab.page.get_by_text("电话咨询: daily counts of phone_consultations").first).to_be_visible()
    for label in ("sum of phone_consultations", "sha256", "source"):
        expect(tab.page.get_by_text(label, exact=True).first).to_be_visible()
    tab.page.screenshot(path=tmp_path / "asset.png")


def test_a_check_says_what_it_found(tab: Tab, tmp_path: Path) -> None:
    tab.page.goto("/assets/landing/call_centre?view=checks&checkDetail=no_personal_patterns")
    body = tab.page.locator("body")
    expect(body).to_contain_text("This is a blocking asset check.")
    expect(body).to_contain_text("Passed")
    expect(body).to_contain_text(re.compile(r"days judged now\s*31"))
    expect(body).to_contain_text(re.compile(r"failing values\s*0"))
    tab.page.screenshot(path=tmp_path / "checks.png")


@pytest.mark.proof
def test_the_runs_are_there_with_how_they_ended(tab: Tab, tmp_path: Path) -> None:
    tab.page.goto("/runs")
    # The day before the month, the month's days, and the month itself.
    expect(tab.page.get_by_text("Success", exact=True)).to_have_count(3)
    tab.page.get_by_role("link", name="pull").first.wait_for()
    tab.page.screenshot(path=tmp_path / "runs.png")


def test_what_runs_by_itself_is_listed_with_when(tab: Tab, tmp_path: Path) -> None:
    tab.page.goto("/automation")
    for name in ("nightly_pull_0230", "catch_up", "month_end", "alerts"):
        expect(tab.page.get_by_text(name, exact=True).first).to_be_visible()
    expect(tab.page.get_by_text("At 02:30 AM")).to_be_visible()
    tab.page.screenshot(path=tmp_path / "automation.png")
