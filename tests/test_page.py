"""The pages as files: every numeral is the certificate's, every text is shown as text, a month has the same bytes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args

import pytest
from lxml import html

from expectations.rules import RULES
from orchestration.warehouse.dbt_manifest import build_checks
from orchestration.warehouse.month import OWN_CHECKS
from reports.certificates.dossier import Dossier
from reports.certificates.queries import Query, QueryEntry
from reports.certificates.rates import Against, Rate
from reports.figures.check_names import check_name, check_names
from reports.page import MEANINGS, MonthSummary, index_page, month_page, waiting_page
from reports.page.trend import Point, sparkline, trend
from tests.dossiers import MONTH, certificate, changed, dossier, number, numbers, past
from tests.proofreading_known import LABELS, NAMES, SUPERSEDED_MARCH

TITLE = "政务窗口月报"
NUMERAL = re.compile(r"\d+(?:\.\d+)?")
HOSTILE = [
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)',
    "{{ 7 * 7 }}",
    "办" * 400,
    "🏛️👩‍💼🎉",
    "\u202e倒着写的厅\u202c",
    "&lt;不是实体&gt;",
]


def standing(shown: Dossier, **changes: Any) -> MonthSummary:
    return replace(MonthSummary(shown.certificate.month, "已核定", shown.certificate), **changes)


def page(shown: Dossier, **changes: Any) -> bytes:
    return month_page(shown, standing(shown, **changes), edition=TITLE, labels=LABELS, months=["2025-02", MONTH])


def read(content: bytes) -> Any:
    return html.document_fromstring(content.decode())


def visible(document: Any) -> str:
    for element in document.xpath("//script | //style"):
        element.drop_tree()
    return "\n".join(document.xpath("//body//text()"))


def texts_of(element: Any, path: str) -> list[str]:
    return [" ".join(each.text_content().split()) for each in element.xpath(path)]


@pytest.fixture
def shown(tmp_path: Path) -> Dossier:
    """March in two revisions, with two years before it."""
    first = replace(certificate(), numbers=numbers(SUPERSEDED_MARCH))
    return dossier(tmp_path, [first, certificate(revision=2)], past())


def test_every_numeral_is_the_certificates(shown: Dossier) -> None:
    document = read(page(shown))
    for each in shown.certificate.numbers:
        (card,) = document.xpath(f"//article[@data-metric='{each.metric}']")

        assert card.xpath(".//data/@value") == [each.printed, str(each.exact)]
        assert texts_of(card, ".//p[@class='printed']") == [f"{each.printed} {each.display_unit}"]
        assert texts_of(card, ".//tbody/tr[1]") == [f"2025 年 3 月{each.printed}{each.exact}"]
        traced = shown.traces[each.metric]
        bars = document.xpath(f"//div[@data-panel='by-department'][@data-metric='{each.metric}']")[0]
        assert texts_of(bars, ".//tbody//td[@class='count']") == [str(sum_) for sum_ in traced.by_department.values()]
        days = document.xpath(f"//div[@data-panel='by-day'][@data-metric='{each.metric}']")[0]
        assert texts_of(days, ".//td/b") == [str(count) for count in traced.by_day.values()]
        rates = [shown.rate(each.metric, against) for against in get_args(Against)]
        told = [f"{rate.text} {rate.basis_text}" for rate in rates if isinstance(rate, Rate)]
        said = [" ".join(row.split()) for row in texts_of(card, ".//dl[@class='changes']/div")]
        assert [line.replace(" ", "") for line in said] == [line.replace(" ", "") for line in told]
    left = list(_not_from(shown, visible(document)))
    assert left == []


def _not_from(shown: Dossier, text: str) -> Iterator[str]:
    """The numerals of a text that no certificate, trace, rate, date, code or hash accounts for."""
    certificates = [*shown.revisions, *(each for history in shown.history.values() for each in history)]
    known = {
        written
        for each in certificates
        for one in each.numbers
        for written in (one.printed, str(one.exact), one.version)
    }
    for each in shown.certificate.numbers:
        traced = shown.traces[each.metric]
        known |= {str(count) for count in (*traced.by_department.values(), *traced.by_day.values())}
        rates = [shown.rate(each.metric, against) for against in get_args(Against)]
        known |= {str(abs(rate.percent)) for rate in rates if isinstance(rate, Rate)}
    # Ranks, days of the month, versions, and how many days and checks there were.
    known |= {str(count) for count in range(32)}
    for code in {each.code for each in certificates}:
        text = text.replace(code, "")
    text = re.sub(r"\d{4} 年(?: \d{1,2} 月(?: \d{1,2} 日(?: \d\d:\d\d)?)?)?|\d{4}-\d\d-\d\d\s+[0-9a-f]{12}", "", text)
    yield from (found for found in NUMERAL.findall(text) if found not in known)


def test_the_title_is_that_of_the_halls_editions(shown: Dossier) -> None:
    document = read(month_page(shown, standing(shown), edition="窗口服务月报", labels=LABELS))
    assert texts_of(document, "//title | //h1") == ["窗口服务月报 2025 年 3 月 已核定", "窗口服务月报 2025 年 3 月"]


def test_a_planted_numeral_would_be_found(shown: Dossier) -> None:
    wrong = page(shown).replace(b"54213</data>", b"54312</data>")

    assert list(_not_from(shown, visible(read(wrong)))) == ["54312"]


def test_the_text_to_copy_is_the_released_one(shown: Dossier) -> None:
    (data,) = read(page(shown)).xpath("//script[@id='texts']")
    texts = json.loads(data.text)

    assert texts["section"] == (shown.release / "section.txt").read_text(encoding="utf-8")
    assert texts["paragraph"] in texts["section"].splitlines()
    assert texts["paragraph"].startswith("3 月，省本级办理政务服务事项 5.6 万件。")


def test_revisions_stand_side_by_side_with_the_reason(shown: Dossier) -> None:
    (table,) = read(page(shown)).xpath("//table[@class='versions']")
    changed_rows = texts_of(table, ".//tr[@class='changed']")

    assert [row.split()[0] for row in changed_rows] == ["办理政务服务事项", "全程网办受理", "电话咨询"]
    assert "1178 人（次）1178 人（次）1187 人（次）1187 人（次）" in changed_rows[-1].replace("  ", " ")
    assert "源头更正窗口系统更正 3 月 12 日出件数" in texts_of(table, ".//tbody/tr[last()]")[0]


def test_where_there_is_no_rate_the_reason_stands(tmp_path: Path) -> None:
    before = past(13)
    before["2025-02"] = [changed(before["2025-02"][0], "parcels_mailed", exact=0, printed="0")]
    before["2024-03"] = [changed(before["2024-03"][0], "parcels_mailed", version="0")]
    shown = dossier(tmp_path, history=before)

    (card,) = read(page(shown)).xpath("//article[@data-metric='parcels_mailed']")
    assert texts_of(card, ".//dl[@class='changes']/div") == [
        "环比无（基数为零，不计算增幅）",
        "同比无（口径有调整，不可直接比较）",
    ]


def test_what_all_numbers_lack_is_said_once_and_one_month_has_no_course(tmp_path: Path) -> None:
    document = read(page(dossier(tmp_path)))
    assert texts_of(document, "//p[@class='said-once']") == [
        "各数都没有环比、同比：没有可比的核定数。",
        "还没有走势：这以前没有核定的月份。",
    ]
    assert visible(document).count("没有可比的核定数") == 1
    assert not document.xpath("//svg[@class='trend' or @class='spark'] | //dl[@class='changes']/div")


def test_what_some_numbers_lack_is_said_with_their_names(tmp_path: Path) -> None:
    before = past(1)
    for metric in ("parcels_mailed", "phone_consultations"):
        before["2025-02"] = [changed(before["2025-02"][0], metric, version="0")]
    document = read(page(dossier(tmp_path, history=before)))
    assert texts_of(document, "//p[@class='said-once']") == [
        "各数都没有同比：没有可比的核定数。",
        "政务大厅现场邮寄量、电话咨询都没有环比：口径有调整，不可直接比较。",
    ]
    assert len(document.xpath("//dl[@class='changes']/div")) == len(NAMES) - 2


def test_a_course_lies_on_the_calendar_and_its_gaps_are_named(tmp_path: Path) -> None:
    before = {month: each for month, each in past(23).items() if month not in {"2024-08", "2024-09", "2025-02"}}
    document = read(page(dossier(tmp_path, history=before)))
    assert "走势断开的月份没有核定数：2024 年 8 月、2024 年 9 月、2025 年 2 月。" in texts_of(
        document, "//p[@class='said-once']"
    )
    course = document.xpath("//article[@data-metric='phone_consultations']//svg")[0]
    first, second = ([point.split(",") for point in each.split()] for each in course.xpath(".//polyline/@points"))
    xs = [float(x) for x, _ in (*first, *second)]
    steps = [round(after - one, 1) for one, after in pairwise(xs)]
    assert (len(first), len(second)) == (16, 4)
    assert max(steps) == pytest.approx(3 * min(steps), abs=0.2), "two months are missing between the runs"
    assert texts_of(course, ".//text") == [
        *("最低 913 人（次）（2023 年 4 月）", "最高 1187 人（次）（2025 年 3 月）"),
        *("2023 年 4 月", "2025 年 3 月", "2024 年"),
    ]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_are_shown_as_text(tmp_path: Path, text: str) -> None:
    one = changed(certificate(), "online_accepted", metric_name=text, definition=text)
    other = replace(changed(certificate(revision=2), "online_accepted", metric_name=text, definition=text), note=text)
    shown = dossier(tmp_path, [one, other], departments=[text, "教育厅"])
    entry = QueryEntry(
        1, "", "2025-04-08T10:00:00+08:00", "question", text, text, "Q1", MONTH, "online_accepted", "", text
    )
    calm = read(page(dossier(tmp_path, [certificate(), certificate(revision=2)])))

    document = read(page(shown, reasons=(text,), questions=(Query(entry, ()),)))

    kinds = ["script", "img", "style"]
    assert [len(document.xpath(f"//{kind}")) for kind in kinds] == [len(calm.xpath(f"//{kind}")) for kind in kinds]
    assert not document.xpath("//@*[starts-with(name(), 'on')]")
    names = json.loads(document.xpath("//script[@id='proof-data']")[0].text)["numbers"]
    assert text in {each["name"] for each in names}
    assert visible(document).count(text) > 5


def test_the_page_asks_for_nothing_and_forbids_the_rest(shown: Dossier) -> None:
    document = read(page(shown))
    (policy,) = document.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")

    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert not document.xpath("//@src | //link | //@style")
    assert all(not link.startswith(("http", "//", "/")) for link in document.xpath("//@href"))


def test_the_same_month_is_the_same_bytes_and_sixty_departments_are_below_two_megabytes(tmp_path: Path) -> None:
    departments = [f"某某某某某某某某管理委员会办公室第{place}处" for place in range(60)]
    first = replace(certificate(), numbers=numbers(SUPERSEDED_MARCH))
    shown = dossier(tmp_path, [first, certificate(revision=2)], past(), departments)

    content = page(shown)

    assert content == page(shown)
    assert len(content) < 2_000_000
    assert content.count(b'class="rank"') == 60 * len(shown.certificate.numbers)


def test_downloads_are_the_files_that_lie_beside(shown: Dossier) -> None:
    desk = shown.release.parent / "desk" / "r2"
    desk.mkdir(parents=True)
    (desk / "section.docx").write_bytes(b"PK")
    (desk / ".section.docx.1.tmp").write_bytes(b"half")

    links = read(page(shown)).xpath("//section[@id='files']//a/@href")

    assert links == ["desk/r2/section.docx", "r2/numbers.json", "r2/section.md", "r2/section.txt"]


def test_a_month_that_waits_has_a_page_without_numbers() -> None:
    waiting = MonthSummary("2025-04", "草稿", None, ("窗口系统：4 月 3 日，数据没有到",))
    document = read(waiting_page(waiting, edition=TITLE, hall="四川省政务服务大厅", months=[MONTH, "2025-04"]))

    assert texts_of(document, "//p[@class='word']") == ["草稿"]
    assert texts_of(document, "//p[@class='print']") == ["不能刊印"]
    assert "4 月 3 日，数据没有到" in visible(document)
    assert not document.xpath("//data | //article | //button")


@pytest.mark.parametrize("status", MEANINGS)
def test_every_state_says_whether_it_may_be_printed(shown: Dossier, status: Any) -> None:
    document = read(page(shown, status=status))

    assert texts_of(document, "//p[@class='word']") == [status]
    assert texts_of(document, "//p[@class='print']") == [MEANINGS[status].print]


def test_the_index_lists_every_month_newest_first(shown: Dossier) -> None:
    waiting = MonthSummary("2025-04", "草稿", None, ())
    older = MonthSummary("2024-12", "已核定", past()["2024-12"][0])

    document = read(index_page([older, standing(shown), waiting], edition=TITLE, hall="大厅"))

    assert document.xpath("//tbody//a/@href") == ["2025-04/index.html", "2025-03/index.html", "2024-12/index.html"]
    assert texts_of(document, "//table[1]//tr[2]/td")[1:9] == [
        "5.6", "5.42", "5.12", "0.02", "0.23", "0.09", "1187", "5515",
    ]  # fmt: skip


def test_a_line_is_broken_by_a_missing_month_and_by_another_definition() -> None:
    values = [number("online_accepted", count) for count in (10, 20, 30, 40, 50, 60)]
    points = [Point(f"2025-{place:02d}", each) for place, each in enumerate(values, start=1)]
    assert str(trend(points)).count("<polyline") == 1

    points[2] = Point("2025-03", None)
    points[5] = Point("2025-06", replace(values[5], version="2"))

    for drawn in (trend(points), sparkline(points)):
        assert (drawn.count("<polyline"), drawn.count("<circle")) == (2, 2)
    assert "最低：2025 年 1 月 0 万件" in trend(points)
    assert "没有核定数：2025 年 3 月" in trend(points)


def test_the_scale_is_exact_where_prints_are_alike_and_one_line_where_values_are() -> None:
    alike = [
        Point(f"2025-0{place}", number("parcels_mailed", count)) for place, count in enumerate((893, 902), start=1)
    ]
    assert ("最低 893 件（2025 年 1 月）" in trend(alike), "最高 902 件（2025 年 2 月）" in trend(alike)) == (
        True,
        True,
    )
    same = [alike[0], Point("2025-02", alike[0].number)]
    assert "都是 0.09 万件" in trend(same)


def test_every_check_has_a_chinese_name() -> None:
    assert {kind: set(names) for kind, names in check_names().items()} == {
        "day_rules": {rule.name for rule in RULES},
        "build_checks": build_checks() | OWN_CHECKS,
    }
    assert check_name("of_an_older_release") == "of_an_older_release"
