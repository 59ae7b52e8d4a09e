"""The page in a real browser: copying, proofreading, downloads, dark, phone, print, and nothing asked for or amiss."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pdfplumber
import pytest
from axe_playwright_python.sync_playwright import Axe

from reports.certificates.dossier import Dossier
from reports.certificates.queries import Query, QueryEntry
from reports.page import MonthSummary, index_page, month_page
from reports.page.proofbox import proof_data
from reports.proofreading import proofread
from tests.dossiers import MONTH, certificate, dossier, numbers, past
from tests.proofreading_known import COUNTS, LABELS, SUPERSEDED_MARCH, known, of_month
from tests.servers.browser import OpenBrowser, Tab, open_browser
from tests.test_page import HOSTILE, TITLE

TEXTS = Path(__file__).parent / "proofreading_texts"
SCRIPT = Path(__file__).parents[1] / "reports" / "page" / "proofread.js"
PHONE = {"viewport": {"width": 360, "height": 740}, "is_mobile": True, "has_touch": True}
# What a count in a unit can be wrong in; rates, sums, shares and style are left to the full proofreading.
LIGHT_RULES = {"stray_number", "stale_vintage", "wrong_unit", "wrong_rounding", "trailing_zero", "wrong_metric"}
# Beyond the box, each for a reason: numbers without a unit, in Chinese characters, of other months, or a sum of two.
LEFT_TO_THE_FULL_ONE = {
    "按旧版本算的增幅", "季度累计", "Markdown 表格", "中文数字", "更多说法", "两个指标的和",
}  # fmt: skip


@pytest.fixture(scope="module")
def browser() -> Iterator[OpenBrowser]:
    with open_browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Dossier:
    """March in two revisions with sixty departments, hostile texts among their names, and two questions."""
    published = tmp_path_factory.mktemp("published")
    first = replace(certificate(), numbers=numbers(SUPERSEDED_MARCH))
    departments = [*HOSTILE, *(f"某某管理委员会第{place}处" for place in range(60 - len(HOSTILE)))]
    made = dossier(published, [first, certificate(revision=2)], past(), departments)
    desk = made.release.parent / "desk" / made.release.name
    desk.mkdir(parents=True)
    (desk / "section.docx").write_bytes(b"PK a document")
    asked = QueryEntry(
        1, "", "2025-04-08T10:00:00+08:00", "question", "李处", HOSTILE[0], "Q1", MONTH, "online_accepted", "", "张三"
    )
    given = QueryEntry(2, "", "2025-04-09T10:00:00+08:00", "answer", "张三", "已核对", answers="Q1")
    questions = (Query(asked, (given,)), Query(replace(asked, id="Q2", sequence=3, text=HOSTILE[4]), ()))
    standing = MonthSummary(MONTH, "已核定", made.certificate, (), questions)
    page = month_page(made, standing, edition=TITLE, labels=LABELS, months=["2025-02", MONTH])
    (made.release.parent / "index.html").write_bytes(page)
    assert (made.release.parent / "index.html").stat().st_size < 2_000_000
    (published / "index.html").write_bytes(index_page([standing], edition=TITLE, hall="大厅"))
    return made


@pytest.fixture
def tab(browser: OpenBrowser, shown: Dossier) -> Iterator[Tab]:
    """The page in a tab that may copy, and that must not have asked or complained at the end."""
    with browser.tab(permissions=["clipboard-read", "clipboard-write"]) as opened:
        opened.page.goto(address(shown))
        yield opened
        assert opened.errors == []
        assert {each for each in opened.requests if not each.startswith("file://")} == set()


def address(shown: Dossier) -> str:
    return (shown.release.parent / "index.html").as_uri()


def clipboard(tab: Tab) -> str:
    text: str = tab.page.evaluate("navigator.clipboard.readText()")
    return text


def test_the_buttons_copy_what_was_released(tab: Tab, shown: Dossier) -> None:
    tab.page.get_by_role("button", name="复制正文").click()
    tab.page.get_by_text("已复制", exact=True).wait_for()
    assert clipboard(tab) == shown.section.splitlines()[2]

    tab.page.get_by_role("button", name="连标题一起复制").click()
    tab.page.wait_for_function("navigator.clipboard.readText().then((text) => text.startsWith('一、'))")
    assert clipboard(tab) == shown.section


def test_without_the_clipboard_interface_the_old_way_copies(browser: OpenBrowser, shown: Dossier) -> None:
    with browser.tab(permissions=["clipboard-read", "clipboard-write"]) as tab:
        tab.page.add_init_script("navigator.clipboard.writeText = () => Promise.reject(new Error('not allowed'))")
        tab.page.goto(address(shown))
        tab.page.get_by_role("button", name="复制正文").press("Enter")
        tab.page.get_by_text("已复制", exact=True).wait_for()

        assert clipboard(tab) == shown.section.splitlines()[2]
        assert tab.errors == []


def test_the_proofread_box_tells_right_from_wrong_and_runs_nothing(tab: Tab) -> None:
    text = (
        "3 月，全程网办受理 5.43 万件，办结 5.12 万件；电话咨询 1187 件，现场咨询 ５５１５ 人（次）。收到锦旗 12 件。"
        f"{HOSTILE[1]}"
    )
    tab.page.get_by_label("稿子").fill(text)
    tab.page.get_by_label("稿子").press("Control+Enter")
    tab.page.get_by_text("相符 2 处，不符 2 处，没有出处 1 处。").wait_for()

    said = [" ".join(each.split()) for each in tab.page.locator(".result li").all_inner_texts()]
    assert said == [
        "不符 5.43 万件 这是修订以前的数：全程网办受理现为 5.42 万件",
        "不符 1187 件 单位不对：电话咨询应写 1187 人（次）",
        "没有出处 12 件 核定书里没有这个数；如果是您自己的数，请自行核对",
        "相符 5.12 万件 与核定数相同：全程网办办结",
        "相符 ５５１５ 人（次） 与核定数相同：现场咨询服务",
    ]
    assert HOSTILE[1] in tab.page.locator(".marked").inner_text()
    assert tab.page.locator(".marked img").count() == 0


def test_choosers_show_one_number_at_a_time(tab: Tab) -> None:
    shown_panels = "[data-panel=by-department]:not([hidden])"
    assert tab.page.locator(shown_panels).count() == 1
    tab.page.get_by_label("看哪个数").first.select_option(label="电话咨询")

    assert tab.page.locator(shown_panels).get_attribute("data-metric") == "phone_consultations"


def test_downloads_lead_to_the_files_beside(browser: OpenBrowser, shown: Dossier) -> None:
    """Opened from a folder, a browser saves what it can't show and shows what it can."""
    with browser.tab(accept_downloads=True) as tab:
        tab.page.goto(address(shown))
        with tab.page.expect_download() as started:
            tab.page.get_by_role("link", name="section.docx").click()
        assert started.value.path().read_bytes() == b"PK a document"

        tab.page.get_by_role("link", name="section.txt").click()
        tab.page.wait_for_url("**/r2/section.txt")
        assert tab.page.locator("pre").inner_text() == shown.section


@pytest.mark.parametrize("options", [{}, {"color_scheme": "dark"}, PHONE], ids=["light", "dark", "phone"])
@pytest.mark.parametrize("name", [f"{MONTH}/index.html", "index.html"], ids=["month", "index"])
def test_nothing_serious_stands_in_the_way_of_a_screen_reader(
    browser: OpenBrowser, shown: Dossier, options: dict[str, Any], name: str
) -> None:
    # Axe is put into the page by the test, which the page's own policy rightly forbids.
    with browser.tab(bypass_csp=True, **options) as tab:
        tab.page.goto((shown.release.parents[1] / name).as_uri())
        if name != "index.html":
            tab.page.get_by_label("稿子").fill("3 月，全程网办受理 5.43 万件，电话咨询 1187 人（次），投诉 12 件。")
            tab.page.get_by_role("button", name="核对").click()
        found = Axe().run(tab.page).response["violations"]
        serious = [each for each in found if each["impact"] in {"serious", "critical"}]

        assert [(each["id"], [node["html"][:80] for node in each["nodes"]]) for each in serious] == []
        assert tab.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_keyboard_reaches_everything(tab: Tab) -> None:
    tab.page.keyboard.press("Tab")
    assert tab.page.evaluate("document.activeElement.textContent") == "跳到正文"
    reached = set()
    for _ in range(60):
        tab.page.keyboard.press("Tab")
        reached.add(tab.page.evaluate("document.activeElement.tagName"))

    assert {"A", "BUTTON", "SELECT", "TEXTAREA", "SUMMARY"} <= reached


def test_in_print_the_numbers_stand_and_the_tools_do_not(tab: Tab, tmp_path: Path) -> None:
    tab.page.pdf(path=tmp_path / "page.pdf", prefer_css_page_size=True)

    with pdfplumber.open(tmp_path / "page.pdf") as document:
        pages = document.pages
        text = "".join("".join(page.extract_text().split()) for page in pages)
        right = max(float(word["x1"]) for page in pages for word in page.extract_words())
    assert (round(pages[0].width), round(pages[0].height)) == (595, 842)
    assert right < 595 - 30
    assert "省本级办理政务服务事项5.6万件" in text
    assert text.index("已核定") < text.index("省本级办理")
    assert text.index("可以刊印") < text.index("省本级办理")
    assert "现场咨询服务5515人（次）" in text
    assert not any(tool in text for tool in ("复制正文", "核对文稿", "下载", "看哪个数"))


def test_a_revised_month_of_fifty_departments_takes_two_sheets_of_paper(browser: OpenBrowser, tmp_path: Path) -> None:
    first = replace(certificate(), numbers=numbers(SUPERSEDED_MARCH))
    made = dossier(tmp_path, [first, certificate(revision=2)], past(), [f"第{place}处" for place in range(50)])
    page = tmp_path / "index.html"
    page.write_bytes(month_page(made, MonthSummary(MONTH, "已核定", made.certificate), edition=TITLE, labels=LABELS))
    with browser.tab() as tab:
        tab.page.goto(page.as_uri())
        tab.page.pdf(path=tmp_path / "page.pdf", prefer_css_page_size=True)

    with pdfplumber.open(tmp_path / "page.pdf") as document:
        assert len(document.pages) == 2
        assert len(document.pages[0].curves) > len(made.certificate.numbers)  # the courses are drawn


def test_how_soon_a_page_of_sixty_departments_can_be_used(
    tab: Tab, shown: Dossier, record_property: Callable[[str, object], None]
) -> None:
    """The figure is told, not judged; only that the page is ready once it has loaded."""
    ready = tab.page.evaluate(
        "(() => { const [n] = performance.getEntriesByType('navigation'); return n.domContentLoadedEventEnd })()"
    )
    record_property("milliseconds until interactive", round(ready))

    assert tab.page.locator("[data-panel=by-department]:not([hidden]) tbody tr").count() == 60
    assert tab.page.get_by_role("button", name="复制正文").is_visible()


def box_data() -> dict[str, Any]:
    revisions: Any = [
        SimpleNamespace(month=MONTH, counted_numbers=each, by_metric={one.metric: one for one in each})
        for each in (of_month(MONTH, SUPERSEDED_MARCH), of_month(MONTH, COUNTS[MONTH], revision=2))
    ]
    return proof_data(revisions, LABELS)


def cases(name: str) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = tomllib.loads((TEXTS / f"{name}.toml").read_text(encoding="utf-8"))["text"]
    return entries


def test_the_box_never_contradicts_the_full_proofreading_and_finds_what_it_says(browser: OpenBrowser) -> None:
    numbers_known = known()
    with browser.tab() as tab:
        tab.page.add_script_tag(
            content=f"{SCRIPT.read_text(encoding='utf-8')};window.check = Proofread({json.dumps(box_data())})"
        )
        matched = 0
        for case in [*cases("clean"), *cases("planted")]:
            said = tab.page.evaluate("(text) => window.check(text)", case["text"])
            proof = proofread(case["text"], numbers_known)
            differ = {_bare(each["text"]) for each in said if each["kind"] == "differ"}
            matched += sum(each["kind"] == "match" for each in said)
            assert all(case["text"][each["from"] : each["to"]] == each["text"] for each in said)
            assert differ <= {_bare(finding.spot.found) for finding in proof.findings}, (case["name"], said)
            wanted = {_bare(each.spot.found) for each in proof.findings if each.rule in LIGHT_RULES}
            assert case["name"] in LEFT_TO_THE_FULL_ONE or wanted <= differ, (case["name"], wanted - differ)
        assert matched > 100
        assert tab.errors == []


def _bare(text: str) -> str:
    return "".join(text.split())
