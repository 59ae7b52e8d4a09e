"""What a hall's editions have in common, `[edition]` in hall.toml; a new edition's own settings begin with it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from orchestration.config.systems.common import Strict

_SECTIONS = ("政务工作动态", "重点工作推进情况", "窗口资讯", "厅（局）长进大厅")


class EditionDefaults(Strict):
    """The report's name, who issues it, whom it goes to, and the sections that authors write, from 二 on."""

    title: str = "政务窗口月报"
    issuing_body: str = Field(default="", description="who issues it; the hall's name when empty")
    report_to: tuple[str, ...] = ()
    send_to: tuple[str, ...] = ()
    sections: tuple[str, ...] = Field(default=_SECTIONS, min_length=1, max_length=9)
    profile: Literal["paper", "screen"] = "paper"
    annex: bool = False
