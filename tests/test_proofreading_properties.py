"""What holds for every text: a changed digit is found, and nothing crashes the proofreader."""

from __future__ import annotations

import re

from hypothesis import example, given, settings
from hypothesis import strategies as st

from reports.proofreading import Passage, TextPlace, passages_of, proofread
from reports.proofreading.numerals import chinese_value
from tests.proofreading_known import REFERENCE, known

KNOWN = known()
PRINTED_DIGITS = [
    position
    for number in re.finditer(r"[\d.]+(?= 万件| 人（次）)", REFERENCE)
    for position in range(*number.span())
    if REFERENCE[position].isdigit()
]
# What authors' texts are made of, so that chance meets the proofreader's own patterns.
PIECES = st.sampled_from(
    [
        *(
            "全程网办",
            "受理",
            "办结",
            "综合窗口",
            "窗口出件量",
            "电话咨询",
            "办理政务服务事项",
            "其中",
            "合计",
            "共",
            "分别",
            "占比",
        ),
        *(
            "同比",
            "环比",
            "较上月",
            "由 2 月的",
            "增至",
            "增长",
            "下降",
            "持平",
            "3 月",
            "2024 年",
            "一季度",
            "1—3 月",
            "今年以来",
        ),
        *(
            "5.42",
            "１１８７",
            "1,187",
            "54213",
            "0",
            "-3.2",
            "五点四二",
            "万",
            "亿",
            " 万件",
            "件",
            " 人（次）",
            "%",
            " 个百分点",
        ),
        *(
            "（",
            "）",
            "，",
            "。",
            "；",
            "、",
            "：",
            "\n",
            "\n\n",
            "|",
            "| ",
            " ",
            "**",
            "〔2025〕3 号",
            "余",
            "近",
            "超",
        ),
    ]
)


def test_the_reference_has_every_printed_digit() -> None:
    assert len(PRINTED_DIGITS) == 25


@given(position=st.sampled_from(PRINTED_DIGITS), digit=st.sampled_from("0123456789"))
def test_a_changed_digit_is_found_where_it_stands(position: int, digit: str) -> None:
    mutated = REFERENCE[:position] + digit + REFERENCE[position + 1 :]

    spots = [(finding.spot.start, finding.spot.end) for finding in proofread(mutated, KNOWN).findings]

    if digit == REFERENCE[position]:
        assert not spots
    else:
        assert len(spots) == 1
        assert spots[0][0] <= position < spots[0][1]


@given(
    position=st.sampled_from(PRINTED_DIGITS),
    blanks=st.lists(st.integers(0, len(REFERENCE)), max_size=20),
    blank=st.sampled_from([" ", "\n", "\u3000", "\u200b"]),
)
def test_blanks_and_line_breaks_outside_numbers_change_nothing(position: int, blanks: list[int], blank: str) -> None:
    text = REFERENCE[:position] + str((int(REFERENCE[position]) + 1) % 10) + REFERENCE[position + 1 :]
    for place in sorted(set(blanks), reverse=True):
        if not re.match(r"[\d.]", text[place : place + 1]) and not re.match(r"[\d.]", text[place - 1 : place] or "1"):
            text = text[:place] + blank + text[place:]

    assert len(proofread(text, KNOWN).findings) == 1


@settings(deadline=None)
@given(st.one_of(st.text(), st.lists(PIECES, max_size=40).map("".join)))
@example("9" * 5000 + "万")
@example("1," * 500)
@example("1,234," * 100)
@example("２٣²①½")
def test_any_text_is_read_to_its_end(text: str) -> None:
    proof, passages, lines = proofread(text, KNOWN), passages_of(text), text.split("\n")

    for spot in [
        *(finding.spot for finding in proof.findings),
        *(match.spot for match in proof.matched),
        *(unchecked.spot for unchecked in proof.not_checked),
    ]:
        assert spot.found
        assert str(spot.place)
        passage = passages[spot.passage]
        assert passage.text[spot.start : spot.end] == spot.found
        assert lines[spot.place.line - 1][spot.place.column - 1 :].startswith(spot.found.split("\n")[0])
    assert str(proof)


@given(st.lists(PIECES, max_size=12).map("".join), st.lists(PIECES, max_size=12).map("".join))
def test_the_lead_of_a_cell_is_never_reported(text: str, lead: str) -> None:
    passage = Passage(text, TextPlace(table=1, row=2, cell=2, column=1), lead=lead)

    proof = proofread([passage], KNOWN)

    assert all(text[spot.start : spot.end] == spot.found for spot in [kept.spot for kept in proof.matched])


@given(st.integers(1, 99_999_999))
def test_chinese_numerals_are_read_as_they_are_written(value: int) -> None:
    assert chinese_value(in_chinese(value)) == value


def in_chinese(value: int) -> str:
    high, low = divmod(value, 10_000)
    if not high:
        return _below_ten_thousand(low)
    between = "零" if 0 < low < 1000 else ""
    return f"{_below_ten_thousand(high)}万{between}{_below_ten_thousand(low) if low else ''}"


def _below_ten_thousand(value: int) -> str:
    digits = f"{value:04d}"
    written = "".join(
        "零" if digit == "0" else "零一二三四五六七八九"[int(digit)] + scale
        for digit, scale in zip(digits, ("千", "百", "十", ""), strict=True)
    )
    return re.sub("零+", "零", written).strip("零")
