"""`edition.toml`: what authors say of one edition, and the folder of texts that it stands in."""

import datetime
import json
import tomllib
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, cast

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PositiveInt, ValidationError

from reports.edition.ordinals import NUMERALS
from reports.edition.spacing import NumberSpacing
from reports.errors import ReportsError
from reports.word.profiles import PROFILES, ProfileName

SETTINGS = "edition.toml"
REGISTERS = "登记表"
_MOST_SECTIONS = len(NUMERALS) - 1
_LONGEST = 60


class EditionError(ReportsError):
    """An edition can't be put together at all; the message says which file and what to do, in Chinese."""


def _line(text: str) -> str:
    if not text.strip() or len(text) > _LONGEST or not text.isprintable():
        raise ValueError("not one line of text")
    return text


def _folders(names: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(names)) != len(names) or any(set(name) & set('/\\:*?"<>|') or name.startswith(".") for name in names):
        raise ValueError("not the names of folders")
    return names


_Line = Annotated[str, AfterValidator(_line)]
_A_LINE = "一行文字，写在英文双引号里，不超过 60 字"
_LINES = '若干行文字，如 ["甲", "乙"]；没有就写 []'


class Settings(BaseModel):
    """One edition: 第 N 期 of its number; `description` says to authors what a key must be."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    title: _Line = Field(description=_A_LINE)
    number: PositiveInt = Field(description="半角数字的整数，如 3")
    date: datetime.date = Field(description="日期，如 2025-04-24，不加引号")
    issuing_body: _Line = Field(description=_A_LINE)
    # Whom it is reported to (报), and whom it is sent to (发).
    report_to: tuple[_Line, ...] = Field(description=_LINES)
    send_to: tuple[_Line, ...] = Field(description=_LINES)
    # The titles of the sections that authors write, from 二 on.
    sections: Annotated[tuple[_Line, ...], AfterValidator(_folders)] = Field(
        min_length=1,
        max_length=_MOST_SECTIONS,
        description=f'1 到 {_MOST_SECTIONS} 个栏目名称，如 ["政务工作动态"]，不重复，不含 / \\ 等符号',
    )
    profile: ProfileName = Field(default="paper", description=f"{'、'.join(PROFILES)} 之一")
    number_spacing: NumberSpacing = Field(default="report", description="report 或 sentence")
    annex: bool = Field(default=False, description="true 或 false")
    # The metrics, by code or name, whose charts stand in the annex.
    annex_charts: tuple[_Line, ...] = Field(
        default=(), description='若干指标的代码或名称，如 ["全程网办受理"]；没有就写 []'
    )

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
        """The lines 报：…。 and 发：…。, those that name somebody."""
        lines = (("报", self.report_to), ("发", self.send_to))
        return tuple(f"{word}：{'，'.join(name.rstrip('。') for name in names)}。" for word, names in lines if names)


def read_settings(folder: Path) -> Settings:
    """Read `edition.toml`; EditionError, in which every fault is told, where it can't be used."""
    path = folder / SETTINGS
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as error:
        raise EditionError(f"没有 {path}；请先运行 yuebao edition --new {folder.name}") from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise EditionError(f"{path} 读不懂（须是 UTF-8 的 TOML 文件）：{error}") from error
    try:
        return Settings.model_validate(
            {key: tuple(value) if isinstance(value, list) else value for key, value in table.items()}
        )
    except ValidationError as error:
        kinds = {str(fault["loc"][0]): fault["type"] for fault in error.errors()}
        raise EditionError("\n".join(f"{path}：{fault}" for fault in _faults(kinds, table))) from error


def _faults(kinds: Mapping[str, str], table: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with each key: unknown ones first, then absent ones, then those that hold something else."""
    keys = Settings.model_fields
    for key in table:
        if key not in keys:
            near = get_close_matches(key, keys, n=1)
            yield f"没有 {key} 这一项" + (f"，是不是 {near[0]}？" if near else f"；可用的有 {'、'.join(keys)}")
    for key, kind in sorted(kinds.items(), key=lambda item: item[1] != "missing"):
        if key in keys:
            says = keys[key].description
            yield f"缺少 {key}：{says}" if kind == "missing" else f"{key} 应是{says}，现在是 {table[key]!r}"


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
        if isinstance(value, datetime.date):
            return str(value)
        return json.dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False)

    values = {field: written(getattr(settings, field)) for field in Settings.model_fields}
    return template.read_text(encoding="utf-8").format(**values)


def with_choices(settings: Settings, profile: str, *, annex: bool) -> Settings:
    """The same edition on another profile (the settings' own when empty), or with the annex."""
    if profile and profile not in PROFILES:
        raise EditionError(f"没有叫 {profile} 的版式；可用的有 {'、'.join(PROFILES)}")
    chosen = cast("ProfileName", profile or settings.profile)
    return settings.model_copy(update={"profile": chosen, "annex": annex or settings.annex})
