"""What a day of counts must look like, as data: the rules, and the expectations that judge each of them.

Knows neither pandas nor Great Expectations, so that names, severities and wording cost nothing to import.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

Severity = Literal["error", "warning"]
FrameName = Literal["counts", "totals"]


@dataclass(frozen=True)
class Rule:
    """One thing that must hold before a day of counts may land.

    Attributes:
        name: Becomes the name of the Dagster asset check.
        severity: An error keeps the day out of the landing; a warning is shown beside it.
        description: What is asserted, and why.
        next_step: What an engineer does when it fails.
    """

    name: str
    severity: Severity
    description: str
    next_step: str


@dataclass(frozen=True)
class Clause:
    """One Great Expectations expectation; a rule holds when all of its clauses do.

    Attributes:
        rule: Name of the rule that it judges.
        frame: Which of the two frames it looks at.
        expectation: Name of the class in `great_expectations.expectations`.
        parameters: Its arguments. `{"$PARAMETER": "halls"}` is filled in from the hall's vocabulary.
        shows: Columns whose values explain a failing row.
    """

    rule: str
    frame: FrameName
    expectation: str
    parameters: Mapping[str, object]
    shows: tuple[str, ...] = ()


COUNTS_COLUMNS: Final = (
    "asked_date",
    "asked_hall",
    "stat_date",
    "hall_code",
    "department_code",
    "item_code",
    "measure",
    "count",
    "origin",
)
TOTALS_COLUMNS: Final = ("asked_date", "asked_hall", "measure", "counted", "declared", "usual")
DERIVED_COLUMNS: Final[Mapping[FrameName, tuple[str, ...]]] = {
    "counts": ("not_text", "not_whole", "whole_count", "has_personal_pattern"),
    "totals": ("volume",),
}
TEXT_COLUMNS: Final = ("stat_date", "hall_code", "department_code", "measure", "origin")
TEXT_OR_NULL_COLUMNS: Final = ("item_code",)
KEY_COLUMNS: Final = (
    "asked_date",
    "asked_hall",
    "stat_date",
    "hall_code",
    "department_code",
    "item_code",
    "measure",
)

# Far above what one department counts of one item in one day, far below BIGINT.
COUNT_CEILING: Final = 10_000_000

# A day below a third of its usual volume, or above three times it, is worth a look; a difference of
# `floor` or less is not, whatever its ratio.
VOLUME_BAND: Final[Mapping[str, int]] = {"times": 3, "floor": 30}
VOLUME_AS_USUAL: Final = ("as usual", "no history")

# GB 11643 identity numbers (18 digits or the older 15, both with a date of birth), mobile numbers of the
# mainland and landline numbers, as regular expressions over text in NFKC. In them `~` stands for a gap of
# spaces or dashes, or none; `^` for such a gap that isn't the one before an ISO date. A landline number is
# recognised by its gap only: twelve plain digits are also what an item code looks like.
PERSONAL_PATTERNS: Final[Mapping[str, str]] = {
    "identity_number_18": (
        r"(?<!\d)@[1-9](?:~\d){5}~(?:1~[89]|2~0)~\d~\d~(?:0~[1-9]|1~[0-2])"
        r"~(?:0~[1-9]|[12]~\d|3~[01])(?:~\d){3}~[\dXx](?!\d)"
    ),
    "identity_number_15": (
        r"(?<!\d)@[1-9](?:~\d){5}~\d~\d~(?:0~[1-9]|1~[0-2])~(?:0~[1-9]|[12]~\d|3~[01])(?:~\d){3}(?!\d)"
    ),
    "mobile_number": r"(?<!\d)(?:\+?(?:00)?86)?1[3-9]\d{9}(?!\d)",
    "mobile_number_in_groups": r"(?<![0-9A-Za-z])(?:\+?(?:00)?86^)?1^[3-9](?:^\d){9}(?!\d)",
    "mobile_number_with_dots": r"(?<![\d.])1[3-9]\d\.\d{4}\.\d{4}(?![\d.])",
    "landline_number": (
        r"(?<![0-9A-Za-z])0(?:10|2\d|[3-9]\d\d)(?:[\s\-]{0,2}\)[\s\-]{0,2}|[\s\-]{1,3})"
        r"[2-8]\d{2,3}[\s\-]?\d{4}(?!\d)"
    ),
}

RULES: Final[tuple[Rule, ...]] = (
    Rule(
        "columns_are_as_agreed",
        "error",
        "The frame has the agreed columns and no others: a missing one leaves rules unjudged, an extra one "
        "may carry what nobody asked for.",
        "Compare the source's answer with the contract of daily counts; a renamed header belongs into the "
        "hall system's settings.",
    ),
    Rule(
        "text_columns_hold_text",
        "error",
        "Date, hall, department, measure and origin are text; the item code is text or null. Text is neither "
        "blank nor padded: two spellings of one code would be counted twice.",
        "Look at the row in the source: an empty cell, a code that was stored as a number, or a stray space.",
    ),
    Rule(
        "count_is_a_non_negative_integer",
        "error",
        f"Every count is a whole number from 0 to {COUNT_CEILING}: no text, no fraction, no true/false, and "
        "never empty, because missing is not zero.",
        "Ask the hall system's keeper for the day's answer again; a fraction or text points to a changed export.",
    ),
    Rule(
        "stat_date_is_the_day_asked",
        "error",
        "Every row is about the day that was asked for, so that no day is filled with another's numbers.",
        "Check the file's or page's own date: a misnamed file, a day too early, or a changed date format.",
    ),
    Rule(
        "hall_is_known",
        "error",
        "The hall is in the table of halls, and the one that was asked for.",
        "Correct the code at the source, or add the hall to sites.csv after review.",
    ),
    Rule(
        "department_is_known",
        "error",
        "The department is in the table of departments; an unknown one would vanish from its totals.",
        "Correct the code at the source, or add the department to departments.csv after review.",
    ),
    Rule(
        "measure_is_known",
        "error",
        "The measure is one that this hall system answers.",
        "Correct the name at the source, or add the measure to the hall system's settings and measures.csv.",
    ),
    Rule(
        "key_is_unique",
        "error",
        "Day, hall, department, item and measure occur once; a null item counts as a value of its own. A "
        "repeated row or page would be counted twice.",
        "Look for a page delivered twice, or a sheet pasted below itself, and pull the day again.",
    ),
    Rule(
        "no_personal_patterns",
        "error",
        "No text or number looks like an identity-card or telephone number: the system takes counts, never "
        "people. What was found is masked and shown nowhere.",
        "Have the source's export corrected so that it answers counts only; don't copy the value into a ticket.",
    ),
    Rule(
        "declared_total_equals_sum",
        "error",
        "Where the source declares a total for the day, the rows add up to it exactly.",
        "Compare the rows with the source's own total (合计): a row is missing, doubled or was typed over.",
    ),
    Rule(
        "volume_is_near_usual",
        "warning",
        f"The day's volume lies between a third and {VOLUME_BAND['times']} times the median of recent same "
        f"weekdays; differences of up to {VOLUME_BAND['floor']} don't alarm.",
        "Ask the hall whether something happened that day; nothing is held back because of it.",
    ),
)

CLAUSES: Final[tuple[Clause, ...]] = (
    Clause(
        "columns_are_as_agreed",
        "counts",
        "ExpectTableColumnsToMatchSet",
        {"column_set": [*COUNTS_COLUMNS, *DERIVED_COLUMNS["counts"]], "exact_match": True},
    ),
    Clause(
        "columns_are_as_agreed",
        "totals",
        "ExpectTableColumnsToMatchSet",
        {"column_set": [*TOTALS_COLUMNS, *DERIVED_COLUMNS["totals"]], "exact_match": True},
    ),
    # One column that names the offenders, instead of twelve type and null expectations: each costs 5 ms.
    Clause(
        "text_columns_hold_text",
        "counts",
        "ExpectColumnValuesToBeNull",
        {"column": "not_text"},
        ("not_text", "stat_date", "hall_code", "department_code", "item_code", "measure"),
    ),
    Clause(
        "count_is_a_non_negative_integer",
        "counts",
        "ExpectColumnValuesToBeNull",
        {"column": "not_whole"},
        ("count",),
    ),
    Clause(
        "count_is_a_non_negative_integer",
        "counts",
        "ExpectColumnValuesToBeBetween",
        {"column": "whole_count", "min_value": 0, "max_value": COUNT_CEILING},
        ("count",),
    ),
    Clause(
        "stat_date_is_the_day_asked",
        "counts",
        "ExpectColumnPairValuesToBeEqual",
        {"column_A": "stat_date", "column_B": "asked_date", "ignore_row_if": "neither"},
        ("stat_date",),
    ),
    Clause(
        "hall_is_known",
        "counts",
        "ExpectColumnValuesToBeInSet",
        {"column": "hall_code", "value_set": {"$PARAMETER": "halls"}},
        ("hall_code",),
    ),
    Clause(
        "hall_is_known",
        "counts",
        "ExpectColumnPairValuesToBeEqual",
        {"column_A": "hall_code", "column_B": "asked_hall", "ignore_row_if": "either_value_is_missing"},
        ("hall_code",),
    ),
    Clause(
        "department_is_known",
        "counts",
        "ExpectColumnValuesToBeInSet",
        {"column": "department_code", "value_set": {"$PARAMETER": "departments"}},
        ("department_code",),
    ),
    Clause(
        "measure_is_known",
        "counts",
        "ExpectColumnValuesToBeInSet",
        {"column": "measure", "value_set": {"$PARAMETER": "measures"}},
        ("measure",),
    ),
    Clause(
        "measure_is_known",
        "totals",
        "ExpectColumnValuesToBeInSet",
        {"column": "measure", "value_set": {"$PARAMETER": "measures"}},
        ("measure",),
    ),
    Clause(
        "key_is_unique",
        "counts",
        "ExpectCompoundColumnsToBeUnique",
        {"column_list": list(KEY_COLUMNS), "ignore_row_if": "never"},
        ("hall_code", "department_code", "item_code", "measure", "count"),
    ),
    Clause(
        "no_personal_patterns",
        "counts",
        "ExpectColumnValuesToBeInSet",
        {"column": "has_personal_pattern", "value_set": [False]},
        ("stat_date", "hall_code", "department_code", "item_code", "measure", "count"),
    ),
    Clause(
        "declared_total_equals_sum",
        "totals",
        "ExpectColumnPairValuesToBeEqual",
        {
            "column_A": "counted",
            "column_B": "declared",
            "ignore_row_if": "neither",
            "row_condition": {"type": "nullity", "column": {"name": "declared"}, "is_null": False},
        },
        ("counted", "declared"),
    ),
    Clause(
        "volume_is_near_usual",
        "totals",
        "ExpectColumnValuesToBeInSet",
        {"column": "volume", "value_set": list(VOLUME_AS_USUAL)},
        ("volume", "counted", "usual"),
    ),
)


def suite_version() -> str:
    """A short hash over everything that decides a verdict; evidence made under another version is stale.

    Descriptions and next steps are left out: better wording doesn't make yesterday's evidence stale.

    Returns:
        Twelve hexadecimal digits.
    """
    decisive = {
        "rules": [(rule.name, rule.severity) for rule in RULES],
        "clauses": [(c.rule, c.frame, c.expectation, dict(c.parameters)) for c in CLAUSES],
        "text": [TEXT_COLUMNS, TEXT_OR_NULL_COLUMNS],
        "volume": dict(VOLUME_BAND),
        "personal": dict(PERSONAL_PATTERNS),
    }
    canonical = json.dumps(decisive, ensure_ascii=True, sort_keys=True)
    return hashlib.sha256(canonical.encode()).hexdigest()[:12]
