"""Blanks between figures and Chinese in what references print: as certified, or as their sentence has them."""

import re
from typing import Literal

NumberSpacing = Literal["report", "sentence"]

_SENTENCE_ENDS = re.compile(r"[。！？；\n]")
_REFERENCES = re.compile(r"\{\{[^{}]*\}\}")
_HAN = "[\u3007\u4e00-\u9fff]"
_SPACED = re.compile(rf"{_HAN} \d|\d {_HAN}")
_TIGHT = re.compile(rf"{_HAN}\d|\d{_HAN}")
_BLANK = re.compile(rf"(?<=[\d%]) (?={_HAN})|(?<={_HAN}) (?=\d)")


def as_in_sentence(printed: str, text: str, start: int, end: int) -> str:
    """What a reference prints, without blanks where its sentence has none around its figures; unchanged in doubt.

    Args:
        printed: As certified, number and unit with the blank between them.
        text: The author's text.
        start: Where the reference begins in it.
        end: Where it ends.
    """
    begins = max((match.end() for match in _SENTENCE_ENDS.finditer(text, 0, start)), default=0)
    after = _SENTENCE_ENDS.search(text, end)
    sentence = _REFERENCES.sub("0", text[begins : after.start() if after else len(text)])
    tight = _TIGHT.search(sentence) and not _SPACED.search(sentence)
    return _BLANK.sub("", printed) if tight else printed
