"""A system's data contract, in the Open Data Contract Standard: what its keeper promises, generated from the settings.

It names columns as the system does, and no address, account or secret.
"""

import datetime as dt
import hashlib
import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from expectations.rules import RULES
from expectations.vocabulary import Quantity
from orchestration.config.catalogue import MEASURES, codes_in, quantities, read_table
from orchestration.config.hall import Hall, HallFolder
from orchestration.config.systems import AnySystem, DropSystem, HttpSystem, SqlSystem
from orchestration.config.systems.common import MappedSystem
from orchestration.config.zone import offset_text
from orchestration.sources.contract import CONTRACT
from orchestration.sources.reviewed_table import read_reviewed_table
from reports.files import write_changed

Element = dict[str, Any]

_WORDS: Mapping[str, Any] = tomllib.loads(Path(__file__).with_name("contract_words.toml").read_text(encoding="utf-8"))
_MOST_COUNT = 10_000_000
# By column of ours: the table of the catalogue that holds its codes, with the columns of codes and names.
_CODES = {
    "department_code": ("departments", "department_name"),
    "hall_code": ("sites", "hall_name"),
    "measure": ("measures", "measure_name"),
}
# What a keeper has to know of the interface: by kind, which keys of the settings say it.
_INTERFACE = {
    "drop_folder": (
        *("file", "member", "format", "encoding", "delimiter", "sheet", "rows", "total_row", "subtotals", "skip_rows"),
        *("none_means", "stated", "ready"),
    ),
    "http_api": ("method", "day", "day_form", "rows", "declared", "declared_rows", "success", "paging"),
    "sql": ("timezone", "statement_timeout", "max_connections"),
}


def write_contracts(hall: HallFolder, systems: Sequence[str], folder: Path) -> list[Path]:
    """Write the contracts of these systems into a folder, and return the files; raises as `data_contract`."""
    written = {folder / f"{name}.odcs.yaml": data_contract(hall, name) for name in systems}
    for path, contract in written.items():
        text = yaml.safe_dump(contract, allow_unicode=True, sort_keys=False, width=110)
        write_changed(path, text.encode())
    return list(written)


def data_contract(hall: HallFolder, name: str) -> Element:
    """The contract of one system, by ODCS 3.1; the same settings and tables make the same one.

    Raises:
        SettingsError: a table or query that the settings name can't be read.
    """
    system, said = hall.hall.systems[name], _WORDS["description"]
    body = {
        "name": system.title,
        "domain": hall.hall.name,
        "description": {
            "purpose": said["purpose"].format(hall=hall.hall.name),
            "limitations": said["limitations"],
            "usage": " ".join(
                [_WORDS["asked"][system.kind] + "。", _WORDS["opens"][system.opens], *_usage(hall, name)]
            ),
        },
        "schema": list(_tables(hall, name)),
        "roles": [
            {key: text.format(title=system.title, hall=hall.hall.name) for key, text in role.items()}
            for role in _WORDS["roles"].values()
        ],
        "slaProperties": list(_service_levels(hall, name)),
        "customProperties": [
            {"property": key, "value": value} for key, value in [("kind", system.kind), *_interface(hall, system)]
        ],
    }
    return {
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "id": f"{hall.hall.code}-{name}",
        "version": f"1.0.0+{_digest(body)}",
        "status": "proposed",
        **body,
    }


def _digest(body: Element) -> str:
    return hashlib.sha256(json.dumps(body, ensure_ascii=False, sort_keys=True).encode()).hexdigest()[:12]


def _usage(hall: HallFolder, name: str) -> Iterator[str]:
    system, words = hall.hall.systems[name], _WORDS["description"]
    pull_at, late_at = system.pull_at or hall.hall.automation.pull_at, hall.hall.automation.late_at
    yield words["usage"].format(pull_at=f"{pull_at:%H:%M}", late_at=f"{late_at:%H:%M}")
    if system.repull_days:
        yield words["usage_again"].format(days=system.repull_days)
    if validity := _validity({"valid_from": system.valid_from, "valid_to": system.valid_to}):
        yield words["usage_valid"].format(validity=validity)


def _validity(row: Mapping[str, Any]) -> str:
    """From when to when something is counted and who follows it, in words; empty where it always is."""
    stated = {**row, "successors": "、".join(codes_in(row.get("successors")))}
    return "，".join(text.format(stated[key]) for key, text in _WORDS["validity"].items() if stated[key])


def _meaning(row: Mapping[str, Any], name: str) -> str:
    """What a code of a table stands for, with its validity."""
    validity = _validity(row)
    return f"{row[name]}（{validity}）" if validity else str(row[name])


def _service_levels(hall: HallFolder, name: str) -> Iterator[Element]:
    system, automation = hall.hall.systems[name], hall.hall.automation
    offset = _offset(hall.hall)
    yield _level("frequency", 1, unit="d")
    yield _level("timeOfAvailability", f"{system.pull_at or automation.pull_at:%H:%M}{offset}")
    for site, time in sorted(system.pull_at_of_sites.items()):
        words = _WORDS["service"]["timeOfAvailabilityOfSite"].format(site=site)
        yield {**_level("timeOfAvailability", f"{time:%H:%M}{offset}"), "description": words}
    yield _level("timeOfDetection", f"{automation.late_at:%H:%M}{offset}")
    if system.repull_days:
        yield _level("timeToRepair", system.repull_days, unit="d")
    yield _level("responseTime", system.timeout, unit="s")


def _offset(hall: Hall) -> str:
    """The offset of the hall's times of day; its zone's name where clocks are changed."""
    today = hall.now().date()
    return offset_text(hall.zone, (today, today + dt.timedelta(days=366))) or f" {hall.timezone}"


def _level(key: str, value: float | str, *, unit: str = "") -> Element:
    return {"property": key, "value": value, **({"unit": unit} if unit else {}), "description": _WORDS["service"][key]}


def _tables(hall: HallFolder, name: str) -> Iterator[Element]:
    system, words = hall.hall.systems[name], _WORDS["tables"]
    yield {
        "name": name,
        "physicalType": {"drop_folder": "file", "http_api": "json", "sql": "query"}[system.kind],
        "businessName": system.title,
        "description": words["counts"].format(granularity=words["granularity"]),
        "dataGranularityDescription": words["granularity"],
        "properties": [_property(hall, system, theirs, ours) for theirs, ours in _columns(hall, system).items()],
        "quality": [
            {
                "name": rule.name,
                "type": "text",
                "description": _WORDS["rules"][rule.name],
                "severity": rule.severity,
            }
            for rule in RULES
        ],
    }
    if isinstance(system, SqlSystem):
        yield {
            "name": f"{name}_day_close",
            "physicalType": "query",
            "description": words["day_close"],
            "properties": [_count(hall, measure, measure) for measure in system.measures],
        }


def _columns(hall: HallFolder, system: AnySystem) -> Mapping[str, str]:
    """Their names of columns to ours, as they are now."""
    if not isinstance(system, MappedSystem):
        return {name: name for name in CONTRACT}
    if not isinstance(system, DropSystem) or not system.column_map:
        return system.columns
    lines = read_reviewed_table(hall.folder / system.column_map, ("theirs", "ours"))
    newest = {line.values["ours"]: line for line in sorted(lines, key=lambda line: line.first)}
    return {line.values["theirs"]: ours for ours, line in newest.items()}


def _property(hall: HallFolder, system: AnySystem, theirs: str, ours: str) -> Element:
    if ours not in CONTRACT:
        return _count(hall, theirs, ours)
    if ours == "count":
        return _counts(hall, system, theirs)
    made: Element = {
        "name": theirs,
        "logicalType": "string",
        "description": _WORDS["columns"][ours],
        "required": ours != "item_code",
    }
    if ours == "stat_date" and not isinstance(system, HttpSystem):
        made["logicalType"] = "date"
    if ours == "item_code":
        made["logicalTypeOptions"] = {"pattern": system.item_codes}
    if values := _vocabulary(hall, system, ours):
        made["quality"] = [_only(list(values))]
        made["customProperties"] = [{"property": "meanings", "value": dict(values)}]
    return made


def _count(hall: HallFolder, name: str, measure: str) -> Element:
    """A column of one measure."""
    known = {row["measure"]: row for row in read_table(hall.folder / "catalogue", MEASURES)}
    row, quantity = known.get(measure, {}), quantities(hall.folder / "catalogue").get(measure)
    said = (
        _WORDS["kinds"]
        .get(row.get("kind"), "")
        .format(
            unit=row.get("unit") or "",
            scale=row.get("scale"),
            sign=_WORDS["signs"]["true" if row.get("negative") else "false"],
        )
    )
    return _number(name, "；".join(filter(None, [_name_of_measure(hall, measure), said])), [quantity])


def _counts(hall: HallFolder, system: AnySystem, name: str) -> Element:
    """A column of counts of any of a system's measures."""
    known = quantities(hall.folder / "catalogue")
    own = [known.get(measure) for measure in system.measures]
    return _number(name, _WORDS["columns"]["numbers" if any(own) else "count"], own)


def _number(name: str, description: str, measured: Sequence[Quantity | None]) -> Element:
    """A column of measures, each counted in ones (None) or not."""
    whole = all(quantity is None or not quantity.scale for quantity in measured)
    least = {} if any(quantity and quantity.negative for quantity in measured) else {"minimum": 0}
    most = {"maximum": _MOST_COUNT} if not any(measured) else {}
    options = {**least, **most}
    return {
        "name": name,
        "logicalType": "integer" if whole else "number",
        **({"logicalTypeOptions": options} if options else {}),
        "description": description,
        "required": True,
    }


def _only(values: Sequence[str]) -> Element:
    return {"type": "library", "metric": "invalidValues", "arguments": {"validValues": values}, "mustBe": 0}


def _vocabulary(hall: HallFolder, system: AnySystem, ours: str) -> Mapping[str, str]:
    """By the values that a column may have, in the system's own words, what each is; none where no table lists them."""
    if ours not in _CODES:
        return {}
    table, name = _CODES[ours]
    names = {row[ours]: _meaning(row, name) for row in read_table(hall.folder / "catalogue", table)}
    if isinstance(system, MappedSystem) and system.values:
        lines = [line.values for line in read_reviewed_table(hall.folder / system.values, ("column", "theirs", "ours"))]
        if words := {line["theirs"]: line["ours"] for line in lines if line["column"] == ours}:
            return words
    own = {"measure": system.measures, "hall_code": system.sites or (hall.hall.code,)}.get(ours, tuple(names))
    return {code: str(names.get(code, code)) for code in own}


def _name_of_measure(hall: HallFolder, measure: str) -> str:
    rows = read_table(hall.folder / "catalogue", "measures")
    names = {row["measure"]: _meaning(row, "measure_name") for row in rows}
    return f"{names.get(measure, measure)}（{measure}）"


def _interface(hall: HallFolder, system: AnySystem) -> Iterator[tuple[str, Any]]:
    """What the keeper has to know of how the system is asked, without addresses, accounts and secrets."""
    stated = _filled(system.model_dump(mode="json", include=set(_INTERFACE[system.kind])))
    for key in _INTERFACE[system.kind]:
        if key in stated:
            yield key, stated[key]
    if isinstance(system, HttpSystem):
        fields = {**system.query, **(system.content or {})}
        yield "parameters", {name: text if _names_day(text) else "" for name, text in fields.items()}
        yield "authentication", system.auth.kind if system.auth else "none"
    if isinstance(system, SqlSystem):
        for key in ("counts", "day_close"):
            yield key, (hall.folder / getattr(system, key)).read_text(encoding="utf-8")


def _names_day(value: Any) -> bool:
    """Whether a parameter is the day or the site, and so no secret."""
    return isinstance(value, str) and value.startswith(("{day", "{hall"))


def _filled(settings: Any) -> Any:
    """Settings without those that are left blank."""
    if not isinstance(settings, dict):
        return settings
    return {key: filled for key, value in settings.items() if (filled := _filled(value)) not in (None, "", [], {})}
