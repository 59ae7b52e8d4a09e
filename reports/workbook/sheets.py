"""What the sheets of the workbook hold: titles, columns and rows, before anything is laid out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter

from reports.certificates.certificate import REASONS
from reports.certificates.dossier import Dossier

Cell = str | int


@dataclass(frozen=True)
class WorkbookSheet:
    """One sheet: its columns, and its rows in order."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]


def sheets(dossier: Dossier) -> list[WorkbookSheet]:
    """Every sheet of a month's workbook, in order."""
    return [WorkbookSheet(title, columns, rows(dossier)) for title, (columns, rows) in _SHEETS.items()]


def _numbers(dossier: Dossier) -> list[Sequence[Cell]]:
    values = attrgetter("metric", "metric_name", "printed", "display_unit", "exact", "unit")
    return [(*values(number), "".join(number.flags)) for number in dossier.certificate.numbers]


def _by_department(dossier: Dossier) -> list[Sequence[Cell]]:
    return [
        (number.metric, number.metric_name, code, dossier.departments.get(code, ""), total, number.unit)
        for number in dossier.certificate.numbers
        for code, total in dossier.traces[number.metric].by_department.items()
    ]


def _by_day(dossier: Dossier) -> list[Sequence[Cell]]:
    return [
        (number.metric, number.metric_name, day, total, number.unit)
        for number in dossier.certificate.numbers
        for day, total in dossier.traces[number.metric].by_day.items()
    ]


def _revisions(dossier: Dossier) -> list[Sequence[Cell]]:
    return [
        (
            certificate.revision,
            certificate.code,
            f"{certificate.signed_at:%Y-%m-%d %H:%M}",
            "、".join(sign_off.name for sign_off in certificate.sign_offs),
            REASONS[certificate.reason] if certificate.reason else "首次核定",
            certificate.note,
            number.metric,
            number.printed,
            number.display_unit,
            number.exact,
        )
        for certificate in dossier.revisions
        for number in certificate.numbers
    ]


def _definitions(dossier: Dossier) -> list[Sequence[Cell]]:
    values = attrgetter("metric", "metric_name", "version", "definition", "event_counted", "deduplication_key")
    return list(map(values, dossier.certificate.numbers))


def _checks(dossier: Dossier) -> list[Sequence[Cell]]:
    foundation = dossier.certificate.foundation
    days: list[Sequence[Cell]] = [
        ("按日", rule.system, rule.rule, rule.passed, rule.warned) for rule in foundation.day_rules
    ]
    builds: list[Sequence[Cell]] = [
        ("按月", "", check.name, int(check.result == "pass"), int(check.result == "warn"))
        for check in foundation.build_checks
    ]
    return days + builds


def _sources(dossier: Dossier) -> list[Sequence[Cell]]:
    states = {"answered": "已答复", "closed": "休息"}
    return [
        (extract.system, extract.day, states[extract.state], extract.file, extract.sha256)
        for extract in dossier.certificate.foundation.extracts
    ]


_SHEETS: Mapping[str, tuple[Sequence[str], Callable[[Dossier], list[Sequence[Cell]]]]] = {
    "核定数": (("代号", "指标", "刊印数", "刊印单位", "准确数", "单位", "标记"), _numbers),
    "按部门": (("代号", "指标", "部门代码", "部门", "准确数", "单位"), _by_department),
    "按日": (("代号", "指标", "日期", "准确数", "单位"), _by_day),
    "修订": (
        ("版次", "核定码", "核定时间", "核定人", "原因", "说明", "代号", "刊印数", "刊印单位", "准确数"),
        _revisions,
    ),
    "口径": (("代号", "指标", "口径版本", "口径", "统计事件", "去重依据"), _definitions),
    "检查": (("类别", "系统", "检查", "通过", "提醒"), _checks),
    "来源": (("系统", "日期", "状态", "文件", "SHA-256"), _sources),
}
