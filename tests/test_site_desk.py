"""What authors take of a site below the hall: its page, Word, workbook and numbers, beside its signed releases."""

from __future__ import annotations

import csv
import datetime as dt
import shutil
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from docx import Document
from lxml import html

from reports.figures.months import month_title
from tests.editions import lines_in
from tests.site_halls import HALL, TREE, SitesHall
from tests.small_halls import DAILY
from tests.test_desk import FILES

MONTH = "2025-01"
ACCEPTED = 31 * DAILY["accepted"]
# The accepted cases of the sites that a site sums up, in those of the first site.
TIMES = {"510822": 1 + 3 + 4, "822001": 3}


@pytest.fixture(scope="module")
def reported(tmp_path_factory: pytest.TempPathFactory) -> SitesHall:
    """A month of which every site and the hall are certified."""
    hall = SitesHall.of_sites(tmp_path_factory.mktemp("sites"))
    hall.drop_sites(MONTH)
    done = hall.run("report", MONTH, "--all")
    assert done.exit_code == 0, done.output
    return hall


@pytest.fixture
def hall(reported: SitesHall, tmp_path: Path) -> SitesHall:
    """The same, to be changed."""
    shutil.copytree(reported.place, tmp_path / "own", symlinks=True)
    return SitesHall(tmp_path / "own", reported.sites)


def place_of(hall: SitesHall, site: str) -> Path:
    month = hall.home / "published" / MONTH
    return month if site == HALL else month / "sites" / site


def page_of(hall: SitesHall, site: str) -> Any:
    return html.document_fromstring((place_of(hall, site) / "index.html").read_text(encoding="utf-8"))


def texts_of(element: Any, path: str) -> list[str]:
    return [" ".join(each.text_content().split()) for each in element.xpath(path)]


def test_a_site_has_its_files_beside_its_releases(hall: SitesHall) -> None:
    done = hall.run("desk", MONTH, "--site", "510822", "--site", "822001")
    assert done.exit_code == 0, done.output
    assert [Path(line).name for line in done.stdout.splitlines()] == [*FILES, *FILES, "index.html", "index.html"]
    for site, times in TIMES.items():
        name, desk = TREE[site][0], place_of(hall, site) / "desk" / "r1"
        assert sorted(path.name for path in desk.iterdir()) == ["manifest.json", *FILES]
        lines = [line for line in lines_in(desk / "section.docx") if line]
        assert lines[1].startswith(f"本月，{name}受理 {times * ACCEPTED} 件")
        assert Document(str(desk / "section.docx")).core_properties.author == name
        book = openpyxl.load_workbook(desk / "numbers.xlsx")
        sheet = book.worksheets[0]
        assert (sheet["A1"].value, str(sheet["A2"].value)[:9]) == (
            f"{name} {month_title(MONTH)}主要指标",
            "已核定　第 1 版",
        )
        assert times * ACCEPTED in {cell for row in sheet.values for cell in row}
        with (desk / "numbers.csv").open(encoding="utf-8-sig", newline="") as table:
            assert {(row["hall"], row["exact"]) for row in csv.DictReader(table) if row["metric"] == "accepted"} == {
                (site, str(times * ACCEPTED))
            }
        with (desk / "numbers.sdmx.csv").open(encoding="utf-8", newline="") as table:
            assert {row["REF_AREA"] for row in csv.DictReader(table)} == {site}
    assert not (place_of(hall, "510823") / "desk").exists()
    assert not (hall.home / "published" / MONTH / "desk").exists(), "nor the hall's own"


def test_its_page_names_the_sites_above_and_leads_to_what_is_there(hall: SitesHall) -> None:
    assert hall.run("desk", MONTH, "--sites").exit_code == 0
    page = page_of(hall, "822001")
    assert texts_of(page, "//p[@class='hall']") == ["广元市政务服务大厅 › 青川县政务服务大厅 › 乔庄镇便民服务中心"]
    assert page.findtext(".//title").startswith("乔庄镇便民服务中心 政务窗口月报 2025 年 1 月 已核定")
    assert texts_of(page, "//article[@data-metric='accepted']//p[@class='exact']") == [f"准确数 {3 * ACCEPTED} 件"]
    assert page.xpath("//p[@class='hall']//@href") == ["../510822/index.html"], "the hall's page isn't there"
    assert hall.run("desk", MONTH).exit_code == 0
    assert hall.run("desk", MONTH, "--site", "822001").exit_code == 0
    page = page_of(hall, "822001")
    links = page.xpath("//@href")
    assert page.xpath("//p[@class='hall']//@href") == ["../../index.html", "../510822/index.html"]
    assert {"desk/r1/section.docx", "r1/certificate.json", "r1/section.txt"} <= set(links)
    for link in links:
        assert link.startswith("#") or (place_of(hall, "822001") / link).exists(), link
    own = page_of(hall, HALL)
    assert texts_of(own, "//p[@class='hall']") == ["广元市政务服务大厅"]


def test_every_certified_site_has_its_page_and_neighbours_by_month(hall: SitesHall) -> None:
    hall.drop_sites("2025-02", ["822001"])
    hall.run("report", "2025-02", "--site", "822001")
    done = hall.run("desk", "--sites")
    assert done.exit_code == 0, done.output
    pages = sorted((hall.home / "published").glob("*/sites/*/index.html"))
    assert [(page.parts[-4], page.parts[-2]) for page in pages] == [
        *((MONTH, site) for site in sorted(hall.sites)),
        ("2025-02", "822001"),
    ]
    page = page_of(hall, "822001")
    assert page.xpath("//a[@rel='next']/@href") == ["../../../2025-02/sites/822001/index.html"]
    assert page_of(hall, "822002").xpath("//a[@rel='next']/@href") == []


def test_a_site_that_is_not_certified_has_a_page_that_says_what_is_missing_below_it(tmp_path: Path) -> None:
    hall = SitesHall.of_sites(tmp_path)
    hall.drop_sites(MONTH)
    for site, day in (("822002", 12), ("822002", 13), ("510823", 3)):
        (hall.place / "drops" / "counter" / f"{site}_{dt.date(2025, 1, day)}.csv").unlink()
    assert hall.run("report", MONTH, "--all").exit_code == 1
    done = hall.run("desk", MONTH, "--site", "510822", "--site", "822002", "--site", "822001")
    assert done.exit_code == 1
    assert done.stderr.splitlines()[-2:] == [
        f"{MONTH} 510822 青川县政务服务大厅 还没有核定，只有网页，缺什么写在上面",
        f"{MONTH} 822002 青溪镇便民服务中心 还没有核定，只有网页，缺什么写在上面",
    ]
    missing = "窗口日报：1 月 12 日、13 日，数据没有到"
    page = page_of(hall, "510822")
    assert texts_of(page, "//p[@class='word']") == ["草稿"]
    assert texts_of(page, "//header//li") == [f"青溪镇便民服务中心，{missing}"]
    assert texts_of(page_of(hall, "822002"), "//header//li") == [missing]
    assert not (place_of(hall, "510822") / "desk").exists()
    assert (place_of(hall, "822001") / "desk" / "r1" / "section.docx").exists()


def test_what_isnt_a_site_or_a_certified_one_is_said(hall: SitesHall) -> None:
    unknown = hall.run("desk", MONTH, "--site", "999999")
    assert unknown.exit_code == 2
    assert "没有代码是 999999 的网点；有的是 510800, 510822" in unknown.stderr
    never = hall.run("desk", "--site", "999999")
    assert never.exit_code == 1
    assert "网点 999999 没有核定的数；有的是 510822" in never.stderr
    both = hall.run("desk", MONTH, "--site", "822001", "--sites")
    assert both.exit_code == 2
    assert "--sites" in both.stderr


def test_a_site_that_is_asked_for_has_its_files_with_its_report(
    hall: SitesHall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("YUEBAO_DESK", "")
    done = hall.run("report", MONTH, "--site", "822001", "--no-pull")
    assert done.exit_code == 0, done.output
    paths = [Path(line.strip()).resolve() for line in done.stdout.split("For authors:\n")[1].splitlines()]
    assert {path.name for path in paths} == {*FILES, "index.html"}
    assert [path for path in paths if place_of(hall, "822001") not in path.parents or not path.exists()] == []


def test_the_halls_own_code_is_the_hall(hall: SitesHall) -> None:
    assert hall.run("desk", MONTH, "--site", HALL).exit_code == 0
    assert (hall.home / "published" / MONTH / "desk" / "r1" / "section.docx").exists()


def test_a_changed_file_of_a_sites_desk_is_found_with_the_command_that_makes_it_again(hall: SitesHall) -> None:
    assert hall.run("desk", MONTH, "--sites").exit_code == 0
    assert hall.run("verify").exit_code == 0
    place = place_of(hall, "822001")
    for path in (place / "desk" / "r1" / "numbers.csv", place / "index.html"):
        content = path.read_bytes()
        path.write_bytes(content + b" ")
        proof = hall.run("verify", MONTH)
        assert proof.exit_code == 1
        assert f"{path}: it was changed" in proof.stdout
        assert f"next: yuebao desk {MONTH} --site 822001" in proof.stdout
        assert hall.run("desk", MONTH, "--site", "822001").exit_code == 0
        assert path.read_bytes() == content
        assert hall.run("verify").exit_code == 0
    (place / "desk" / "r1" / "stranger.txt").write_text("x")
    assert "stranger.txt: manifest.json doesn't know this file" in hall.run("verify").stdout


def test_nothing_of_a_site_is_written_over_a_changed_extract(hall: SitesHall) -> None:
    (extract,) = (hall.home / "landing" / "counter" / f"{MONTH}-12").glob("*.parquet")
    extract.chmod(0o644)
    extract.write_bytes(extract.read_bytes() + b"?")
    done = hall.run("desk", MONTH, "--sites")
    assert done.exit_code == 1
    assert "is certified, but not sound; nothing of it is written" in done.stderr
    assert not list((hall.home / "published").glob("*/sites/*/desk"))


def test_a_revised_site_shows_both_versions(hall: SitesHall) -> None:
    hall.drop_site("822001", dt.date(2025, 1, 12), 3, accepted=3 * DAILY["accepted"] + 2, withdrawn=3 + 2)
    assert hall.run("pull", "2025-01-12").exit_code == 0
    assert hall.run("report", MONTH, "--all", "--no-pull").exit_code in {0, 1}
    assert hall.run("desk", MONTH, "--site", "510822").exit_code == 0
    assert texts_of(page_of(hall, "510822"), "//p[@class='word']") == ["待修订"]
    revised = hall.run("revise", MONTH, "--site", "822001", "--reason", "late_data", "--note", "补报")
    assert revised.exit_code == 0, revised.output
    assert hall.run("desk", MONTH, "--site", "510822").exit_code == 0
    page = page_of(hall, "510822")
    assert texts_of(page, "//p[@class='word']") == ["已核定"]
    assert "accepted" in page.xpath("//article/@data-metric")
    assert len(page.xpath("//table[@class='versions']/thead//th")) == 3
    assert (place_of(hall, "510822") / "desk" / "r2" / "section.docx").exists()
