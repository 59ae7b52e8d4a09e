"""What one saved answer over HTTP tells of the system that gave it; where it was asked no answer says."""

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from orchestration.config.systems.http_template import MOMENTS, DayValue
from orchestration.connecting.columns import NewSystem, propose_columns, propose_opening
from orchestration.connecting.form import SampleForm, find_form
from orchestration.connecting.form_words import ANSWER
from orchestration.connecting.messages import evidence, question, refused
from orchestration.connecting.proposal import Proposal
from orchestration.connecting.samples import SampleFile
from orchestration.runtime.errors import Refused
from orchestration.sources.contract import SourceFault
from orchestration.sources.files.table import table_of
from orchestration.sources.http.document import day_of_moment
from orchestration.sources.http.strict_json import read_json
from orchestration.sources.normal_forms import whole_number

_DAY_FORMS = ("%Y-%m-%d", "%Y%m%d", "%Y/%m/%d", "%Y年%m月%d日", *MOMENTS)
# What answers say of their success and of further pages, by keys that many interfaces have.
_SUCCESS = ("code", "success", "status", "errcode", "errorCode", "resultCode")
_PAGES = ("pages", "totalPages", "total_pages", "page", "pageNo", "pageNum", "hasNext", "has_more", "next", "cursor")
_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
Leaves = Mapping[str, Any]


def propose_answer(samples: Sequence[SampleFile], system: NewSystem) -> Proposal:
    """The proposal for an interface over HTTP by one saved answer.

    Raises:
        Refused: it is no JSON, or no list in it is one of counts.
    """
    if len(samples) > 1:
        raise refused("one_answer")
    (sample,) = samples
    body = _body(sample)
    leaves, lists = dict(_leaves(body)), dict(_lists(body))
    path, rows, form = _rows(sample, lists, system)
    proposal = Proposal()
    proposal.tell("kind", "http_api")
    proposal.tell("title", system.name)
    proposal.ask("url", question("url"), url="https://host/path?date={day}")
    proposal.ask("auth", question("auth"), auth={"kind": "bearer", "secret": f"{system.name.upper()}_TOKEN"})
    proposal.tell("rows", path, evidence("answer_rows", count=len(rows), names="、".join(form.counts)))
    day = _propose_day(proposal, leaves, system.hall.zone)
    propose_columns(proposal, [(sample.name, form)], system)
    propose_opening(proposal, [day] if day else [], system)
    _propose_totals(proposal, leaves, rows)
    _ask_of_success_and_pages(proposal, leaves)
    return proposal


def _body(sample: SampleFile) -> Any:
    try:
        return read_json(sample.content, "application/json", sample.name)
    except SourceFault as fault:
        raise Refused(f"{fault.problem}; {fault.next_step}") from fault


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """The single values that dotted paths lead to."""
    if isinstance(value, dict):
        for key, each in value.items():
            if _is_label(key):
                yield from _leaves(each, f"{path}.{key}".lstrip("."))
    elif not isinstance(value, list):
        yield path, value


def _is_label(key: str) -> bool:
    """Whether a key may be part of a path: one of an interface, and no value by which things are told apart."""
    return bool(_KEY.fullmatch(key)) or any(key in words for words in ANSWER.values())


def _lists(value: Any, path: str = "") -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """The lists of objects that dotted paths lead to."""
    if isinstance(value, dict):
        for key, each in value.items():
            if _is_label(key):
                yield from _lists(each, f"{path}.{key}".lstrip("."))
    elif isinstance(value, list) and value and all(isinstance(each, dict) for each in value):
        yield path, value


def _rows(
    sample: SampleFile, lists: Mapping[str, list[dict[str, Any]]], system: NewSystem
) -> tuple[str, list[Any], SampleForm]:
    found = [(path, rows, form) for path, rows in lists.items() if (form := _form(sample, rows, system))]
    if len(found) != 1 or not found[0][0]:
        raise refused("no_rows", name=sample.name, count=len(found))
    return found[0]


def _form(sample: SampleFile, rows: Sequence[Mapping[str, Any]], system: NewSystem) -> SampleForm | None:
    """Rows of objects as a table, whose header are their keys."""
    single = [key for key in rows[0] if not any(isinstance(row.get(key), dict | list) for row in rows)]
    cells: list[list[Any]] = [single, *([row.get(key) for key in single] for row in rows)]
    table = table_of(sample.name, ((number, enumerate(row, start=1)) for number, row in enumerate(cells, start=1)))
    return find_form(table, system.known)


def _propose_day(proposal: Proposal, leaves: Leaves, zone: ZoneInfo) -> dt.date | None:
    found = [
        (path, form, day)
        for path, value in leaves.items()
        if path.rpartition(".")[2] in ANSWER["day"]
        for form in _DAY_FORMS
        if (day := _day(value, form, zone))
    ]
    if len(found) != 1:
        proposal.ask("day", question("day", count=len(found)), day="data.date")
        return None
    ((path, form, day),) = found
    proposal.tell("day", path, evidence("answer_day", day=day))
    if form != "%Y-%m-%d":
        proposal.tell("day_form", form, evidence("day_form"))
    return day


def _day(value: Any, form: str, zone: ZoneInfo) -> dt.date | None:
    if form in MOMENTS:
        moment = day_of_moment(value, form, zone)
        return moment if moment and _is_midnight(value, DayValue(moment, zone), form) else None
    try:
        day = dt.datetime.strptime(str(value), form).date()  # noqa: DTZ007 - a day has no time zone
    except ValueError:
        return None
    return day if day.strftime(form) == str(value) else None


def _is_midnight(value: Any, day: DayValue, form: str) -> bool:
    """Whether a moment is the beginning of its day here; any other may be when the answer was made."""
    begins = f"{day:{form}}"
    if form == "instant":
        return dt.datetime.fromisoformat(value) == dt.datetime.fromisoformat(begins)
    return str(value) == begins


def _propose_totals(proposal: Proposal, leaves: Leaves, rows: Sequence[Mapping[str, Any]]) -> None:
    """Propose the totals that the answer states, each where its value is that of the rows alone."""
    told = proposal.told
    if "columns" not in told:
        return
    sums = _sums(told, rows)
    declared: dict[str, str] = {}
    for path, value in leaves.items():
        key = path.rpartition(".")[2]
        if type(value) is not int or ("." not in path and key in _SUCCESS):
            continue
        for measure, total in sums.items():
            named = key == measure or (len(sums) == 1 and key in ANSWER["total"])
            if named and value == total != len(rows):
                declared.setdefault(measure, path)
        if key in ANSWER["rows"] and value == len(rows) and value not in sums.values():
            proposal.tell("declared_rows", path, evidence("declared_rows", count=value))
    if declared:
        proposal.tell("declared", declared, evidence("declared"))


def _sums(told: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """By measure, the sum of the rows."""
    ours = {ours: theirs for theirs, ours in told["columns"].items()}
    sums: dict[str, int] = {}
    for row in rows:
        for measure in told["measures"]:
            if "count" in ours and row.get(ours.get("measure", ""), measure) != measure:
                continue
            count = whole_number(row.get(ours.get("count", ours.get(measure, ""))))
            sums[measure] = sums.get(measure, 0) + (count if isinstance(count, int) else 0)
    return sums


def _ask_of_success_and_pages(proposal: Proposal, leaves: Leaves) -> None:
    for path, value in leaves.items():
        if path in _SUCCESS and isinstance(value, bool | int):
            proposal.ask("success", question("success", path=path), success={"path": path, "value": value})
    if pages := [path for path in leaves if path.rpartition(".")[2] in _PAGES]:
        proposal.ask("paging", question("paging", paths="、".join(pages)))
