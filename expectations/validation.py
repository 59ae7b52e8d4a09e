"""Judges what one hall system answered for a range of days, and tells the days apart.

pandas and Great Expectations are imported where something is judged: whoever has it done in another process needs
neither, unless something failed.
"""

from __future__ import annotations

import gc
import logging
import os
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np
import numpy.typing as npt

from expectations.deferred import absent, deferred
from expectations.findings import Faults, Finding, Verdict, faults_of
from expectations.rules import RULES
from expectations.vocabulary import Vocabulary

if TYPE_CHECKING:
    import pandas as pd

    from expectations.findings import Frames
    from expectations.gx import SuiteRunner

__all__ = ["Finding", "Validation", "Vocabulary", "validate", "validate_answers", "warm_up", "write_docs"]

Positions = npt.NDArray[np.int64]


# Two threads may judge first at once.
_LOADING: Final = threading.Lock()


@dataclass(frozen=True, eq=False)
class Validation:
    """What validating a range of days found; see `validate`."""

    findings: tuple[Finding, ...]  # one per rule, in the order of `RULES`, always all of them
    _verdicts: tuple[Verdict, ...] = field(repr=False)
    _faults: Mapping[str, Faults] = field(repr=False)
    # By column of the totals, the days and halls that have a value in it; hall None is any.
    _comparable: Mapping[str, set[tuple[str, str | None]]] = field(repr=False)

    @property
    def counts_passed(self) -> bool:
        """Whether every rule holds on the frame of counts, be they errors or warnings."""
        return all(verdict.passed for verdict in self._verdicts if verdict.clause.frame == "counts")

    def fails_on(self, day: date, hall: str) -> bool:
        """Whether any rule failed, of either severity, on one asked day of one asked hall."""
        return any(found.fails_on(day, hall) for found in self.findings)

    def failures_on(self, day: date, hall: str | None = None) -> tuple[Finding, ...]:
        """The failed rules of error severity on one asked day, with the rows and samples of that day alone.

        A `hall` narrows it to what was asked of one hall.
        """
        failed = [f.rule for f in self.findings if f.rule.severity == "error" and f.fails_on(day, hall)]
        return tuple(self._faults[rule.name].finding(day, hall) for rule in failed)

    def outcome_on(self, day: date, hall: str | None = None) -> dict[str, str]:
        """By rule name "passed", "failed", "warned" (a rule of warning severity that failed) or "not_applicable".

        The last is said of a rule that had nothing to compare with on that day, of that hall or of any.
        """
        return {found.rule.name: self._outcome(found, day, hall) for found in self.findings}

    def _outcome(self, found: Finding, day: date, hall: str | None) -> str:
        if found.fails_on(day, hall):
            return "failed" if found.rule.severity == "error" else "warned"
        column = found.rule.compares_with
        return (
            "passed" if not column or (day.isoformat(), hall) in self._comparable.get(column, ()) else "not_applicable"
        )


def validate(counts: pd.DataFrame, totals: pd.DataFrame, vocabulary: Vocabulary) -> Validation:
    """Judges one hall system's answers for a range of asked days by every rule, in one run.

    Personal patterns are masked, and what isn't of the vocabulary is withheld, before anything is judged. A rule that
    can't be evaluated counts as failed, on every day. A frame without rows passes the rules about rows: that a day is
    missing is the caller's to see.

    Args:
        counts: `COUNTS_COLUMNS`, one row as the source answered it; values may be anything.
        totals: `TOTALS_COLUMNS` by asked day and measure: `counted` (int, None when the counts couldn't be
            summed), `declared` (int, None when the source declares nothing), `usual` (int, the median of
            recent same weekdays, None without history). Object columns: pandas makes floats of int or None.
        vocabulary: The known codes.
    """
    frames = _prepared(counts, totals, vocabulary)
    verdicts = _suite_runner().validate(frames, vocabulary.as_parameters())
    faults = {rule.name: faults_of(rule, verdicts, frames) for rule in RULES}
    findings = tuple(of_rule.finding() for of_rule in faults.values())
    return Validation(findings, verdicts, faults, _comparable(frames["totals"]))


def write_docs(counts: pd.DataFrame, totals: pd.DataFrame, vocabulary: Vocabulary, folder: Path) -> Path:
    """Writes Great Expectations' Data Docs of what `validate` takes; returns the index page, which lists the rules."""
    return _suite_runner().write_docs(_prepared(counts, totals, vocabulary), vocabulary.as_parameters(), folder)


def _prepared(counts: pd.DataFrame, totals: pd.DataFrame, vocabulary: Vocabulary) -> Frames:
    from expectations.personal import mask_personal
    from expectations.prepared_frame import in_units, prepared_counts, prepared_totals

    return {
        "counts": prepared_counts(mask_personal(in_units(counts, vocabulary)), vocabulary),
        "totals": prepared_totals(mask_personal(in_units(totals, vocabulary)), vocabulary),
    }


def _comparable(totals: pd.DataFrame) -> dict[str, set[tuple[str, str | None]]]:
    if not {"asked_date", "asked_hall"} <= set(totals.columns):
        return {}  # what is of no day was compared on none
    columns = {rule.compares_with for rule in RULES if rule.compares_with} & set(totals.columns)
    having = {column: totals[totals[column].notna()] for column in columns}
    return {
        column: {
            *zip(rows["asked_date"], rows["asked_hall"], strict=True),
            *((day, None) for day in rows["asked_date"]),
        }
        for column, rows in having.items()
    }


class Answers(Protocol):
    """The rows of several answers, which are cheaper to number than to show."""

    @property
    def asked(self) -> Sequence[tuple[date, str]]:
        """The day and the hall that each answer was asked for."""

    @property
    def answer(self) -> Positions:
        """Of every row, the position of its answer among these."""

    @property
    def codes(self) -> pd.DataFrame:
        """See `representative_rows`; in a row that isn't clean, whatever there is of it."""

    @property
    def unclean(self) -> Positions:
        """The positions of rows that hold anything but text, nothing, and whole counts."""

    def frame(self, rows: Positions) -> pd.DataFrame:
        """The rows at these positions, as `validate` takes counts."""


def validate_answers(
    answers: Answers, totals: Sequence[Mapping[str, Any]], vocabulary: Vocabulary, docs: Path | None = None
) -> Validation:
    """Judges as `validate` does, and finds the same, at the cost of the rows that decide.

    All answers together are judged by their representative rows. Where these fail, the representatives of each answer
    say which ones are at fault, and all rows of those are judged.

    Args:
        answers: What the hall system answered.
        totals: As for `validate`, by row.
        vocabulary: The known codes.
        docs: Where the Data Docs of what was judged are written, if they are wanted.
    """
    import pandas as pd

    from expectations.representatives import representative_rows

    summed = pd.DataFrame(totals, dtype=object)

    def judge(rows: Positions) -> Validation:
        return validate(answers.frame(rows), summed, vocabulary)

    def representatives(*by: str) -> Positions:
        return np.union1d(representative_rows(answers.codes, by), answers.unclean)

    decide = representatives()
    validation = judge(decide)
    if not validation.counts_passed:
        by_answer = judge(representatives("asked_date", "asked_hall"))
        at_fault = [by_answer.fails_on(day, hall) for day, hall in answers.asked]
        # A fault that no single answer shows is looked for in all of them.
        decide = np.flatnonzero(np.array(at_fault)[answers.answer] if any(at_fault) else answers.answer >= 0)
        validation = judge(decide)
    if docs:
        write_docs(answers.frame(decide), summed, vocabulary, docs)
    return validation


def warm_up() -> None:
    """Loads Great Expectations ahead of time."""
    _suite_runner()


def _suite_runner() -> SuiteRunner:
    """The process's runner of the suites; the first call takes the seconds that Great Expectations needs to load."""
    with _LOADING:
        return _load()


@cache
def _load() -> SuiteRunner:
    # Asked for no telemetry in its own way, whatever release is installed; 1.24 has no code for any.
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    logging.getLogger("great_expectations").setLevel(logging.ERROR)
    # The import makes hundred thousands of objects that all stay; keeping the collector off takes a fifth off it.
    was_on = gc.isenabled()
    gc.disable()
    try:
        # What its rules on distributions need, of which we have none, is half of all that it imports.
        # Where Spark is installed, Great Expectations would load it: our suites run on frames.
        with deferred("altair", "scipy.stats"), absent("pyspark"):
            from expectations.gx import SuiteRunner
    finally:
        if was_on:
            gc.enable()
    return SuiteRunner()
