"""The decimal routine against known halves, refusals, and an oracle of integers only."""

import re
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.figures.rounding import RoundingRule, exact_text, is_divisor, printed, rounded, whole_if_it_is

EXACT = st.integers(0, 10**18) | st.integers(0, 99_999)
DIVISORS = st.integers(0, 12).map(lambda power: 10**power)
DECIMALS = st.integers(0, 8)


def oracle(exact: int, divisor: int, decimals: int, rule: str) -> str:
    """Round with quotient and remainder alone."""
    quotient, remainder = divmod(exact * 10**decimals, divisor)
    up = 2 * remainder > divisor or (2 * remainder == divisor and (rule == "half_up" or quotient % 2 == 1))
    whole, fraction = divmod(quotient + up, 10**decimals)
    digits = ""
    for place in range(decimals):
        digits += str(fraction // 10 ** (decimals - 1 - place) % 10)
    while digits.endswith("0"):
        digits = digits[:-1]
    return f"{whole}.{digits}" if digits else f"{whole}"


@given(exact=EXACT, divisor=DIVISORS, decimals=DECIMALS, rule=st.sampled_from(["half_up", "half_even"]))
def test_agrees_with_integer_arithmetic(exact: int, divisor: int, decimals: int, rule: RoundingRule) -> None:
    assert printed(exact, divisor=divisor, decimals=decimals, rule=rule) == oracle(exact, divisor, decimals, rule)


@given(half=st.integers(0, 10**14), rule=st.sampled_from(["half_up", "half_even"]))
def test_every_half_agrees(half: int, rule: RoundingRule) -> None:
    exact = half * 100 + 50
    assert printed(exact, divisor=10_000, decimals=2, rule=rule) == oracle(exact, 10_000, 2, rule)


@given(exact=EXACT, divisor=DIVISORS, decimals=DECIMALS, rule=st.sampled_from(["half_up", "half_even"]))
def test_is_plain_digits(exact: int, divisor: int, decimals: int, rule: RoundingRule) -> None:
    text = printed(exact, divisor=divisor, decimals=decimals, rule=rule)
    assert re.fullmatch(r"(0|[1-9][0-9]*)(\.[0-9]*[1-9])?", text)


@given(exact=st.integers(0, 10**30))
def test_whole_numbers_are_themselves(exact: int) -> None:
    assert printed(exact, divisor=1, decimals=0, rule="half_up") == str(exact)


@pytest.mark.parametrize(
    ("exact", "half_up", "half_even"),
    [
        (10_050, "1.01", "1"),
        (10_150, "1.02", "1.02"),
        (10_049, "1", "1"),
        (10_051, "1.01", "1.01"),
        (26_750, "2.68", "2.68"),
        (26_850, "2.69", "2.68"),
        (99_950, "10", "10"),
        (50, "0.01", "0"),
        (49, "0", "0"),
        (0, "0", "0"),
        (56_000, "5.6", "5.6"),
        (10_000, "1", "1"),
        (1_000_000, "100", "100"),
        (123_456_789_012, "12345678.9", "12345678.9"),
    ],
)
def test_known_values_in_ten_thousands(exact: int, half_up: str, half_even: str) -> None:
    assert printed(exact, divisor=10_000, decimals=2, rule="half_up") == half_up
    assert printed(exact, divisor=10_000, decimals=2, rule="half_even") == half_even


def test_a_caller_s_decimal_context_changes_nothing() -> None:
    import decimal

    with decimal.localcontext(prec=1, rounding=decimal.ROUND_DOWN):
        assert printed(123_456, divisor=10_000, decimals=2, rule="half_up") == "12.35"


@given(numerator=st.integers(-(10**20), 10**20), denominator=st.integers(1, 10**12), decimals=DECIMALS)
def test_any_ratio_is_rounded_once_by_its_size(numerator: int, denominator: int, decimals: int) -> None:
    value = rounded(Fraction(numerator, denominator), decimals)
    assert value.as_tuple().exponent == -decimals
    assert abs(Fraction(value) - Fraction(numerator, denominator)) <= Fraction(1, 2 * 10**decimals)
    assert rounded(Fraction(-numerator, denominator), decimals) == -value


@pytest.mark.parametrize(
    ("value", "half_up", "half_even"),
    [("5/2", "3", "2"), ("-5/2", "-3", "-2"), ("7/2", "4", "4"), ("2/3", "1", "1"), ("-1/3", "0", "0")],
)
def test_halves_and_thirds_of_either_sign(value: str, half_up: str, half_even: str) -> None:
    assert str(rounded(Fraction(value), 0, "half_up")) == half_up
    assert str(rounded(Fraction(value), 0, "half_even")) == half_even


@pytest.mark.parametrize(
    ("exact", "divisor", "text"),
    [
        (Fraction(-1, 2), 1, "-0.5"),
        (-26_750, 10_000, "-2.68"),
        (Fraction(496, 5), 1, "99.2"),
        (Fraction(-1, 1000), 1, "0"),
        (5421, 60, "90.35"),
        (Fraction(12_345, 100), 10_000, "0.01"),
    ],
)
def test_fractions_negative_values_and_durations(exact: int | Fraction, divisor: int, text: str) -> None:
    assert printed(exact, divisor=divisor, decimals=2, rule="half_up") == text


@pytest.mark.parametrize("exact", [True, 1.0, "1", None])
def test_refuses_what_is_no_integer(exact: object) -> None:
    with pytest.raises(TypeError, match=f"exact must be an int, got {type(exact).__name__} {exact!r}"):
        printed(exact, divisor=1, decimals=0, rule="half_up")  # type: ignore[arg-type]  # refused at run time


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"decimals": -2}, "decimals must not be negative, got -2"),
        ({"divisor": 0}, "divisor must be a power of ten, .*, got 0"),
        ({"divisor": -10}, "divisor must not be negative, got -10"),
        ({"divisor": 12}, "divisor must be a power of ten, or of a duration 60, 3600, .*, got 12"),
        ({"rule": "down"}, "one of half_up, half_even, got 'down'"),
    ],
)
def test_refuses_values_that_make_no_sense(arguments: dict[str, object], message: str) -> None:
    sound: dict[str, object] = {"exact": 1, "divisor": 1, "decimals": 0, "rule": "half_up"}
    with pytest.raises(ValueError, match=message):
        printed(**(sound | arguments))  # type: ignore[arg-type]  # refused at run time


@pytest.mark.parametrize(
    ("exact", "text"),
    [
        (5421, "5421"),
        (0, "0"),
        (-3, "-3"),
        (Fraction(496, 5), "99.2"),
        (Fraction(-5, 4), "-1.25"),
        (Fraction(1, 8), "0.125"),
        (Fraction(1, 25), "0.04"),
        (Fraction(3, 40), "0.075"),
        (Fraction(1, 3), "1/3"),
        (Fraction(-7, 6), "-7/6"),
        (Fraction(1, 35), "1/35"),
        (10_000, "10000"),
    ],
)
def test_exact_values_have_all_their_digits_or_are_fractions(exact: int | Fraction, text: str) -> None:
    assert exact_text(exact) == text


@given(numerator=st.integers(-(10**40), 10**40), twos=st.integers(0, 12), fives=st.integers(0, 12))
def test_digits_that_end_are_the_value_and_no_more(numerator: int, twos: int, fives: int) -> None:
    value = Fraction(numerator, 2**twos * 5**fives)
    text = exact_text(whole_if_it_is(value))
    assert Fraction(text) == value
    assert "/" not in text
    assert "." not in text or not text.endswith("0")


def test_a_whole_number_is_an_int_and_any_other_a_fraction() -> None:
    assert isinstance(whole_if_it_is(Fraction(6, 3)), int)
    assert whole_if_it_is(Fraction(6, 3)) == 2
    assert whole_if_it_is(Fraction(1, 2)) == Fraction(1, 2)
    assert whole_if_it_is(7) == 7


@pytest.mark.parametrize("number", [1, 10, 10_000, 60, 3600, 86_400, 1440, 24])
def test_units_are_powers_of_ten_or_of_a_duration(number: int) -> None:
    assert is_divisor(number) is True


@pytest.mark.parametrize("number", [0, -1, 2, 9, 11, 25, 61, 100_001, 7200])
def test_nothing_else_makes_a_unit(number: int) -> None:
    assert is_divisor(number) is False


@pytest.mark.parametrize("name", ["divisor", "decimals"])
def test_how_it_is_printed_is_said_in_whole_numbers(name: str) -> None:
    sound: dict[str, object] = {"exact": 1, "divisor": 1, "decimals": 0, "rule": "half_up"}
    with pytest.raises(TypeError, match=f"{name} must be an int, got float 1.0"):
        printed(**(sound | {name: 1.0}))  # type: ignore[arg-type]  # refused at run time
