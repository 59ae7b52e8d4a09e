"""Two certified months of small halls, and an edition's folder that nothing is wrong with, for tests of documents."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Collection, Sequence
from dataclasses import fields, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from reports.certificates.certificate import Wording
from reports.certificates.dossier import Dossier
from reports.docx_files import blocks_of, open_docx, texts_of
from reports.edition.assembly import Edition, assemble
from reports.edition.settings import Settings, lay_out, read_settings
from reports.figures.months import months_before
from reports.figures.numbers import MonthlyNumber
from reports.figures.rounding import printed
from reports.figures.section_text import PrintedSection
from reports.proofreading import KnownNumber, KnownNumbers
from reports.word.month_content import MonthContent, certified_content
from tests.certificates import MARCH, Month, archive_in
from tests.dossiers import TEMPLATE
from tests.halls import HEADING, PARAGRAPH
from tests.proofreading_known import COUNTS, known, of_month

SETTINGS = Settings(
    title="政务窗口月报",
    number=3,
    date=date(2025, 4, 24),
    issuing_body="四川省政务服务大厅",
    report_to=("省政府办公厅",),
    send_to=("各进驻部门（单位）",),
    sections=("政务工作动态", "重点工作推进情况", "窗口资讯", "厅（局）长进大厅"),
)
PROSE = "全省政务服务系统深入推进改革优化办事流程压减申请材料推动更多事项线上线下融合办理企业群众办事更加方便"


def monthly(month: str) -> list[MonthlyNumber]:
    """The numbers of a month of `proofreading_known`, as a build would give them."""
    return [_monthly(number) for number in of_month(month, COUNTS[month])]


def _monthly(number: KnownNumber) -> MonthlyNumber:
    return MonthlyNumber(**{field.name: getattr(number, field.name) for field in fields(MonthlyNumber)})


def march(folder: Path) -> MonthContent:
    """March 2025, certified after February, with section 一 as in the reference."""
    archive = archive_in(folder)
    february = Month(archive, "2025-02", MARCH - timedelta(days=28)).certified(monthly("2025-02")).certificate
    signed = Month(archive).certified(monthly("2025-03")).certificate
    wording = Wording(TEMPLATE.read_text(encoding="utf-8"), {})
    certificate = signed.standing_on(replace(signed.foundation, wording=wording))
    release = folder / "release"
    release.mkdir()
    section = PrintedSection(HEADING, PARAGRAPH)
    (release / "section.txt").write_text(section.text, encoding="utf-8")
    (release / "section.md").write_text(section.markdown, encoding="utf-8")
    return certified_content(
        Dossier(certificate, "已核定", (certificate,), {"2025-02": (february,)}, release, {}, {}),
    )


def with_past(
    month: MonthContent, months: int, *, without: Collection[int] = (), redefined_at: int = 99
) -> MonthContent:
    """The month with those before it, certified by the numbers of the month, a hundredth less for each month back.

    Args:
        month: The newest.
        months: How many there are, with the newest.
        without: Which are missing, counted back from the newest.
        redefined_at: From which on back the definitions are other ones.
    """
    past: dict[str, dict[str, MonthlyNumber]] = {}
    for metric, number in month.numbers.items():
        for back in sorted({*range(months)} - {*without}, reverse=True):
            exact = int(number.exact) * (100 - back) // 100
            told = printed(
                exact, divisor=number.display_divisor, decimals=number.display_decimals, rule=number.rounding
            )
            version = number.version if back < redefined_at else "0"
            past.setdefault(metric, {})[months_before(month.attribution.month, back)] = replace(
                number, exact=exact, printed=told, version=version
            )
    return replace(month, past=past)


def laid_out(folder: Path, items: int = 4) -> Path:
    """An edition's folder with items in turn in each of its sections, a register and a table."""
    lay_out(folder, SETTINGS)
    for item in range(items):
        body = "\n\n".join([f"{PROSE * 4}。"] * 4)
        write(
            folder,
            item % 4,
            f"{item + 1} 稿.md",
            f"# 第 {item + 1} 条\n\n{body}\n\n本月{{{{ online_accepted.环比 }}}}。\n",
        )
    write(
        folder,
        1,
        "0 项目.md",
        "# 重点项目\n\n重点项目总数 {{ projects }}，其中新建 {{ projects_new }}、续建 {{ projects_continued }}。\n\n"
        "| 指标 | 3 月 |\n|---|---|\n| 全程网办受理 | {{ online_accepted }} |\n| 窗口出件量 | {{ 窗口出件量 }} |\n",
    )
    register = "代码,名称,数值,单位,分项\nprojects,重点项目总数,12,个,projects_new+projects_continued\n"
    register += "projects_new,新建重点项目,5,个,\nprojects_continued,续建重点项目,7,个,\n"
    (folder / "登记表" / "项目.csv").write_text(register, encoding="utf-8")
    return folder


def write(folder: Path, section: int, name: str, text: str) -> Path:
    """An author's file in one of the sections, 0 for 二."""
    path = folder / SETTINGS.headings[section] / name
    path.write_text(text, encoding="utf-8")
    return path


def assembled(folder: Path, month: MonthContent, numbers: Sequence[KnownNumber] | None = None) -> Edition:
    """The edition of a folder."""
    certified = known() if numbers is None else KnownNumbers("2025-03", numbers)
    return assemble(folder, read_settings(folder), month, certified)


def lines_in(document: bytes | Path) -> list[str]:
    """The texts of a document's paragraphs, those in content controls and text boxes too."""
    blocks = blocks_of(open_docx(document).element.body)
    return [_text(block.element) for block in blocks if not block.is_table]


def cells_in(document: bytes | Path) -> list[list[list[str]]]:
    """The texts of a document's tables by row and cell."""
    tables = [block.rows for block in blocks_of(open_docx(document).element.body) if block.is_table]
    return [[["\n".join(map(_text, cell)) for cell in row] for row in rows] for rows in tables]


def _text(paragraph: Any) -> str:
    return "".join(text for text, _ in texts_of(paragraph))


def changed(content: bytes, part: str, old: str, new: str) -> bytes:
    """The same file with one part spoiled, or painted."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(target, "w") as copy:
        for name in source.namelist():
            text = source.read(name)
            if name == part:
                assert old.encode() in text
                text = text.replace(old.encode(), new.encode())
            copy.writestr(name, text)
    return target.getvalue()
