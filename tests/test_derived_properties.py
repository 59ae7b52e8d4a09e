"""However sites, departments and months are split, derived values are the same fractions, rounded once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from reports.figures.derived import Derived, MonthValues, RankedCounts, Scope, derive, ranked
from reports.figures.months import months_before
from reports.figures.numbers import MonthlyNumber
from reports.figures.rounding import printed
from tests.derived_halls import definition

MONTH = "2025-03"
MEASURES = ("content", "asked")
COUNT = st.integers(0, 10**9)
# By site and department: those who were content, and all who were asked.
CELLS = st.dictionaries(
    st.tuples(st.sampled_from(["s1", "s2", "s3"]), st.sampled_from(["D1", "D2", "D3", "D4"])),
    st.tuples(COUNT, COUNT).map(lambda pair: (min(pair), max(pair))),
    max_size=12,
)


def number(name: str, exact: int) -> MonthlyNumber:
    return MonthlyNumber(
        *(name, name, "1", name, name, name, exact, str(exact), "次", "次", 1, 0, "half_up", (name,), ())
    )


def values(content: int, asked: int, month: str = MONTH, revision: int = 0) -> MonthValues:
    numbers = {name: number(name, exact) for name, exact in (("content", content), ("asked", asked))}
    return MonthValues(month, revision, numbers, {})


RATE = definition("rate", "ratio", "content", "asked")
TO_DATE = definition("to_date", "to_date", "rate")
SHARES = [definition("yes", "share_of", "content", "asked"), definition("no", "share_of", "less", "asked")]
LESS = definition("less", "difference", "asked", "content", contained="no", unit="次", display_unit="次")


def exact_of(found: Mapping[str, MonthlyNumber], name: str) -> Fraction | None:
    return Fraction(found[name].exact) if name in found else None


@given(CELLS, st.permutations(["s1", "s2", "s3"]), st.integers(0, 3))
def test_any_split_of_sites_and_departments_has_the_same_sums(
    cells: Mapping[tuple[str, str], tuple[int, int]], sites: Sequence[str], cut: int
) -> None:
    rows = [
        (site, department, measure, count)
        for (site, department), pair in cells.items()
        for measure, count in zip(MEASURES, pair, strict=True)
    ]
    content, asked = (sum(pair[place] for pair in cells.values()) for place in (0, 1))
    current = values(content, asked)
    every = derive([RATE], current, lambda *_: None, {})[0]
    ranking, counts = definition("by", "rank", "rate", ranked_by="department"), RankedCounts.of(rows, {}, {})
    scopes = [Scope(its) for its in (sites, sites[:cut], sites[cut:])]
    sums = [
        {name: sum(own.get(name, 0) for own in counts.sums_in(scope, "department").values()) for name in MEASURES}
        for scope in scopes
    ]
    assert {name: sums[1][name] + sums[2][name] for name in sums[0]} == sums[0]
    expected = Fraction(100 * sums[0]["content"], sums[0]["asked"]) if sums[0]["asked"] else None
    assert exact_of(every, "rate") == expected
    for row in ranked(ranking, [RATE, ranking], current, scopes[0], counts):
        own = [pair for (_, department), pair in cells.items() if department == row.code]
        assert Fraction(row.exact) == Fraction(100 * sum(one for one, _ in own), sum(two for _, two in own))


@given(st.lists(st.tuples(COUNT, COUNT).map(lambda pair: (min(pair), max(pair))), min_size=3, max_size=3))
def test_a_ratio_to_date_is_the_ratio_of_the_sums(months: Sequence[tuple[int, int]]) -> None:
    past = {months_before(MONTH, back): values(*months[2 - back], months_before(MONTH, back), 1) for back in (1, 2)}
    found, outcomes = derive([RATE, TO_DATE], values(*months[2]), lambda month, _: past.get(month), {})
    content, asked = (sum(pair[place] for pair in months) for place in (0, 1))
    assert exact_of(found, "to_date") == (Fraction(100 * content, asked) if asked else None)
    assert (outcomes["to_date"].reason == "zero_base") == (asked == 0)
    if asked:
        whole = Fraction(100 * content, asked)
        assert found["to_date"].printed == printed(whole, divisor=1, decimals=2, rule="half_up")


@given(COUNT, COUNT)
def test_shares_of_all_of_a_whole_add_up_exactly_and_nobody_bends_what_is_printed(one: int, two: int) -> None:
    content, asked = min(one, two), max(one, two)
    found, outcomes = derive([*SHARES, LESS], values(content, asked), lambda *_: None, {})
    assert Derived((*SHARES, LESS), outcomes).absent.keys() == (set() if asked else {"yes", "no"})
    if asked:
        shares = [found["yes"], found["no"]]
        assert sum(Fraction(share.exact) for share in shares) == 100
        assert [share.printed for share in shares] == [
            printed(Fraction(100 * part, asked), divisor=1, decimals=2, rule="half_up")
            for part in (content, asked - content)
        ]
