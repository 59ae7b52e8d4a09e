"""Made-up people for the window system's cases: they look real to any pattern, and can't be anybody.

The ID numbers carry a right check digit under a division code that was never given out, and the phone numbers a prefix
that no carrier holds.
"""

from random import Random
from typing import NamedTuple

_DIVISION = "519901"
_PREFIX = "154"
_CHECK_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_DIGITS = "10X98765432"
_SURNAMES = "王李张刘陈杨黄赵周吴徐孙马朱胡郭何林罗高"
_GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰建国红梅"


class Person(NamedTuple):
    """Somebody who doesn't exist."""

    name: str
    id_card: str
    phone: str


def made_up(random: Random) -> Person:
    """The next person of a seeded sequence."""
    given = "".join(random.choice(_GIVEN) for _ in range(1 + int(random.random() * 2)))
    return Person(
        name=random.choice(_SURNAMES) + given,
        id_card=_id_card(random),
        phone=f"{_PREFIX}{int(random.random() * 10**8):08d}",
    )


def _id_card(random: Random) -> str:
    """18 characters with the check digit of GB 11643."""
    year, month, day = (low + int(random.random() * span) for low, span in ((1950, 55), (1, 12), (1, 28)))
    body = f"{_DIVISION}{year}{month:02d}{day:02d}{int(random.random() * 1000):03d}"
    check = sum(int(digit) * weight for digit, weight in zip(body, _CHECK_WEIGHTS, strict=True)) % 11
    return body + _CHECK_DIGITS[check]
