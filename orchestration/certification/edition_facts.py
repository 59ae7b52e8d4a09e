"""The numbers that a .docx of ours carries, each held against its certificate: what was altered by hand is named."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from orchestration.certification.certify import current_archive
from orchestration.runtime.errors import Refused
from reports.certificates.certificate import Certificate
from reports.certificates.ledger import Archive, LedgerEntry
from reports.certificates.release_text import kept_section
from reports.docx_files import DocumentError
from reports.edition.references import OWN
from reports.figures.months import month_title
from reports.figures.numbers import MonthlyNumber
from reports.word.blocks import Fact
from reports.word.facts import FoundFact, facts_in


@dataclass(frozen=True)
class CheckedFact:
    """A number of a file, in Chinese: what it is, what is written, what was printed, and whether it is the same."""

    name: str
    month: str
    code: str
    text: str
    certified: str  # empty for what no certificate can tell
    altered: bool

    @property
    def state(self) -> str:
        """What to say of it."""
        if self.altered:
            return f"手工改过，核定的是 {self.certified}" if self.certified else "手工改过"
        return "与核定数相同" if self.certified else "与印出时相同"

    def __str__(self) -> str:
        return f"{self.name}（{self.month}，{self.code}）：{self.text}　{self.state}"


def facts_of(path: Path) -> list[CheckedFact]:
    """The numbers that a file carries, in order.

    Raises:
        Refused: it can't be read, or carries none.
    """
    try:
        found = facts_in(path)
    except (DocumentError, OSError) as error:
        raise Refused(
            str(error) if isinstance(error, DocumentError) else f"打不开 {path}，请看看有没有这个文件"
        ) from error
    if not found:
        raise Refused(f"{path.name} 里没有带来历的数：它不是系统生成的 Word，或者用别的软件另存过，数字的来历没有留下")
    return list(_checked(found, current_archive()))


def _checked(found: Sequence[FoundFact], archive: Archive) -> Iterator[CheckedFact]:
    codes = {each.fact.code for each in found} - {"", OWN}
    certificates = {code: entry.certificate for code in codes if (entry := _entry(archive, code))}
    alike = Counter((each.fact.code, each.fact.what) for each in found)
    # Which of several that are called alike, as the names of a ranking, its place says, where none was taken away.
    in_order = {
        (code, what): iter(texts)
        for code, certificate in certificates.items()
        for what, texts in _written(certificate).items()
        if len(texts) == alike[code, what]
    }
    for each in found:
        fact, certificate = each.fact, certificates.get(each.fact.code)
        number = certificate.by_metric.get(fact.metric) if certificate else None
        certified = _certified(fact.form, number) if number else ""
        certified = certified or next(in_order.get((fact.code, fact.what), iter(())), "")
        altered = not each.as_printed or bool(certified and _bare(certified) != _bare(each.text))
        name = fact.name or (number.metric_name if number else fact.metric)
        yield CheckedFact(
            name, month_title(fact.month), _called(fact.code, known=bool(certificate)), each.text, certified, altered
        )


def _entry(archive: Archive, code: str) -> LedgerEntry | None:
    try:
        return archive.ledger.find(code)
    except ValueError:  # no code at all
        return None


def _written(certificate: Certificate) -> Mapping[str, Sequence[str]]:
    """What a certificate's section has of each metric in each form, in order; nothing where its wording isn't kept."""
    texts: dict[str, list[str]] = {}
    if section := kept_section(certificate):
        for value in section.values:
            what = Fact(value.metric, value.name, "", "", value.form).what
            texts.setdefault(what, []).append(section.paragraph[value.start : value.end])
    return texts


def _certified(form: str, number: MonthlyNumber) -> str:
    """A number as its certificate has it; empty for a rate, which rests on others too."""
    return {"": number.with_unit, "exact": number.exact_with_unit}.get(form, "")


def _called(code: str, *, known: bool) -> str:
    if code in {"", OWN}:
        return {OWN: "作者登记的数"}.get(code, "草稿，未核定")
    return f"核定码 {code}" if known else f"核定码 {code}，本机没有这份核定书"


def _bare(text: str) -> str:
    return "".join(text.split())


def facts_report(path: Path, facts: Sequence[CheckedFact]) -> str:
    """What authors are told of a file: what was altered first, then every number."""
    altered = [fact for fact in facts if fact.altered]
    heading = f"{path.name}：共 {len(facts)} 个数，{f'{len(altered)} 个手工改过' if altered else '没有手工改过的'}。"
    return "\n".join(
        [heading, *(f"【须改】{fact}" for fact in altered), *(str(each) for each in facts if not each.altered)]
    )
