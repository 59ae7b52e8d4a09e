"""Report authors' commands speak Chinese: what they say, and what is wrong with how they were asked."""

from __future__ import annotations

import errno
import os
import re

import pytest

from orchestration.cli.author_language import in_chinese
from orchestration.runtime.guard import explain
from tests.halls import Hall

ENGLISH = re.compile(r"[A-Za-z']+(?: [A-Za-z']+){2}")
AUTHORS = ("edition", "question", "answer", "numbers", "desk", "proofread", "facts-of")
# What somebody typed, in a hall in which nothing is certified, and what they are told.
MISTAKES: dict[tuple[str, ...], tuple[int, str]] = {
    ("edition",): (2, "少写了 月份；用法见 yuebao edition --help"),
    ("edition", "2025-03"): (2, "请先运行 yuebao edition --new 2025-03"),
    ("edition", "2025-03", "--profil", "x"): (2, "没有 --profil 这个选项；是不是 "),
    ("edition", "--new", "2025-3"): (2, "月份写成 2025-03 这样，现在是“2025-3”"),
    ("numbers",): (1, "还没有核定过任何月份"),
    ("numbers", "--month", "三月"): (1, "月份写成 2025-03 这样，现在是“三月”"),
    ("numbers", "--by", "x"): (2, "--by 不能写“x”；可以写 'hall', 'department'"),
    ("numbers", "--site", "99"): (1, "网点 99 没有核定的数；这里只核定全厅"),
    ("question", "2025-03", "受理", "为什么"): (2, "“2025-03”不是已核定的月份，没有可问的数"),
    ("question", "2025-03", "受理", "为什么", "多"): (2, "多写了“多”；一句话里有空格，要放在引号里"),
    ("answer", "Q1", "好"): (2, "没有编号是 Q1 的问题；还没有人提过问题"),
    ("desk", "2025-99"): (2, "月份写成 2025-03 这样，现在是“2025-99”"),
    ("desk", "--sites", "--site", "99"): (2, "--sites 是全部网点，不要再写 --site"),
    ("proofread", "没有.docx", "--month", "2025-03"): (2, "没有 没有.docx 这个文件"),
    ("proofread", __file__, "--month", "2025-03"): (1, "2025-03 还没有核定"),
    ("facts-of", "没有.docx"): (1, "打不开 没有.docx，请看看有没有这个文件"),
}


@pytest.mark.parametrize("typed", MISTAKES, ids=" ".join)
def test_a_mistake_is_told_in_chinese(typed: tuple[str, ...], hall: Hall) -> None:
    code, told = MISTAKES[typed]
    result = hall.run(*typed)
    assert (result.exit_code, told in result.output) == (code, True), result.output
    assert not ENGLISH.search(result.output)


@pytest.mark.parametrize("command", AUTHORS)
def test_help_is_chinese(command: str, hall: Hall) -> None:
    told = hall.run(command, "--help").output
    assert told.strip().startswith(f"用法：yuebao {command} ")
    assert not re.search(r"\b(?:Usage|OPTIONS|required|default)\b|<[a-z]+>", told), told
    assert not ENGLISH.search(told.replace(f"yuebao {command}", "")), told


@pytest.mark.parametrize(
    ("number", "told"), [(errno.EROFS, "只读"), (errno.EACCES, "没有权限"), (errno.ENOSPC, "磁盘满了")]
)
def test_what_the_machine_refuses_is_told_in_chinese(number: int, told: str) -> None:
    said = in_chinese(explain(OSError(number, os.strerror(number), "/数据/x")))
    assert told in said
    assert not ENGLISH.search(said)


def test_what_is_not_known_is_handed_on_as_it_is() -> None:
    assert (
        in_chinese("the chain of certificates is broken")
        == "请把下面的话转给数据人员：the chain of certificates is broken"
    )
    assert in_chinese("2025-03 还没有核定") == "2025-03 还没有核定"
