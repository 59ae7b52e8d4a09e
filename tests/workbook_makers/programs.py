"""LibreOffice, Apache POI and SheetJS, each started once for all of its workbooks."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from filelock import FileLock

from tests.servers.office import run_basic
from tests.servers.programs import program, without

_HERE = Path(__file__).parent
_JARS = ("poi", "commons-codec", "commons-collections4", "commons-math3")


def by_libreoffice(folder: Path) -> None:
    """Workbooks .ods, .xlsx and .xls, calculated and not."""
    run_basic(_HERE / "LibreOffice.bas", f'Make("{folder.as_uri()}/")')


def by_poi(folder: Path) -> None:
    """Workbooks .xls: the schemas that POI needs for others aren't whole in Debian's package."""
    program("javac", "default-jdk-headless")
    java = program("java", "libapache-poi-java", "/usr/share/java/poi.jar")
    jars = os.pathsep.join(f"/usr/share/java/{name}.jar" for name in _JARS)
    subprocess.run([java, "-cp", jars, "-Dfile.encoding=UTF-8", str(_HERE / "Poi.java"), str(folder)], check=True)


def by_sheetjs(folder: Path) -> None:
    """Workbooks .xlsx, .ods and .xls, in the hall's time zone."""
    node = program("node", "nodejs")
    environment = {**os.environ, "NODE_PATH": str(_sheetjs()), "TZ": "Asia/Shanghai"}
    subprocess.run([node, str(_HERE / "sheetjs" / "make.js"), str(folder)], check=True, env=environment)


def _sheetjs() -> Path:
    """The folder of SheetJS, which is installed once."""
    npm = program("npm", "npm")
    folder = Path(tempfile.gettempdir(), "yuebao-tests-sheetjs")
    folder.mkdir(exist_ok=True)
    with FileLock(folder / "lock"):
        for name in ("package.json", "package-lock.json"):
            shutil.copy(_HERE / "sheetjs" / name, folder)
        # What it installed last is listed there.
        if not (folder / "node_modules" / ".package-lock.json").exists():
            install = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
            if subprocess.run(install, check=False, cwd=folder).returncode:
                without("SheetJS isn't installed: `npm ci` has to reach a registry")
    return folder / "node_modules"
