"""`edition.toml`: what authors say of one edition, and the folder of texts that it stands in."""

import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any, cast

from reports.errors import ReportsError
from reports.word.profiles import ProfileName, profile_names

SETTINGS = "edition.toml"
REGISTERS = "登记表"
NUMERALS = "一二三四五六七八九十"
_MOST_SECTIONS = len(NUMERALS) - 1
_LONGEST = 60


class EditionError(ReportsError):
    """An edition can't be put together at all; the message says which file and what to do, in Chinese."""


@dataclass(frozen=True)
class Settings:
    """One edition.

    Attributes:
        title: the report's name, 政务窗口月报.
        number: N of 第 N 期.
        date: when it is issued.
        issuing_body: who issues it.
        report_to: whom it is reported to (报).
        send_to: whom it is sent to (发).
        sections: the titles of the sections that authors write, from 二 on.
        profile: the page it is set on.
        annex: whether the table of the metrics follows.
    """

    title: str
    number: int
    date: date
    issuing_body: str
    report_to: tuple[str, ...]
    send_to: tuple[str, ...]
    sections: tuple[str, ...]
    profile: ProfileName = "paper"
    annex: bool = False

    @property
    def issue(self) -> str:
        """第 3 期."""
        return f"第 {self.number} 期"

    @property
    def issued(self) -> str:
        """The date as printed, without zero padding."""
        return f"{self.date.year} 年 {self.date.month} 月 {self.date.day} 日"

    @property
    def headings(self) -> tuple[str, ...]:
        """二、政务工作动态 …: the sections' headings, which are also the names of their folders."""
        return tuple(f"{NUMERALS[index]}、{title}" for index, title in enumerate(self.sections, 1))

    @property
    def distribution(self) -> tuple[str, ...]:
        """The lines 报：… and 发：…, those that name somebody."""
        lines = (("报", self.report_to), ("发", self.send_to))
        return tuple(f"{word}：{'，'.join(names)}" for word, names in lines if names)


# What each key must be, and how that is said to an author.
_TEXT = ("一行文字，写在英文双引号里，不超过 60 字", lambda value: isinstance(value, str) and _is_line(value))
_TEXTS = (
    '若干行文字，如 ["甲", "乙"]；没有就写 []',
    lambda value: isinstance(value, list) and all(isinstance(item, str) and _is_line(item) for item in value),
)
_KINDS: Mapping[str, tuple[str, Any]] = {
    "title": _TEXT,
    "number": (
        "半角数字的整数，如 3",
        lambda value: isinstance(value, int) and not isinstance(value, bool) and value > 0,
    ),
    "date": (
        "日期，如 2025-04-24，不加引号",
        lambda value: isinstance(value, date) and not isinstance(value, datetime),
    ),
    "issuing_body": _TEXT,
    "report_to": _TEXTS,
    "send_to": _TEXTS,
    "sections": (
        f'1 到 {_MOST_SECTIONS} 个栏目名称，如 ["政务工作动态"]，不重复，不含 / \\ 等符号',
        lambda value: _TEXTS[1](value) and 0 < len(value) <= _MOST_SECTIONS and _are_folders(value),
    ),
    "profile": (f"{'、'.join(profile_names())} 之一", lambda value: value in profile_names()),
    "annex": ("true 或 false", lambda value: isinstance(value, bool)),
}


def _is_line(text: str) -> bool:
    return bool(text.strip()) and len(text) <= _LONGEST and text.isprintable()


def _are_folders(names: Sequence[str]) -> bool:
    return len(set(names)) == len(names) and not any(set(name) & set('/\\:*?"<>|') or "." in name[:1] for name in names)


def read_settings(folder: Path) -> Settings:
    """Read `edition.toml`.

    Raises:
        EditionError: It is absent, isn't TOML, or a key is unknown, absent or not what it must be; every fault is told.
    """
    path = folder / SETTINGS
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as error:
        raise EditionError(f"没有 {path}；请先运行 yuebao edition --new {folder.name}") from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise EditionError(f"{path} 读不懂（须是 UTF-8 的 TOML 文件）：{error}") from error
    faults = [*_unknown(table), *_unfit(table)]
    if faults:
        raise EditionError("\n".join(f"{path}：{fault}" for fault in faults))
    values: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in table.items()}
    return Settings(**values)


def _unknown(table: Mapping[str, Any]) -> list[str]:
    return [f"没有 {key} 这一项{_near(key)}" for key in table if key not in _KINDS]


def _near(key: str) -> str:
    near = get_close_matches(key, _KINDS, n=1)
    return f"，是不是 {near[0]}？" if near else f"；可用的有 {'、'.join(_KINDS)}"


def _unfit(table: Mapping[str, Any]) -> list[str]:
    optional = {"profile", "annex"}
    absent = [
        f"缺少 {field.name}：{_KINDS[field.name][0]}"
        for field in fields(Settings)
        if field.name not in {*table, *optional}
    ]
    wrong = [
        f"{key} 应是{says}，现在是 {table[key]!r}"
        for key, (says, fits) in _KINDS.items()
        if key in table and not fits(table[key])
    ]
    return absent + wrong


def lay_out(folder: Path, settings: Settings) -> list[Path]:
    """Lay out a new edition's folder: its settings, a folder for each section, one for registers, and how to fill them.

    Returns:
        What was made.

    Raises:
        EditionError: The folder has an edition already, which stays as it is.
    """
    path = folder / SETTINGS
    if path.exists():
        raise EditionError(f"{path} 已经有了，没有改动任何文件")
    texts = Path(__file__).parent / "templates"
    made = {path: _settings_text(settings, texts / SETTINGS)}
    made[folder / "说明.txt"] = (texts / "说明.txt").read_text(encoding="utf-8")
    made[folder / REGISTERS / "_示例.csv"] = (texts / "_示例.csv").read_text(encoding="utf-8")
    for heading in settings.headings:
        (folder / heading).mkdir(parents=True, exist_ok=True)
    for file, text in made.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return [*made, *(folder / heading for heading in settings.headings)]


def _settings_text(settings: Settings, template: Path) -> str:
    def written(value: Any) -> str:
        if isinstance(value, date):
            return str(value)
        return json.dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False)

    values = {field.name: written(getattr(settings, field.name)) for field in fields(Settings)}
    return template.read_text(encoding="utf-8").format(**values)


def with_choices(settings: Settings, profile: str, *, annex: bool) -> Settings:
    """The same edition on another profile (the settings' own when empty), or with the annex."""
    if profile and profile not in profile_names():
        raise EditionError(f"没有叫 {profile} 的版式；可用的有 {'、'.join(profile_names())}")
    chosen = cast("ProfileName", profile or settings.profile)
    return replace(settings, profile=chosen, annex=annex or settings.annex)
