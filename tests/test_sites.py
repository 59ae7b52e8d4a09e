"""Every site has its report: certificates of a tree of sites, in batches that the ledger holds as one link each."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from pathlib import Path

import pytest
import time_machine
from pydantic import SecretStr

from orchestration.assets.certified import REVISION_CHECK
from reports.certificates.signers import create_key
from reports.figures.months import days_of
from tests.moments import at
from tests.site_halls import HALL, SitesHall
from tests.small_halls import DAILY, open_on

MONTH = "2025-01"
LAST = dt.date(2025, 1, 31)
# Of one department of the first site.
ACCEPTED = 31 * DAILY["accepted"]


@pytest.fixture
def hall(tmp_path: Path) -> SitesHall:
    return SitesHall.of_sites(tmp_path)


def ledger(hall: SitesHall) -> list[str]:
    return sorted(path.name for path in (hall.home / "certificates").glob("0*.json"))


def test_every_site_has_its_certificate_and_those_above_sum_up(hall: SitesHall) -> None:
    hall.drop_sites(MONTH)
    done = hall.run("report", MONTH, "--all")
    assert done.exit_code == 0, done.output
    assert "2025-01: 5 of 5 sites are certified, 5 of them now" in done.stdout
    assert ledger(hall) == ["000001-2025-01-s1.json", "000002-2025-01-r1.json"], "one link serves a batch"
    # Sites count 1, 2, 3, 4 and 5 times: the counties, then their townships.
    times = {"510822": 1 + 3 + 4, "510823": 2 + 5, "822001": 3, "822002": 4, "823001": 5}
    assert {site: hall.certificate(site, MONTH)["accepted"] for site in times} == {
        site: ACCEPTED * each for site, each in times.items()
    }
    assert hall.certificate("510822", MONTH)["open"] == 8 * open_on(LAST)
    assert hall.numbers(MONTH)["accepted"] == 15 * ACCEPTED
    assert f"青川县政务服务大厅受理 {8 * ACCEPTED} 件" in section(hall, "510822")
    proof = hall.run("verify", "--recount")
    assert proof.exit_code == 0, proof.output
    assert "7 certificates" in proof.stdout


def section(hall: SitesHall, site: str, revision: int = 1) -> str:
    folder = hall.home / "published" / MONTH / "sites" / site / f"r{revision}"
    return (folder / "section.txt").read_text(encoding="utf-8")


def test_a_site_is_blocked_by_its_own_days_alone(hall: SitesHall) -> None:
    hall.drop_sites(MONTH)
    (hall.place / "drops" / "counter" / "822002_2025-01-12.csv").unlink()
    done = hall.run("report", MONTH, "--all")
    assert done.exit_code == 1
    assert "510822 青川县政务服务大厅: not certified, for 822002 is not in" in done.stdout
    assert "822002 青溪镇便民服务中心 isn't in:\n  counter 窗口日报: 2025-01-12 missing: no file" in done.stdout
    assert "2025-01: 3 of 5 sites are certified, 3 of them now" in done.stdout
    assert hall.certificate("510823", MONTH)["accepted"] == 7 * ACCEPTED
    told = hall.run("status", MONTH, "--sites").stdout
    assert "4 of 5 sites are in on every day; 3 sites below the hall are certified" in told
    (row,) = [line for line in told.splitlines() if line.startswith("822002 青溪镇便民服务中心 ")]
    assert row.count("?") == 1
    assert row.endswith(" 1")
    hall.drop_site("822002", dt.date(2025, 1, 12), 4)
    done = hall.run("report", MONTH, "--all")
    assert done.exit_code == 0, done.output
    assert "2025-01: 5 of 5 sites are certified, 2 of them now" in done.stdout
    assert ledger(hall) == ["000001-2025-01-s1.json", "000002-2025-01-s2.json", "000003-2025-01-r1.json"]
    assert hall.numbers(MONTH)["accepted"] == 15 * ACCEPTED
    assert hall.run("verify", "--recount").exit_code == 0


@pytest.mark.parametrize("options", [(), ("--draft",)], ids=["certified", "a draft"])
def test_those_above_get_a_draft_that_names_the_sites_that_are_not_in(
    hall: SitesHall, options: tuple[str, ...]
) -> None:
    hall.edit("hall.toml", ('policy = "automatic"', 'policy = "automatic"\nmissing_sites = "draft"'))
    hall.drop_sites(MONTH)
    (hall.place / "drops" / "counter" / "822002_2025-01-12.csv").unlink()
    reported = hall.run("report", MONTH, "--all")
    assert reported.exit_code == 1
    of_sites = [line for line in reported.stdout.splitlines() if "草稿 of the others: " in line]
    assert [line[:6] for line in of_sites] == ["510822"], "no draft of the site itself, and none of those that are in"

    folder = hall.home / "published" / MONTH / "sites" / "510822" / "draft"
    text = (folder / "section.txt").read_text(encoding="utf-8")
    assert text.startswith("草稿\n\n青川县政务服务大厅2025 年 1 月办件情况")
    assert f"受理 {4 * ACCEPTED} 件" in text, "those of itself and of the township that is in"
    assert text.endswith("\n草稿说明：1 个网点未报：青溪镇便民服务中心。以上各数不含这些网点\n")
    document = json.loads((folder / "numbers.json").read_text(encoding="utf-8"))
    assert (document["state"], document["sites_left_out"]) == ("草稿", ["青溪镇便民服务中心"])

    of_the_hall = hall.run("report", MONTH, "--no-pull", *options)
    assert of_the_hall.exit_code == 1
    assert "counter 窗口日报: 2025-01-12 missing" in of_the_hall.output
    assert f"广元市政务服务大厅受理 {11 * ACCEPTED} 件" in of_the_hall.stdout
    assert "1 个网点未报：青溪镇便民服务中心" in of_the_hall.stdout
    assert ledger(hall) == ["000001-2025-01-s1.json"], "no draft is certified"

    hall.drop_site("822002", dt.date(2025, 1, 12), 4)
    done = hall.run("report", MONTH, "--all")
    assert done.exit_code == 0, done.output
    assert "草稿" not in done.stdout
    assert hall.numbers(MONTH)["accepted"] == 15 * ACCEPTED
    assert hall.run("verify", "--recount").exit_code == 0


def test_nothing_is_certified_while_nothing_is_in(hall: SitesHall) -> None:
    done = hall.run("report", MONTH, "--all", "--no-pull")
    assert done.exit_code == 1
    assert "2025-01: 0 of 5 sites are certified, 0 of them now" in done.stdout
    assert "822001 乔庄镇便民服务中心 isn't in:" in done.stdout


@pytest.mark.parametrize(
    ("parent", "said"),
    [
        ("822001", "510822 → 822001 → 510822 is a circle; next: leave the parent of the topmost site empty"),
        ("510899", "510822 has the parent 510899, which isn't in it; next: add it"),
    ],
)
def test_sites_that_are_no_tree_are_named_by_every_command(hall: SitesHall, parent: str, said: str) -> None:
    hall.edit("catalogue/sites.csv", ("county,510800\n510823", f"county,{parent}\n510823"))
    assert said in " ".join(hall.run("report", MONTH, "--all").stderr.split())
    assert said.partition(";")[0] in " ".join(hall.run("check-hall", str(hall.folder)).stdout.split())


def test_one_site_is_reported_alone_and_left_as_it_is_afterwards(hall: SitesHall) -> None:
    hall.drop_sites(MONTH, ["822001"])
    done = hall.run("report", MONTH, "--site", "822001")
    assert done.exit_code == 0, done.output
    assert f"乔庄镇便民服务中心受理 {3 * ACCEPTED} 件" in done.stdout
    again = hall.run("report", MONTH, "--site", "822001")
    assert "1 of 1 sites are certified, 0 of them now" in again.stdout
    assert ledger(hall) == ["000001-2025-01-s1.json"]
    unknown = hall.run("report", MONTH, "--site", "999999")
    assert unknown.exit_code == 2
    assert "no site 999999 in catalogue/sites.csv; it has 510800, 510822" in unknown.stderr
    itself = hall.run("report", MONTH, "--site", HALL)
    assert "510800 is the hall itself; its report is `yuebao report 2025-01`" in itself.stderr


def test_a_release_stands_alone_and_any_changed_byte_is_found(hall: SitesHall, tmp_path: Path) -> None:
    hall.drop_sites(MONTH)
    assert hall.run("report", MONTH, "--all").exit_code == 0
    sites = hall.home / "published" / MONTH / "sites"
    release, signers = sites / "822001" / "r1", str(hall.folder / "signers.toml")
    assert sorted(path.name for path in release.iterdir()) == [
        "certificate.json",
        "inclusion.json",
        "section.md",
        "section.txt",
    ]
    alone = tmp_path / "stick"
    shutil.copytree(release, alone)
    proof = hall.run("verify", str(alone), "--signers", signers)
    assert proof.exit_code == 0, proof.output
    assert "not checked: its evidence, which lies in evidence beside the releases of the month's sites" in proof.stdout
    whole = hall.run("verify", str(release), "--signers", signers)
    assert whole.exit_code == 0, whole.output
    assert "its evidence" not in whole.stdout
    for name in ("certificate.json", "inclusion.json", "section.md", "section.txt"):
        path = alone / name
        content = path.read_bytes()
        place = content.index(b'"revision":1') + 11 if name.endswith("json") else len(content) // 2
        path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        assert hall.run("verify", str(alone), "--signers", signers).exit_code == 1, name
        path.write_bytes(content)
    other = sites / "822002" / "r1" / "inclusion.json"
    (alone / "inclusion.json").write_bytes(other.read_bytes())
    assert hall.run("verify", str(alone), "--signers", signers).exit_code == 1, "another site's"


@pytest.mark.parametrize("place", ["the table", "a candidate", "a text", "the batch", "a sites' release"])
def test_the_ledger_tells_what_was_changed_of_a_batch(hall: SitesHall, place: str) -> None:
    hall.drop_sites(MONTH)
    assert hall.run("report", MONTH, "--all").exit_code == 0
    certificates, published = hall.home / "certificates", hall.home / "published" / MONTH / "sites"
    batch = json.loads((certificates / "000001-2025-01-s1.json").read_text())["candidate"]
    table = json.loads((hall.home / "evidence" / batch["evidence"]["certificates"]).read_text())
    path = {
        "the table": hall.home / "evidence" / batch["evidence"]["certificates"],
        "a candidate": hall.home / "evidence" / table[0]["sha256"],
        "a text": published / "822001" / "r1" / "section.txt",
        "the batch": certificates / "000001-2025-01-s1.json",
        "a sites' release": published / "822001" / "r1" / "inclusion.json",
    }[place]
    content = path.read_bytes()
    path.unlink()
    path.write_bytes(content.replace(b"2025", b"2026", 1) if place != "the table" else content.replace(b"1", b"2", 1))
    proof = hall.run("verify")
    assert proof.exit_code == 1, proof.output
    assert path.name in proof.stdout


def test_a_sites_numbers_are_shown_traced_exported_and_rebuilt(hall: SitesHall, tmp_path: Path) -> None:
    hall.drop_sites(MONTH)
    assert hall.run("report", MONTH, "--all").exit_code == 0
    shown = hall.run("show", MONTH, "--site", "510822")
    assert shown.exit_code == 0, shown.output
    assert "2025-01 site 510822 r1 已核定" in shown.stdout
    assert f"{8 * ACCEPTED} 件" in shown.stdout
    code = shown.stdout.split("code ")[1].split(":")[0]
    assert hall.run("show", code).stdout.splitlines()[0] == shown.stdout.splitlines()[0], "by its printed code"
    traced = hall.run("trace", MONTH, "accepted", "--site", "510822", "--csv", str(tmp_path / "rows.csv"))
    assert traced.exit_code == 0, traced.output
    assert "822001  乔庄镇便民服务中心" in traced.stdout
    rows = (tmp_path / "rows.csv").read_text().splitlines()
    assert len(rows) == 1 + 3 * 31
    exported = hall.run("numbers", "accepted", "--month", MONTH, "--site", "823001", "--format", "csv")
    assert exported.exit_code == 0, exported.output
    assert f",{5 * ACCEPTED}," in exported.stdout
    rebuilt = hall.run("rebuild", MONTH, "--site", "510822")
    assert rebuilt.exit_code == 0, rebuilt.output
    assert "2025-01 site 510822 r1 is reproduced to the byte; equal: section.md, section.txt" in rebuilt.stdout
    nobody = hall.run("show", MONTH, "--site", "999999")
    assert "2025-01 has no certificate of site 999999" in nobody.stderr


def test_a_late_correction_revises_its_site_and_those_above_and_no_other(hall: SitesHall) -> None:
    hall.drop_sites(MONTH)
    assert hall.run("report", MONTH, "--all").exit_code == 0
    hall.drop_site("822001", dt.date(2025, 1, 12), 3, accepted=3 * DAILY["accepted"] + 2, withdrawn=3 + 2)
    assert hall.run("pull", "2025-01-12").exit_code == 0
    pending = hall.run("report", MONTH, "--all", "--no-pull").output
    for site in ("822001", "510822"):
        assert f"2025-01 --site {site} is 待修订: since 000001-2025-01-{site}-r1 these have changed" in pending
    assert pending.count("待修订") == 3, "and the hall's own"
    sites = "2025-01 of 2 sites (510822 青川县政务服务大厅, 822001 乔庄镇便民服务中心)"
    command = "yuebao revise 2025-01 --site 822001 --reason ... --note ..."
    (alert,) = [line for line in hall.run("alerts").stdout.splitlines() if line.startswith(f"- {sites}")]
    assert alert.startswith(f"- {sites}: 待修订: since they were certified these have changed: counter 2025-01-12")
    assert f"  next: yuebao report 2025-01 --all, then {command}" in hall.run("alerts").stdout
    health = hall.run("health").stdout
    assert f"revisions pending: 2025-01, {sites}" in health
    assert f"next: {command}" in health
    check = hall.evaluated(REVISION_CHECK)
    assert not check.passed
    assert [line.split(" is 待修订")[0] for line in (check.description or "").splitlines()] == ["2025-01", sites]
    assert command in (check.description or "")
    nothing = hall.run("revise", MONTH, "--site", "823001", "--reason", "late_data", "--note", "补报")
    assert "nothing behind 2025-01 of 510823, 823001 has changed" in nothing.stderr
    revised = hall.run("revise", MONTH, "--site", "822001", "--reason", "late_data", "--note", "补报")
    assert revised.exit_code == 0, revised.output
    assert f"受理由 {3 * ACCEPTED} 件修订为 {3 * ACCEPTED + 2} 件" in revised.stdout
    assert hall.certificate("510822", MONTH, 2)["accepted"] == 8 * ACCEPTED + 2
    assert hall.certificate("510822", MONTH, 1)["accepted"] == 8 * ACCEPTED
    assert "r1 已修订" in hall.run("show", MONTH, "--site", "510822").stdout
    assert ledger(hall)[-1] == "000003-2025-01-s2.json"
    assert "2 sites (" not in hall.run("alerts").stdout
    assert hall.run("verify", "--recount").exit_code == 0
    for revision in ("1", "2"):
        rebuilt = hall.run("rebuild", MONTH, "--site", "510822", "--revision", revision)
        assert rebuilt.exit_code == 0, rebuilt.output


def test_three_people_sign_all_sites_at_once(hall: SitesHall) -> None:
    people = {"preparer": "张三", "reviewer": "李四", "signer": "王五"}
    hall.edit("hall.toml", ('policy = "automatic"\nservice = "青川数据服务"', 'policy = "manual"'))
    keys = {role: create_key(hall.folder / f"{role}.pem", SecretStr("words")) for role in people}
    entries = [
        f'[[signers]]\nname = "{name}"\nrole = "{role}"\npublic_key = "{keys[role]}"\nvalid_from = 2020-01-01\n'
        for role, name in people.items()
    ]
    (hall.folder / "signers.toml").write_text("\n".join(entries), encoding="utf-8")
    hall.drop_sites(MONTH)
    waits = hall.run("report", MONTH, "--site", "822001", "--site", "823001")
    assert waits.exit_code == 1
    assert f"sites of {MONTH} is 待核定" in waits.stdout
    text = (hall.home / "signing" / f"{MONTH}-s1" / "section.txt").read_text(encoding="utf-8")
    assert text.startswith("822001\n乔庄镇便民服务中心")
    assert f"普安镇便民服务中心受理 {5 * ACCEPTED} 件" in text
    for role in people:
        assert ledger(hall) == []
        words = ("sign", MONTH, "--sites", "--as", role, "--key", str(hall.folder / f"{role}.pem"))
        signed = hall.run(*words, YUEBAO_SIGNING_PASSPHRASE="words")
        assert signed.exit_code == 0, signed.output
    assert ledger(hall) == ["000001-2025-01-s1.json"]
    assert hall.certificate("823001", MONTH)["accepted"] == 5 * ACCEPTED
    assert "张三、李四、王五" in hall.run("show", MONTH, "--site", "822001").stdout
    assert hall.run("verify").exit_code == 0


def test_a_site_that_a_storm_closes_at_the_months_end_keeps_its_stock(hall: SitesHall) -> None:
    """In the facts, in the recount of the seal, and in the sums of the sites above it."""
    hall.drop_sites(MONTH)
    storm = [dt.date(2025, 1, 30), LAST]
    for day in storm:
        (hall.place / "drops" / "counter" / f"822001_{day}.csv").unlink()
    rows = "".join(f"{day},false,台风,王,,822001\n" for day in storm)
    hall.edit("catalogue/calendar_overrides.csv", ("reviewed_by\n", f"reviewed_by,system,site\n{rows}"))
    done = hall.run("report", MONTH, "--all")
    assert done.exit_code == 0, done.output
    before = dt.date(2025, 1, 29)
    assert hall.certificate("822001", MONTH)["open"] == 3 * open_on(before)
    assert hall.certificate("510822", MONTH)["open"] == 3 * open_on(before) + 5 * open_on(LAST)
    assert hall.certificate("822001", MONTH)["accepted"] == 3 * DAILY["accepted"] * 29
    assert hall.run("verify", "--recount").exit_code == 0
    traced = hall.run("trace", MONTH, "open", "--site", "510822")
    assert traced.exit_code == 0, traced.output


def test_one_alert_names_the_first_sites_that_are_late_and_how_many(tmp_path: Path) -> None:
    tree = {"510800": ("广元市政务服务大厅", "city", "")} | {
        f"8220{number:02d}": (f"第{number}便民服务中心", "county", "510800") for number in range(1, 11)
    }
    hall = SitesHall.of_sites(tmp_path, tree)
    late = [f"8220{number:02d}" for number in range(2, 7)]
    for day in days_of(MONTH)[:5]:
        for site in hall.sites:
            if day.day not in {3, 4} or site not in late:
                hall.drop_site(site, day)
    with time_machine.travel(at("2025-01-06T10:00")):
        assert hall.run("pull", "2025-01-01..2025-01-05").exit_code == 1
        told = hall.run("alerts").stdout
        healthy = hall.run("health")
    (line,) = [line for line in told.splitlines() if line.startswith("- counter")]
    assert line.startswith(
        "- counter 窗口日报: 2025-01-03..2025-01-04 (2 days) no answer: 5 of 10 sites: 822002 第2便民服务中心, "
        "822003 第3便民服务中心, 822004 第4便民服务中心 and 2 more; hall 822002: no file 822002_2025-01-04.csv"
    )
    assert healthy.exit_code == 1
    assert (
        "2025-01 sites that aren't in, on so many days: 822002 第2便民服务中心 (2), 822003 第3便民服务中心 (2), 822004 "
        "第4便民服务中心 (2) and 2 more; the other 5 of 10 are; `yuebao status 2025-01 --sites` shows all"
    ) in healthy.stdout


def test_a_plan_says_which_sites_would_differ(hall: SitesHall) -> None:
    hall.drop_sites(MONTH)
    assert hall.run("report", MONTH, "--all").exit_code == 0
    same = hall.run("plan")
    assert same.exit_code == 0, same.output
    assert same.stdout.splitlines()[-1] == "months: 1, no difference; certificates of sites: 5, no difference"
    assert "--site" not in same.stdout
    hall.edit(
        "catalogue/sites.csv", ("822002,青溪镇便民服务中心,county,510822", "822002,青溪镇便民服务中心,county,510823")
    )
    moved = hall.run("plan")
    assert moved.exit_code == 1
    lines = [line.strip() for line in moved.stdout.splitlines()]
    assert lines[0] == "2025-01 r1 certified: no difference"
    told = lines.index(
        "2025-01 --site 510822 r1 certified: would differ; a revision would need --reason definition_change"
    )
    old, new = 8 * ACCEPTED, 4 * ACCEPTED
    assert any(line.startswith(f"accepted 受理: {old} 件 ({old} 件) → {new} 件 ({new} 件)") for line in lines[told:])
    assert any(line.startswith("- ") and f"青川县政务服务大厅受理 {old} 件" in line for line in lines[told:])
    assert any(line.startswith("+ ") and f"青川县政务服务大厅受理 {new} 件" in line for line in lines[told:])
    assert "changed since: catalogue/sites.csv" in lines[told:]
    assert lines[-1] == "months: 1, no difference; certificates of sites: 5, 2 would differ"
    assert not [line for line in lines if "--site 822001" in line]
