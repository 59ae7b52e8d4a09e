"""An edition's files: the .docx, how it conforms, what there is to put right, and a PDF where LibreOffice is."""

from dataclasses import dataclass
from pathlib import Path

from reports.edition.assembly import Edition
from reports.figures.section import DRAFT
from reports.files import write_bytes, write_json
from reports.word.conformance import Conformance, check_conformance
from reports.word.pdf import PdfError, to_pdf
from reports.word.profiles import read_profile
from reports.word.writer import set_document

EDITION = "edition"
DOCUMENT = f"{EDITION}.docx"


@dataclass(frozen=True)
class EditionFiles:
    """What was written, the report's text, and whether the edition may be printed."""

    files: tuple[Path, ...]
    report: str
    good: bool


def write_edition(edition: Edition, folder: Path, name: str = EDITION, *, pdf: bool = False) -> EditionFiles:
    """Set an edition and write its files; each appears whole, and all but the PDF are the same for the same edition.

    That a PDF is wanted and there is none is said in the report, and fails nothing.

    Args:
        edition: What is set.
        folder: Where.
        name: What its files' names begin with.
        pdf: Also as PDF.
    """
    profile = read_profile(edition.settings.profile)
    content = set_document(edition.manuscript, profile)
    conformance = check_conformance(content, profile)
    files = [folder / f"{name}.docx"]
    write_bytes(files[0], content)
    parts = [_report(edition, conformance)]
    if pdf:
        try:
            files += to_pdf(files)
        except PdfError as error:
            parts.append(f"PDF：{error}")
    report = "\n".join(parts) + "\n"
    attribution = edition.manuscript.attribution
    about = {
        "month": attribution.month,
        "certificate": attribution.code,
        "revision": attribution.revision,
        "state": attribution.state,
    }
    told = [folder / f"{name}-conformance.json", folder / f"{name}-report.txt"]
    write_json(told[0], {**about, "draft": edition.manuscript.draft, **conformance.document})
    write_bytes(told[1], report.encode())
    files += told
    return EditionFiles(tuple(files), report, good=not edition.manuscript.draft and conformance.conforms)


def _report(edition: Edition, conformance: Conformance) -> str:
    wrong = len(edition.wrong)
    mark = edition.manuscript.words.draft
    state = f"{DRAFT}：{f'有 {wrong} 处须改' if wrong else '数据没有核定'}，每页都印着“{mark}”，不得刊印"
    lines = [f"{edition.manuscript.title}　{edition.manuscript.attribution.line}"]
    lines.append(state if edition.manuscript.draft else "可以刊印")
    ordered = sorted(edition.remarks, key=lambda remark: not remark.wrong)
    return "\n".join([*lines, *map(str, ordered), "", str(conformance)])
