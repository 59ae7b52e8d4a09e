"""The paragraph to the character, and the rules that bind every wording."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.figures.numbers import MonthlyNumber
from reports.figures.rounding import RoundingRule, printed
from reports.figures.section_text import SectionTable
from reports.figures.wording import (
    WordingTemplate,
    needs_rounding_note,
    require_one_unit_style,
    word_section,
)
from reports.figures.words import DEFAULT, WordingError

DEMO_WORDING = WordingTemplate.read(Path(__file__).parents[1] / "orchestration" / "demo" / "hall" / "wording.txt.j2")
CONSULTATIONS = {"phone_consultations": 1_187, "onsite_consultations": 5_515}
MARCH = {
    "online_accepted": 54_213,
    "online_completed": 51_187,
    "comprehensive_window_accepted": 206,
    "department_window_accepted": 1_594,
    "documents_issued": 2_317,
    "parcels_mailed": 893,
    **CONSULTATIONS,
}
PARTS = ("online_accepted", "department_window_accepted", "comprehensive_window_accepted")
ALL_PARTS = (
    "合计\n\n共 {{ n.items_handled }}，其中网办 {{ n.online_accepted }}、部门窗口 {{ n.department_window_accepted }}、"
    "综合窗口 {{ n.comprehensive_window_accepted }}。\n"
)


def number(
    metric: str,
    exact: int,
    *,
    unit: str = "件",
    display_unit: str = "万件",
    divisor: int = 10_000,
    decimals: int = 2,
    rounding: RoundingRule = "half_up",
    parts: tuple[str, ...] = (),
) -> MonthlyNumber:
    return MonthlyNumber(
        metric=metric,
        metric_name=metric,
        version="1",
        definition="",
        event_counted="",
        deduplication_key="",
        exact=exact,
        printed=printed(exact, divisor=divisor, decimals=decimals, rule=rounding),
        unit=unit,
        display_unit=display_unit,
        display_divisor=divisor,
        display_decimals=decimals,
        rounding=rounding,
        measures=(metric,),
        parts=parts,
    )


def month_of(exact: dict[str, int]) -> dict[str, MonthlyNumber]:
    numbers = {
        metric: number(metric, value, unit="人（次）", display_unit="人（次）", divisor=1, decimals=0)
        if metric in CONSULTATIONS
        else number(metric, value)
        for metric, value in exact.items()
    }
    total = sum(exact[part] for part in PARTS)
    return {**numbers, "items_handled": number("items_handled", total, parts=PARTS)}


@pytest.fixture
def template(tmp_path: Path) -> Callable[..., WordingTemplate]:
    def write(text: str, *constants: str) -> WordingTemplate:
        path = tmp_path / "wording.txt.j2"
        path.write_text(text, encoding="utf-8")
        return WordingTemplate.read(path, constants)

    return write


def test_march_2025_to_the_character() -> None:
    section = word_section(month_of(MARCH), month="2025-03", template=DEMO_WORDING)
    assert section.heading == "一、2025 年 3 月总体运行情况"
    assert section.paragraph == (
        "3 月，省本级办理政务服务事项 5.6 万件。"
        "各进驻部门（单位）窗口共受理政务服务事项全程网办 5.42 万件，办结政务服务事项全程网办 5.12 万件；"
        "综合窗口受理政务服务事项 0.02 万件，窗口出件量 0.23 万件；"
        "政务大厅现场邮寄量 0.09 万件；"
        "为办事企业群众提供电话咨询 1187 人（次）、现场咨询服务 5515 人（次）。"
    )
    in_print = (
        "items_handled online_accepted online_completed comprehensive_window_accepted documents_issued parcels_mailed"
        " phone_consultations onsite_consultations"
    )
    assert section.metrics == tuple(in_print.split())
    assert section.ordered([*MARCH, "items_handled"]) == [*section.metrics, "department_window_accepted"]


@pytest.mark.parametrize(
    ("month", "heading", "opening"),
    [
        ("2024-02", "一、2024 年 2 月总体运行情况", "2 月，省本级"),
        ("2025-01", "一、2025 年 1 月总体运行情况", "1 月，省本级"),
        ("2024-12", "一、2024 年 12 月总体运行情况", "12 月，省本级"),
        ("2024-10", "一、2024 年 10 月总体运行情况", "10 月，省本级"),
    ],
)
def test_months_have_no_leading_zero(month: str, heading: str, opening: str) -> None:
    section = word_section(month_of(MARCH), month=month, template=DEMO_WORDING)
    assert section.heading == heading
    assert section.paragraph.startswith(opening)


def test_large_consultations_have_no_separator_and_round_values_no_zeros() -> None:
    section = word_section(
        month_of(MARCH | {"phone_consultations": 1_234_567, "parcels_mailed": 10_000}),
        month="2025-03",
        template=DEMO_WORDING,
    )
    assert "电话咨询 1234567 人（次）" in section.paragraph
    assert "邮寄量 1 万件；" in section.paragraph


def test_the_demo_halls_wording_never_takes_the_note() -> None:
    apart = month_of(MARCH | {"department_window_accepted": 1_549, "comprehensive_window_accepted": 149})
    assert needs_rounding_note(apart.values())
    assert DEFAULT.rounding_note not in word_section(apart, month="2025-03", template=DEMO_WORDING).paragraph


def test_the_note_is_the_last_sentence_where_printed_parts_differ(template: Callable[..., WordingTemplate]) -> None:
    exact = {"online_accepted": 10_050, "department_window_accepted": 50, "comprehensive_window_accepted": 0}
    section = word_section(month_of(MARCH | exact), month="2025-03", template=template(ALL_PARTS))
    assert section.paragraph == (
        "共 1.01 万件，其中网办 1.01 万件、部门窗口 0.01 万件、综合窗口 0 万件。"
        "部分数据因四舍五入，分项合计与总计略有差异，未作机械调整。"
    )


def test_no_note_where_printed_parts_add_up(template: Callable[..., WordingTemplate]) -> None:
    section = word_section(month_of(MARCH), month="2025-03", template=template(ALL_PARTS))
    assert section.paragraph == "共 5.6 万件，其中网办 5.42 万件、部门窗口 0.16 万件、综合窗口 0.02 万件。"


@given(st.tuples(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**6)))
def test_the_note_follows_the_printed_hundredths(exact: tuple[int, int, int]) -> None:
    hundredths = [(value + 50) // 100 for value in exact]
    differs = sum(hundredths) != (sum(exact) + 50) // 100
    numbers = month_of(MARCH | dict(zip(PARTS, exact, strict=True)))
    assert needs_rounding_note(numbers.values()) is differs
    for absent in (*PARTS, "items_handled"):
        assert not needs_rounding_note([one for one in numbers.values() if one.metric != absent])


def test_parts_are_compared_across_units() -> None:
    numbers = [
        number("total", 10_000, parts=("a", "b")),
        number("a", 4_000, display_unit="件", divisor=1, decimals=0),
        number("b", 6_000, display_unit="件", divisor=1, decimals=0),
    ]
    assert not needs_rounding_note(numbers)


def test_a_unit_is_plain_text_and_no_html(template: Callable[..., WordingTemplate]) -> None:
    numbers = {"parcels_mailed": number("parcels_mailed", 893, unit="<件>&袋", display_unit="<件>&袋", divisor=1)}
    path = template("邮寄\n\n邮寄 {{ n.parcels_mailed }}。\n")
    assert word_section(numbers, month="2025-03", template=path).paragraph == "邮寄 893 <件>&袋。"


def test_two_styles_of_one_unit_are_refused(template: Callable[..., WordingTemplate]) -> None:
    numbers = month_of(MARCH)
    numbers["parcels_mailed"] = number("parcels_mailed", 893, display_unit="件", divisor=1, decimals=0)
    with pytest.raises(WordingError, match=r"writes 件 in one style, .* 万件 \(.*件 \(parcels_mailed\)"):
        word_section(numbers, month="2025-03", template=DEMO_WORDING)
    only = template("邮寄\n\n邮寄量 {{ n.parcels_mailed }}。\n")
    assert word_section(numbers, month="2025-03", template=only).paragraph == "邮寄量 893 件。"


def test_different_units_are_no_mixture() -> None:
    require_one_unit_style(month_of(MARCH).values())


@pytest.mark.parametrize("metric", sorted({*MARCH, "items_handled"} - {"department_window_accepted"}))
def test_a_number_that_is_absent_is_named(metric: str) -> None:
    numbers = {name: one for name, one in month_of(MARCH).items() if name != metric}
    with pytest.raises(WordingError, match=f"prints {metric}, which this month's numbers don't hold"):
        word_section(numbers, month="2025-03", template=DEMO_WORDING)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("标题\n\n{{ hall }}。\n", "'hall' is undefined"),
        ("标题\n\n{{ n.parcels_mailed.printed }}。\n", "parcels_mailed has no form printed"),
        ("标题\n\n{{ n._used }}。\n", "_used"),
        ("标题\n\n{{ year 。\n", "wording"),
        ("标题\n一句话。\n", "gave 2 lines"),
        ("标题\n\n一句话。\n\n又一句。\n", "gave 5 lines"),
        ("标题\n\n没有句号\n", "ends in 。"),
        ("\n\n一句话。\n", "gave 1 lines"),
    ],
)
def test_a_template_that_is_wrong_is_refused(template: Callable[..., WordingTemplate], text: str, message: str) -> None:
    with pytest.raises(WordingError, match=message):
        word_section(month_of(MARCH), month="2025-03", template=template(text))


def test_a_template_that_is_absent_or_not_utf8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "wording.txt.j2"
    with pytest.raises(WordingError, match=r"wording\.txt\.j2"):
        WordingTemplate.read(path)
    path.write_bytes("标题\n\n一句话。\n".encode("gbk"))
    with pytest.raises(WordingError, match="utf-8"):
        WordingTemplate.read(path)


def test_numbers_count_as_printed_however_they_are_named(template: Callable[..., WordingTemplate]) -> None:
    path = template("标题\n\n邮寄 {{ n.parcels_mailed }}，出件 {{ n['documents_issued'] }}。\n")
    section = word_section(month_of(MARCH), month="2025-03", template=path)
    assert section.paragraph == "邮寄 0.09 万件，出件 0.23 万件。"
    assert section.metrics == ("parcels_mailed", "documents_issued")


@pytest.mark.parametrize(
    "words",
    [
        "邮寄 9.99 万件",
        "up 12.5%",
        "邮寄９件",
        "邮寄五点四二万件",
        "邮寄三百件",
        "增长百分之五",
        "降了两成",
        "翻一番",
        "其中①类",
        "拨打 12346",
        "{{ '9.99' }}",
        "{{ 9 }}",
        "{{ month * 2 }}",
        "{{ 0 / 0 }}",
        "{{ n.parcels_mailed ~ '9' }}",
        "{{ n.parcels_mailed | replace('0', '9') }}",
        "{{ n.parcels_mailed.__str__() }}",
        "{% set x = 9 %}{{ x }}",
        "{% for x in [8, 9] %}{{ x }}{% endfor %}",
        "{% raw %}9{% endraw %}",
        "{% include 'wording.txt.j2' %}",
        "五{{ n.parcels_mailed }}",
        "五{{ n.parcels_mailed.unit }}",
        "{{ n.parcels_mailed.value }}",
    ],
)
def test_no_numeral_is_printed_that_no_certificate_vouches_for(
    template: Callable[..., WordingTemplate], words: str
) -> None:
    with pytest.raises(WordingError, match=r"wording\.txt\.j2"):
        word_section(
            month_of(MARCH),
            month="2025-03",
            template=template(f"标题\n\n{words}，{{{{ n.parcels_mailed }}}}。\n", "12345"),
        )


def test_a_declared_constant_is_printed(template: Callable[..., WordingTemplate]) -> None:
    path = template(
        "一网通办\n\n12345 热线接听 {{ n.phone_consultations }}，“一件事”办理 {{ n.parcels_mailed }}。\n",
        "12345",
        "一件事",
    )
    section = word_section(month_of(MARCH), month="2025-03", template=path)
    assert section.paragraph == "12345 热线接听 1187 人（次），“一件事”办理 0.09 万件。"


@pytest.mark.parametrize(
    ("form", "written"),
    [
        ("n.phone_consultations.number", "1187"),
        ("n.phone_consultations.unit", "人（次）"),
        ("n.phone_consultations.grouped", "1,187 人（次）"),
        ("n.online_accepted.number", "5.42"),
        ("n.online_accepted.unit", "万件"),
        ("n.online_accepted.exact", "54213 件"),
        ("month_name", "三月"),
        ("last.month_name", "三月"),
    ],
)
def test_the_forms_of_a_number_and_a_month(template: Callable[..., WordingTemplate], form: str, written: str) -> None:
    path = template(f"标题\n\n（{{{{ {form} }}}}）。\n")
    section = word_section(month_of(MARCH), month="2025-03", template=path)
    assert section.paragraph == f"（{written}）。"
    assert bool(section.metrics) == (form.startswith("n.") and not form.endswith(".unit"))


def test_a_number_beside_its_exact_one_is_no_mixture_of_styles(template: Callable[..., WordingTemplate]) -> None:
    path = template("标题\n\n{{ n.online_accepted }}（{{ n.online_accepted.exact }}）。\n")
    assert word_section(month_of(MARCH), month="2025-03", template=path).paragraph == "5.42 万件（54213 件）。"


@pytest.mark.parametrize(
    ("printed", "separator", "written"),
    [
        ("0", ",", "0"),
        ("999", ",", "999"),
        ("1000", ",", "1,000"),
        ("1234567.8912", ",", "1,234,567.8912"),
        ("-1234", ",", "−1,234"),
        ("-0.5", None, "−0.5"),
        ("1234", None, "1234"),
        ("1234/25", ",", "1234/25"),
    ],
)
def test_digits_in_a_halls_words(printed: str, separator: str | None, written: str) -> None:
    assert replace(DEFAULT, minus="−").digits(printed, separator) == written


@pytest.mark.parametrize(("unit", "written"), [("件", "7 件"), ("%", "7%"), ("‰", "7‰"), ("", "7")])
def test_some_units_stand_right_after_the_digits(unit: str, written: str) -> None:
    assert DEFAULT.amount("7", unit) == written


def test_items_in_a_list() -> None:
    assert [DEFAULT.listed("ABC"[:count]) for count in (1, 2, 3)] == ["A", "A和B", "A、B和C"]


def test_a_table_in_columns_of_equal_width(template: Callable[..., WordingTemplate]) -> None:
    path = template(
        "标题\n\n如下。\n\n| 事项 | 数 | 单位 |\n| --- | --: | :-: |\n| 网办 | {{ n.online_accepted.number }} |"
        " {{ n.online_accepted.unit }} |\n| A\\|B | {{ n.phone_consultations.number }} | 人 |\n"
    )
    table = word_section(month_of(MARCH), month="2025-03", template=path).table
    assert table is not None
    assert table.text == ["事项    数  单位", "网办  5.42  万件", "A|B   1187   人"]
    assert table.markdown[3] == r"| A\|B | 1187 | 人 |"
    assert SectionTable.read(table.markdown) == table


def test_a_sentence_may_depend_on_a_value_and_print_none(template: Callable[..., WordingTemplate]) -> None:
    path = template("标题\n\n{% if month == 3 %}本月{% else %}当月{% endif %}邮寄 {{ n.parcels_mailed }}。\n")
    assert word_section(month_of(MARCH), month="2025-03", template=path).paragraph == "本月邮寄 0.09 万件。"


def test_the_sentence_that_is_printed_is_the_one_that_is_looked_at(template: Callable[..., WordingTemplate]) -> None:
    """Each piece alone holds no numeral before a unit; together, in March, they do."""
    path = template("标题\n\n邮寄{% if month == 3 %}五点四二{% endif %}项，{{ n.parcels_mailed }}。\n")
    with pytest.raises(WordingError, match="五点四二"):
        word_section(month_of(MARCH), month="2025-03", template=path)
