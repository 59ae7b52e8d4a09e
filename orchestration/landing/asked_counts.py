"""The counts of many answers as one table, numbered for validation and summed by day, site and measure.

It brings PyArrow along, and pandas where rows are framed to be judged.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from expectations.rules import COUNTS_COLUMNS
from orchestration.sources.contract import Answer
from orchestration.sources.daily_counts import TEXTS, Codes, DailyCounts, concatenated, summed

if TYPE_CHECKING:
    import pandas as pd

AnswerKey = tuple[dt.date, str]


@dataclass(frozen=True)
class AskedCounts:
    """The rows of answers; see `expectations.validation.Answers`."""

    asked: Sequence[AnswerKey]
    answer: Codes
    counts: DailyCounts

    @cached_property
    def codes(self) -> pd.DataFrame:
        """A number for each value, by the columns that the suite judges."""
        import pandas as pd

        days, sites = ([key[part] for key in self.asked] for part in (0, 1))
        columns: dict[str, Codes] = {
            "asked_date": pd.factorize(np.array(days, dtype=object))[0][self.answer],
            "asked_hall": pd.factorize(np.array(sites, dtype=object))[0][self.answer],
            **{name: self.counts.coded(name).codes for name in TEXTS},
            "count": self.counts.counts,
            "origin": self.counts.coded("place").codes,
        }
        return pd.DataFrame(columns)

    @cached_property
    def unclean(self) -> Codes:
        """The positions of rows that hold anything but text, nothing, and whole counts."""
        return np.union1d(self.counts.unclean_rows, np.flatnonzero(~self.counts.whole))

    def frame(self, rows: Codes) -> pd.DataFrame:
        """The rows at these positions, as the suite judges them."""
        import pandas as pd

        asked = [self.asked[answer] for answer in self.answer[rows]]
        told = [
            {"asked_date": day, "asked_hall": site, **row}
            for (day, site), row in zip(asked, self.counts.take(rows).rows(), strict=True)
        ]
        return pd.DataFrame(told, columns=list(COUNTS_COLUMNS), dtype=object)

    def frame_of(self, key: AnswerKey) -> pd.DataFrame:
        """The rows of one answer."""
        return self.frame(np.flatnonzero(self.answer == self.asked.index(key)))

    def sums(self) -> dict[AnswerKey, dict[str, int | None]]:
        """Totals by measure; None where a count is no whole number, so that nothing is compared with half a sum."""
        measures, codes = self.counts.coded("measure")
        named = codes >= 0
        groups = (self.answer * len(measures) + codes)[named]
        size = len(self.asked) * len(measures)
        totals = summed(groups, self.counts.counts[named], size)
        broken = set(groups[~self.counts.whole[named]].tolist())
        sums: dict[AnswerKey, dict[str, int | None]] = {key: {} for key in self.asked}
        for group in np.unique(groups).tolist():
            answer, measure = divmod(group, len(measures))
            sums[self.asked[answer]][measures[measure]] = None if group in broken else totals[group]
        return sums


def asked_counts(answers: Mapping[AnswerKey, Answer]) -> AskedCounts:
    """The counts of answers by the day and site that each was asked for."""
    lengths = [len(answer.counts) for answer in answers.values()]
    counts = concatenated([answer.counts for answer in answers.values()])
    return AskedCounts(list(answers), np.repeat(np.arange(len(lengths)), lengths), counts)
