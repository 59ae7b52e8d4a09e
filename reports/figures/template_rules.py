"""What a wording template may hold: words, and references to certified values; no digit and no arithmetic of its own.

A printed number is certified only if it follows from a certified value. So a template's literals hold no digit of any
script and no Chinese numeral before a unit, but for constants that the hall declares with a reason (such as 12345 or
一网通办), and its expressions name values and nothing else.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from jinja2 import Environment, nodes

# Units that a numeral in a sentence is read with, beside those of the hall's own metrics.
_UNITS = ("百分点", "小时", "分钟", "人（次）", *"件人次个户项家份张笔单宗条封通起例篇名位元天秒成倍番万亿%％")
_UNITS_IN_ENGLISH = ("per cent", "percent", "percentage points")
_NUMERAL = "[〇零一二两三四五六七八九十百千万亿半几数]"
_WORDS = (
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety "
    "half dozen hundred thousand million billion"
).replace(" ", "|")
_SPELLED = rf"\b(?:{_WORDS})(?:(?: and |[ -])(?:{_WORDS}))*"
# Stands for a certified value while the words around it are looked at: no letter, digit or space.
BLANK = "\ue000"
# What conditions call the exact value of a number, which they compare.
VALUE = "value"
# A Chinese numeral that has a table's cell for itself, and its unit in another.
_IN_A_CELL = r"\|\s*[〇零一二两三四五六七八九十百千万亿点]+\s*(?=\|)"
_DIGIT_CATEGORIES = {"Nd", "Nl", "No"}


def template_problems(
    source: str, *, names: Collection[str], units: Collection[str], constants: Collection[str]
) -> list[str]:
    """What keeps a template from being one whose every numeral is certified; empty if nothing does.

    Args:
        source: The template's text.
        names: What its expressions may begin with, such as `year`, `month` and `n`.
        units: The units of the hall's metrics, as printed and as counted.
        constants: Literals with numerals that the hall's settings declare.

    Returns:
        One line for each place, with its line in the template.

    Raises:
        TemplateError: It isn't a Jinja template.
    """
    tree = Environment(autoescape=False).parse(source)  # noqa: S701 - parsed to be looked at, and never rendered
    rules = _Rules(frozenset(names), units, constants)
    return [f"line {line}: {problem}" for line, problem in rules.block(tree.body)]


@dataclass(frozen=True)
class _Rules:
    names: frozenset[str]
    units: Collection[str]
    constants: Collection[str]

    def block(self, statements: Iterable[nodes.Node]) -> Iterator[tuple[int, str]]:
        """The problems of statements in order, each with its line."""
        for statement in statements:
            match statement:
                case nodes.Output():
                    for part in statement.nodes:
                        yield from self._output(part)
                case nodes.If():
                    yield from self._condition(statement.test)
                    for inner in (statement.body, statement.elif_, statement.else_):
                        yield from self.block(inner)
                case _:
                    yield (
                        statement.lineno,
                        f"a {_name(statement)} isn't allowed: only words, {{{{ values }}}} and {{% if %}}",
                    )

    def _output(self, part: nodes.Node) -> Iterator[tuple[int, str]]:
        if not isinstance(part, nodes.TemplateData):
            yield from self._value(part)
            if _last_name(part) == VALUE and _last_name(getattr(part, "node", None)):
                yield part.lineno, f"a .{VALUE} is compared in {{% if %}} and never printed; take it away to print"
        elif found := _first_numeral(part.data, self.units, self.constants):
            numeral, place = found
            yield (
                part.lineno + part.data.count("\n", 0, place),
                (
                    f"{numeral!r} holds a numeral that no certificate vouches for; print a metric, or declare it under "
                    "[wording_constants] in hall.toml with a reason"
                ),
            )

    def _value(self, node: nodes.Node) -> Iterator[tuple[int, str]]:
        match node:
            case nodes.Name() if node.name in self.names:
                return
            case nodes.Name():
                yield node.lineno, f"{node.name!r} is undefined; there are {', '.join(sorted(self.names))}"
            case nodes.Getattr() | nodes.Getitem(arg=nodes.Const(value=str())):
                yield from self._value(node.node)
            case _:
                yield (
                    node.lineno,
                    f"a {_name(node)} isn't allowed: an expression names a certified value, without computing",
                )

    def _condition(self, node: nodes.Node) -> Iterator[tuple[int, str]]:
        match node:
            case nodes.And() | nodes.Or():
                yield from self._condition(node.left)
                yield from self._condition(node.right)
            case nodes.Not():
                yield from self._condition(node.node)
            case nodes.Compare():
                for side in (node.expr, *(operand.expr for operand in node.ops)):
                    yield from () if isinstance(side, nodes.Const) else self._value(side)
            case _:
                yield from self._value(node)


def _last_name(node: nodes.Node | None) -> str:
    """`c` of an expression `a.b.c`; empty of `a`."""
    match node:
        case nodes.Getattr():
            return node.attr
        case nodes.Getitem(arg=nodes.Const(value=str(name))):
            return name
        case _:
            return ""


def _name(node: nodes.Node) -> str:
    return type(node).__name__.lower()


def numeral_in(text: str, *, units: Collection[str], constants: Collection[str]) -> str:
    """The first numeral of a text, with what stands around it, or empty.

    That is a digit, a numeral in Chinese or English words before a unit, or a Chinese one alone in a cell of a table.
    Declared constants are taken out first, the longest first, and so is the unit of each `BLANK`.
    """
    found = _first_numeral(text, units, constants)
    return found[0] if found else ""


def _first_numeral(text: str, units: Collection[str], constants: Collection[str]) -> tuple[str, int] | None:
    """The numeral with what stands around it, and its place in a text without any `BLANK`."""
    pattern = "|".join(
        re.escape(unit) for unit in sorted({*_UNITS, *_UNITS_IN_ENGLISH, *units} - {""}, key=len, reverse=True)
    )
    text = re.sub(rf"{BLANK}\s?(?:{pattern})", BLANK, text)
    for constant in sorted(constants, key=len, reverse=True):
        text = text.replace(constant, "\0" * len(constant))
    digit = next((place for place, char in enumerate(text) if unicodedata.category(char) in _DIGIT_CATEGORIES), None)
    spoken = re.search(
        rf"(?:{_NUMERAL}+(?:点{_NUMERAL}+)?\s*|(?i:{_SPELLED})\s+)(?:{pattern}|{BLANK})"
        rf"|百分之{_NUMERAL}|千分之{_NUMERAL}|{_IN_A_CELL}",
        text,
    )
    places = [place for place in (digit, spoken.start() if spoken else None) if place is not None]
    if not places:
        return None
    first = min(places)
    return text[max(0, first - 6) : first + 10].replace("\0", "").strip(), first
