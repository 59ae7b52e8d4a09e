"""Pages as bytes: templates with everything escaped, style and scripts inline under a policy that forbids others.

The same dossier and summary give the same bytes.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from hashlib import sha256
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from reports.certificates.certificate import REASONS, moment_of
from reports.certificates.dossier import Dossier
from reports.certificates.release_text import ordered_numbers
from reports.certificates.revision import compare
from reports.figures.check_names import check_name
from reports.figures.months import days_between, month_title
from reports.figures.numbers import MonthlyNumber
from reports.page.figures import figures, notes, rankings, shared_absences, system_names, without_value
from reports.page.month_summary import WORDS, MonthSummary
from reports.page.proofbox import proof_data
from reports.page.trend import extremes, sparkline, trend

if TYPE_CHECKING:
    from jinja2 import Environment

_FOLDER = Path(__file__).parent
_SCRIPTS = ("proofread.js", "page.js")
# What would end a script element, or a line of a script, in JSON that stands in one.
_DANGEROUS = {ord(character): f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"}


@dataclass(frozen=True)
class _Inline:
    """A style or script and how the policy names it."""

    text: Markup
    source: Markup


@dataclass(frozen=True)
class _RevisionRow:
    name: str
    numbers: tuple[MonthlyNumber | None, ...]
    changed: bool


def month_page(
    dossier: Dossier,
    summary: MonthSummary,
    *,
    edition: str,
    labels: Mapping[str, Collection[str]],
    months: Sequence[str] = (),
) -> bytes:
    """The page of a certified month, to lie at `published/<month>/index.html`, a site's in `sites/<site>/` there.

    Args:
        dossier: The month's newest certificate with what stands around it.
        summary: How the month stands today; its questions are shown.
        edition: The title of the hall's editions.
        labels: What texts call each metric, besides its name.
        months: Every month that has a page, for the ways to its neighbours.

    Raises:
        OSError, KeyError: a file of the release is gone or isn't what a release holds; `verify` says which.
    """
    certificate, shown = dossier.certificate, figures(dossier)
    return _fill(
        "month.html.j2",
        _SCRIPTS,
        summary=summary,
        edition=edition,
        hall=certificate.hall.name,
        certificate=certificate,
        **_neighbours(summary.month, months),
        section=dossier.printed,
        texts={"paragraph": dossier.printed.paragraph, "section": dossier.section},
        figures=shown,
        notes=notes(shown),
        shared=shared_absences(shown),
        rankings=rankings(dossier),
        without_value=without_value(dossier),
        names={number.metric: number.metric_name for number in certificate.numbers},
        revisions=dossier.revisions,
        revision_rows=_revision_rows(dossier),
        revision_note=compare(dossier.revisions[-2:]).note if len(dossier.revisions) > 1 else "",
        system_names=system_names(dossier),
        weeks=_weeks(certificate.days),
        days={str(day) for day in certificate.days},
        files=_files(dossier),
        proof_data=proof_data(dossier.revisions, labels),
    )


def waiting_page(summary: MonthSummary, *, edition: str, hall: str, months: Sequence[str] = ()) -> bytes:
    """The page of a month without a certificate: how it stands and what is missing, and no number."""
    return _fill("month.html.j2", (), summary=summary, edition=edition, hall=hall, **_neighbours(summary.month, months))


def index_page(summaries: Sequence[MonthSummary], *, edition: str, hall: str) -> bytes:
    """The index of all months, newest first, to lie at `published/index.html`; the newest section gives the order."""
    newest_first = sorted(summaries, key=lambda summary: summary.month, reverse=True)
    newest = next((summary.certificate for summary in newest_first if summary.certificate), None)
    years = [(year, list(months)) for year, months in groupby(newest_first, key=lambda summary: summary.month[:4])]
    columns = ordered_numbers(newest) if newest else []
    return _fill("index.html.j2", (), edition=edition, hall=hall, years=years, columns=columns)


def _fill(template: str, scripts: Sequence[str], **values: Any) -> bytes:
    inline = [_inline(name) for name in scripts]
    text = _environment().get_template(template).render(style=_inline("style.css"), scripts=inline, **values)
    return text.encode("utf-8", "replace")


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(_FOLDER), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.globals |= {"words": WORDS, "reasons": REASONS, "certificate": None, "before": "", "after": ""}
    environment.filters |= _FILTERS
    return environment


def _inline(name: str) -> _Inline:
    text = (_FOLDER / name).read_text(encoding="utf-8")
    digest = b64encode(sha256(text.encode()).digest()).decode()
    # Both are files of ours: Markup says that they stand as they are.
    return _Inline(Markup(text), Markup(f"'sha256-{digest}'"))  # noqa: S704


def _json_in_script(document: Any) -> Markup:
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return Markup(text.translate(_DANGEROUS))  # noqa: S704 - nothing is left that HTML would read


def _moment(moment: datetime) -> str:
    return f"{moment.year} 年 {moment.month} 月 {moment.day} 日 {moment:%H:%M}"


_FILTERS: Mapping[str, Callable[..., object]] = {
    "check_name": check_name,
    "json": _json_in_script,
    "moment": _moment,
    "moment_text": lambda text: _moment(moment_of(text)),
    "month_title": month_title,
    "trend": trend,
    "sparkline": sparkline,
    "extremes": extremes,
}


def _weeks(days: Sequence[date]) -> list[list[date]]:
    """The weeks, from Monday on, that hold these days."""
    first, last = days[0] - timedelta(days=days[0].weekday()), days[-1] + timedelta(days=6 - days[-1].weekday())
    return [days_between(monday, monday + timedelta(days=6)) for monday in days_between(first, last)[::7]]


def _neighbours(month: str, months: Sequence[str]) -> dict[str, str]:
    return {
        "before": max((other for other in months if other < month), default=""),
        "after": min((other for other in months if other > month), default=""),
    }


def _revision_rows(dossier: Dossier) -> list[_RevisionRow]:
    """What changed first; then as the newest section prints it."""
    revisions = dossier.revisions
    names: dict[str, str] = {}
    for number in (
        *dossier.numbers,
        *revisions[-1].numbers,
        *(number for revision in revisions for number in revision.numbers),
    ):
        names.setdefault(number.metric, number.metric_name)
    rows = []
    for metric, name in names.items():
        numbers = tuple(revision.by_metric.get(metric) for revision in revisions)
        values = {(number.exact, number.printed, number.display_unit) if number else None for number in numbers}
        rows.append(_RevisionRow(name, numbers, len(values) > 1))
    return sorted(rows, key=lambda row: not row.changed)


def _files(dossier: Dossier) -> list[Path]:
    """The desk's files first, which is what authors want, then the release's own; as they lie from the page."""
    release, folder = dossier.release, dossier.release.parent
    if folder.name not in {dossier.certificate.month, dossier.certificate.below}:
        return []
    folders = [each for each in (folder / "desk" / release.name, release) if each.is_dir()]
    paths = [path for each in folders for path in sorted(each.iterdir())]
    return [path.relative_to(folder) for path in paths if path.is_file() and not path.name.startswith(".")]
