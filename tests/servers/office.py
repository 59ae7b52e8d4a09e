"""LibreOffice for tests: documents as PDF, and procedures in its Basic.

A free font stands for the official ones: full-width glyphs measure the same in any.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path
from xml.sax.saxutils import escape

import pytest

from reports.word.pdf import to_pdf
from tests.servers.programs import CHINESE_FONT, chinese_font, program

_PATIENCE_S = 300
_XML = '<?xml version="1.0" encoding="UTF-8"?>'
_OFFICIAL = ("仿宋_GB2312", "楷体_GB2312", "黑体", "宋体", "方正小标宋简体")


def printed(documents: list[Path], folder: Path) -> list[Path]:
    """Documents as PDF, by one start of LibreOffice."""
    program("soffice", "libreoffice-writer-nogui")
    chinese_font()
    settings = folder / "fonts.conf"
    aliases = "".join(
        f'<alias binding="same"><family>{name}</family><prefer><family>{CHINESE_FONT}</family></prefer></alias>'
        for name in _OFFICIAL
    )
    settings.write_text(
        '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>'
        f"<include>/etc/fonts/fonts.conf</include>{aliases}</fontconfig>",
        encoding="utf-8",
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FONTCONFIG_FILE", str(settings))
        return to_pdf(documents)


def converted(documents: list[Path], suffix: str, folder: Path) -> list[Path]:
    """Documents in another format, by one start of LibreOffice; they lie in a folder of their own."""
    target = folder / f"as-{suffix}"
    soffice = program("soffice", "libreoffice-writer-nogui")
    with tempfile.TemporaryDirectory(prefix="yuebao-office-") as profile:
        command = [soffice, f"-env:UserInstallation={Path(profile).as_uri()}", "--headless", "--norestore"]
        command += ["--convert-to", suffix, "--outdir", str(target), *map(str, documents)]
        subprocess.run(command, check=True, timeout=_PATIENCE_S, capture_output=True)
    return [target / f"{document.stem}.{suffix}" for document in documents]


def picture(pdf: Path, page: int, resolution: int) -> Path:
    """A page, counted from 1, as PNG."""
    target = pdf.with_name(f"{pdf.stem}-{page}")
    command = [program("pdftoppm", "poppler-utils"), "-png", "-singlefile", "-r", str(resolution)]
    subprocess.run([*command, "-f", str(page), "-l", str(page), str(pdf), str(target)], check=True, env=os.environ)
    return target.with_suffix(".png")


def run_basic(module: Path, call: str) -> None:
    """Call a procedure of a module in LibreOffice Basic, by one start of LibreOffice in a profile of its own."""
    soffice = program("soffice", "libreoffice-calc-nogui", "/usr/lib/libreoffice/program/libsclo.so")
    with tempfile.TemporaryDirectory(prefix="yuebao-basic-") as folder:
        _write_profile(Path(folder, "user"), module)
        profile = f"-env:UserInstallation={Path(folder).as_uri()}"
        macro = f"macro:///Standard.{module.stem}.{call}"
        subprocess.run([soffice, profile, "--headless", "--norestore", macro], check=True, timeout=_PATIENCE_S)


def _write_profile(user: Path, module: Path) -> None:
    library = user / "basic" / "Standard"
    library.mkdir(parents=True)
    # A profile that isn't marked as complete gets another library in the place of this one.
    (user / "registrymodifications.xcu").write_text(
        f'{_XML}<oor:items xmlns:oor="http://openoffice.org/2001/registry">'
        '<item oor:path="/org.openoffice.Setup/Office">'
        '<prop oor:name="ooSetupInstCompleted" oor:op="fuse"><value>true</value></prop></item></oor:items>',
        encoding="utf-8",
    )
    (user / "basic" / "script.xlc").write_text(
        f'{_XML}<library:libraries xmlns:library="http://openoffice.org/2000/library" '
        'xmlns:xlink="http://www.w3.org/1999/xlink"><library:library library:name="Standard" xlink:type="simple" '
        'xlink:href="$(USER)/basic/Standard/script.xlb/" library:link="false"/></library:libraries>',
        encoding="utf-8",
    )
    (library / "script.xlb").write_text(
        f'{_XML}<library:library xmlns:library="http://openoffice.org/2000/library" library:name="Standard">'
        f'<library:element library:name="{module.stem}"/></library:library>',
        encoding="utf-8",
    )
    (library / f"{module.stem}.xba").write_text(
        f'{_XML}<script:module xmlns:script="http://openoffice.org/2000/script" script:name="{module.stem}" '
        f'script:language="StarBasic">{escape(module.read_text(encoding="utf-8"))}</script:module>',
        encoding="utf-8",
    )
