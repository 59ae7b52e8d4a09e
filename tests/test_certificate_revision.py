"""Revisions in words, flags, and rates against the number as printed or as revised."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.certificates.certificate import Certificate, Reason
from reports.certificates.ledger import Archive
from reports.certificates.rates import RateError, base_month, rate
from reports.certificates.revision import AffectedSentence, affected_sentences, compare
from reports.figures.flags import flagged
from reports.figures.numbers import CANDIDATE
from tests.certificates import MARCH, Month, archive_in, land, number, numbers


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return archive_in(tmp_path)


def history(archive: Archive, *vintages: tuple[Reason | str, list[Any]], month: str = "2025-03") -> list[Certificate]:
    start = datetime(int(month[:4]) + 1, 1, 1, tzinfo=UTC)
    return [
        Month(archive, month, start + timedelta(days=day), reason, reason and "说明").certified(values).certificate
        for day, (reason, values) in enumerate(vintages)
    ]


def flags(certificate: Certificate) -> dict[str, tuple[str, ...]]:
    return {each.metric: each.flags for each in certificate.numbers}


def test_the_note_of_the_next_edition(archive: Archive) -> None:
    compared = compare(history(archive, ("", numbers()), ("source_correction", numbers(2_417))))
    assert compared.note == "2025 年 3 月窗口出件量由 0.23 万件修订为 0.24 万件（源头更正）。"
    assert (compared.month, compared.old, compared.new) == ("2025-03", 1, 2)
    (change,) = compared.changes
    assert (change.metric, change.old.exact, change.new.exact, change.printed) == ("documents_issued", 2317, 2417, True)


def test_each_number_is_noted_with_its_own_reasons(archive: Archive) -> None:
    vintages = history(
        archive,
        ("", numbers()),
        ("source_correction", numbers(2_417)),
        ("late_data", numbers(2_517, 1_200)),
    )
    assert compare(vintages).note == (
        "2025 年 3 月窗口出件量由 0.23 万件修订为 0.25 万件（源头更正、迟报补报）。"
        "2025 年 3 月电话咨询由 1187 人（次）修订为 1200 人（次）（迟报补报）。"
    )


def test_numbers_revised_for_the_same_reason_share_a_sentence(archive: Archive) -> None:
    vintages = history(archive, ("", numbers()), ("our_error", numbers(2_417, 1_200)))
    assert compare(vintages).note == (
        "2025 年 3 月窗口出件量由 0.23 万件修订为 0.24 万件，电话咨询由 1187 人（次）修订为 1200 人（次）（本方差错）。"
    )


def test_a_change_that_is_not_printed_is_not_noted(archive: Archive) -> None:
    compared = compare(history(archive, ("", numbers()), ("late_data", numbers(2_318))))
    assert [change.printed for change in compared.changes] == [False]
    assert compared.note == ""


def test_no_change_at_all(archive: Archive) -> None:
    compared = compare(history(archive, ("", numbers()), ("our_error", numbers())))
    assert (compared.changes, compared.note) == ((), "")


def test_another_definition_breaks_the_series(archive: Archive) -> None:
    vintages = history(archive, ("", numbers()), ("definition_change", numbers(2_417, version="2")))
    assert compare(vintages).note == (
        "2025 年 3 月窗口出件量由 0.23 万件修订为 0.24 万件（口径调整）。"
        "2025 年 3 月窗口出件量口径有调整，与此前数据不可直接比较。"
    )
    assert flags(vintages[1]) == {"documents_issued": ("r", "b"), "phone_consultations": ()}


def test_metrics_that_come_and_go(archive: Archive) -> None:
    before = [number("documents_issued", 2_317), number("calls", 7), number("kept", 1)]
    after = [number("visits", 5), number("parcels_mailed", 893), number("kept", 1)]
    compared = compare(history(archive, ("", before), ("definition_change", after)))
    assert compared.added == ("parcels_mailed", "visits")
    assert compared.removed == ("calls", "documents_issued")
    assert compared.changes == ()


def test_a_metric_that_came_back_keeps_its_reasons(archive: Archive) -> None:
    issued, mailed = number("documents_issued", 2_317), number("parcels_mailed", 893)
    vintages = history(
        archive,
        ("", [issued, mailed]),
        ("our_error", [mailed]),
        ("late_data", [number("documents_issued", 9_999), mailed]),
    )
    assert compare(vintages).changes[0].reasons == ("our_error", "late_data")


def test_what_is_compared_is_one_month_without_gaps(archive: Archive) -> None:
    first, second, third = history(archive, ("", numbers()), ("our_error", numbers(1)), ("our_error", numbers(2)))
    for wrong in ([first, third], [second, first]):
        with pytest.raises(ValueError, match="consecutive revisions"):
            compare(wrong)


def test_sentences_that_were_printed_before(archive: Archive) -> None:
    compared = compare(history(archive, ("", numbers()), ("source_correction", numbers(2_417))))
    texts = {
        "2025-03/r1": "一、2025 年 3 月\n\n综合窗口 0.02 万件，窗口出件量 0.23 万件；电话咨询 1187 人（次）。",
        "第 3 期": "窗口出件量环比增长 3.1%。出件 10.23 万件。窗口出件量较多。窗口受理0.23万件！",
    }
    assert affected_sentences(compared, texts) == [
        AffectedSentence("2025-03/r1", "综合窗口 0.02 万件，窗口出件量 0.23 万件；", ("documents_issued",)),
        AffectedSentence("第 3 期", "窗口出件量环比增长 3.1%。", ("documents_issued",)),
        AffectedSentence("第 3 期", "窗口受理0.23万件！", ("documents_issued",)),
    ]


def test_a_change_that_is_not_printed_touches_rates_only(archive: Archive) -> None:
    compared = compare(history(archive, ("", numbers()), ("late_data", numbers(2_318))))
    texts = {"r1": "窗口出件量 0.23 万件。窗口出件量同比下降 1.2%。"}
    assert [each.sentence for each in affected_sentences(compared, texts)] == ["窗口出件量同比下降 1.2%。"]


def test_flags_of_first_values_and_revised_ones(archive: Archive) -> None:
    vintages = history(archive, ("", numbers()), ("late_data", numbers(2_318)), ("our_error", numbers(2_318, 1_200)))
    assert CANDIDATE == ("p",)
    assert [flags(each) for each in vintages] == [
        {"documents_issued": (), "phone_consultations": ()},
        {"documents_issued": ("r",), "phone_consultations": ()},
        {"documents_issued": ("r",), "phone_consultations": ("r",)},
    ]


def test_a_revised_month_keeps_its_flags(archive: Archive) -> None:
    *_, newest = history(
        archive,
        ("", numbers()),
        ("definition_change", numbers(2_417, version="2")),
        ("late_data", numbers(2_417, 1_195, version="2")),
    )
    assert flags(newest) == {"documents_issued": ("r", "b"), "phone_consultations": ("r",)}


def test_a_break_against_the_month_before(archive: Archive) -> None:
    Month(archive, "2025-02", MARCH - timedelta(days=20)).certified()
    march = Month(archive).certified(numbers(version="2")).certificate
    april = Month(archive, "2025-04", MARCH + timedelta(days=30)).certified(numbers(version="2")).certificate
    assert flags(march) == {"documents_issued": ("b",), "phone_consultations": ()}
    assert flags(april) == {"documents_issued": (), "phone_consultations": ()}


def test_a_candidate_rests_on_the_newest_of_its_month_and_of_the_month_before_in_order(archive: Archive) -> None:
    for reason in ("", "our_error"):
        for month in ("2025-02", "2025-03"):
            Month(archive, month, reason=reason, note=reason).certified()
    bases = Month(archive, reason="our_error", note="更正").drawn().certificate.foundation.bases
    assert [(base.month, base.revision) for base in bases] == [("2025-02", 2), ("2025-03", 2)]


def test_flagged_numbers_keep_what_they_say() -> None:
    (certified,) = flagged([number("parcels_mailed", 893)], {}, {})
    assert (certified.exact, certified.printed, certified.flags) == (893, "0.09", ())


def two_months(archive: Archive, base: int, exact: int, month: str = "2025-02", **changes: Any) -> Any:
    before = history(archive, ("", numbers(base)), month=month)
    later = Month(archive).drawn(numbers(exact, **changes)).certificate
    return later, before


@pytest.mark.parametrize(
    ("base", "exact", "text"),
    [
        (2_000, 2_062, "环比增长 3.1%"),
        (2_000, 1_938, "环比下降 3.1%"),
        (2_000, 2_000, "环比持平"),
        (20_000, 20_009, "环比持平"),
        (20_000, 20_010, "环比增长 0.1%"),
        (20_000, 19_990, "环比下降 0.1%"),
        (2_000, 2_600, "环比增长 30.0%"),
        (1, 300, "环比增长 29900.0%"),
        (2_000, 0, "环比下降 100.0%"),
        (3, 4, "环比增长 33.3%"),
    ],
)
def test_rates_in_words(archive: Archive, base: int, exact: int, text: str) -> None:
    later, before = two_months(archive, base, exact)
    assert rate("documents_issued", later, before, "as_printed").text == text


def test_a_rate_says_what_it_is_against(archive: Archive) -> None:
    before = history(archive, ("", numbers(2_000)), ("late_data", numbers(2_100)), month="2025-02")
    march = Month(archive).drawn(numbers(2_310)).certificate
    printed = rate("documents_issued", march, before, "as_printed")
    revised = rate("documents_issued", march, before, "as_revised")
    assert (printed.text, printed.base_revision) == ("环比增长 15.5%", 1)
    assert (revised.text, revised.base_revision) == ("环比增长 10.0%", 2)
    assert printed.basis_text == "与 2025 年 2 月首次刊印数（0.2 万件）相比"
    assert revised.basis_text == "与 2025 年 2 月修订后数（0.21 万件）相比"


def test_year_on_year(archive: Archive) -> None:
    later, before = two_months(archive, 2_000, 3_000, month="2024-03")
    found = rate("documents_issued", later, before, "as_revised", decimals=2)
    assert (found.text, found.percent, found.against) == ("同比增长 50.00%", Decimal("50.00"), "year_before")
    assert [base_month("2025-01", "month_before"), base_month("2025-01", "year_before")] == ["2024-12", "2024-01"]


def test_rates_that_must_not_be_printed(archive: Archive) -> None:
    later, before = two_months(archive, 0, 2_000)
    with pytest.raises(RateError, match="no rate is printed against a base of zero"):
        rate("documents_issued", later, before, "as_printed")
    with pytest.raises(RateError, match="isn't certified in both months"):
        rate("parcels_mailed", later, before, "as_printed")
    with pytest.raises(RateError) as refused:
        rate("documents_issued", later, [], "as_printed")
    assert str(refused.value) == "2025-03: documents_issued has no certified number to be compared with"
    assert refused.value.for_authors == "没有可比的核定数"
    with pytest.raises(RateError, match="not with 2025-03"):
        rate("documents_issued", later, [later], "as_printed")


def test_no_rate_across_a_break_in_the_series(archive: Archive) -> None:
    later, before = two_months(archive, 2_000, 2_000, version="2")
    with pytest.raises(RateError, match="a break in the series"):
        rate("documents_issued", later, before, "as_printed")


@pytest.mark.parametrize("absent", ["now", "then"])
def test_no_rate_of_a_metric_that_only_one_of_two_months_has(archive: Archive, absent: str) -> None:
    alone = [number("phone_consultations", 1_187)]
    before = history(archive, ("", alone if absent == "then" else numbers()), month="2025-02")
    later = Month(archive).drawn(alone if absent == "now" else numbers()).certificate
    with pytest.raises(
        RateError, match="documents_issued of 2025-03 against 2025-02: it isn't certified in both months"
    ):
        rate("documents_issued", later, before, "as_printed")


@pytest.fixture(scope="module")
def uncertified(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, int], Certificate]:
    """Candidates over extracts that were landed once; drawing up reads none."""
    archive = archive_in(tmp_path_factory.mktemp("uncertified"))
    extracts = {month: land(archive, month) for month in ("2025-02", "2025-03")}

    def draw(month: str, issued: int) -> Certificate:
        return Month(archive, month).drawn(numbers(issued), extracts=extracts[month]).certificate

    return draw


@settings(max_examples=50, deadline=None)
@given(base=st.integers(1, 10**7), exact=st.integers(0, 10**7), decimals=st.integers(0, 4))
def test_a_rate_is_the_nearest_with_its_sign(
    uncertified: Callable[[str, int], Certificate], base: int, exact: int, decimals: int
) -> None:
    february, march = uncertified("2025-02", base), uncertified("2025-03", exact)
    found = rate("documents_issued", march, [february], "as_printed", decimals=decimals).percent
    true = Fraction(exact - base, base) * 100
    assert abs(Fraction(found) - true) <= Fraction(1, 2 * 10**decimals)
    assert found == 0 or (found > 0) == (true > 0)
