"""A served demo hall with a state folder of its own and the command line on both, for tests of whole commands."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from typer.testing import CliRunner, Result

from orchestration.cli.main import app
from orchestration.config.hall import load_hall
from orchestration.runtime.installation import DEMO_HALL
from tests import recount

SYSTEMS = tuple(load_hall(DEMO_HALL).hall.systems)
MONTHS = ("2025-03", "2024-02", "2025-01", "2024-12", "2025-04")
HEADING = "一、2025 年 3 月总体运行情况"
PARAGRAPH = (
    "3 月，省本级办理政务服务事项 5.6 万件。"
    "各进驻部门（单位）窗口共受理政务服务事项全程网办 5.42 万件，办结政务服务事项全程网办 5.12 万件；"
    "综合窗口受理政务服务事项 0.02 万件，窗口出件量 0.23 万件；政务大厅现场邮寄量 0.09 万件；"
    "为办事企业群众提供电话咨询 1187 人（次）、现场咨询服务 5515 人（次）。"
)


@dataclass(frozen=True)
class Printed:
    """What `yuebao report 2025-03` made of a fresh state folder, by which keys it signed, and what it said."""

    home: Path
    keys: tuple[Path, ...]
    stdout: str


class Hall:
    """A served demo hall, a state folder of its own, and the command line on both."""

    def __init__(self, folder: Path, variables: dict[str, str]) -> None:
        self.home = folder / "var"
        self.demo = Path(variables["YUEBAO_DEMO_DIR"])
        self.variables = variables
        self.environment = {**variables, "YUEBAO_HOME": str(self.home), "DAGSTER_HOME": str(self.home / "dagster")}

    def run(self, *arguments: str) -> Result:
        return CliRunner().invoke(app, list(arguments), env=self.environment)

    def begin_with(self, printed: Printed) -> "Hall":
        """Begin as after `yuebao report 2025-03`; nothing may have run here before."""
        shutil.copytree(printed.home, self.home, symlinks=True)
        for file in printed.keys:
            shutil.copy(file, self.demo)
        return self

    def begin_uncertified(self, printed: Printed) -> "Hall":
        """Begin with March built, and nothing of it certified."""
        return self.begin_with(printed).uncertify()

    def uncertify(self) -> "Hall":
        """Take March's certificate away; what was built stays."""
        for folder in ("certificates", "evidence", "published/2025-03/r1"):
            shutil.rmtree(self.home / folder)
        (self.home / "published" / "2025-03" / "current").unlink()
        return self

    def recount(self, month: str) -> dict[str, int]:
        names = ("YUEBAO_DEMO_URL", "YUEBAO_DEMO_DIR", "YUEBAO_DEMO_PLATFORM_TOKEN", "YUEBAO_DEMO_DESKS_KEY")
        url, folder, token, key = (self.variables[name] for name in names)
        return recount.recount(url, Path(folder), token, key, month)

    def numbers(self, month: str) -> dict[str, int]:
        """What is certified of a month, but for what is derived."""
        document = json.loads((self.home / "published" / month / "current" / "numbers.json").read_text())
        derived = {metric["metric"] for metric in document["derived"]}
        return {each["metric"]: each["exact"] for each in document["metrics"] if each["metric"] not in derived}

    def extracts(self) -> list[Path]:
        return sorted((self.home / "landing").rglob("*.parquet"))

    def copy(self, folder: Path, *, demo: bool = False, home: bool = True) -> "Hall":
        """The same hall on a copy of its state, and of its dropped files when they are to be spoiled."""
        other = Hall(folder, self.variables)
        if home:
            shutil.copytree(self.home, other.home, symlinks=True)
        else:
            shutil.copytree(self.home / "landing", other.home / "landing")
        if demo:
            shutil.copytree(self.demo, folder / "demo")
            other.demo = folder / "demo"
            other.environment["YUEBAO_DEMO_DIR"] = str(other.demo)
        return other

    def correct_calls(self, day: str, more: int) -> None:
        """A late correction of the call centre: the first department took more calls on a day than was said."""
        late = self.demo / "call_centre" / f"电话咨询_{day.replace('-', '')}.csv"
        rows = late.read_bytes().decode("gbk").split("\r\n")
        for number in (1, -2):
            stated, code, name, count = rows[number].split(",")
            rows[number] = f"{stated},{code},{name},{int(count) + more}"
        late.write_bytes("\r\n".join(rows).encode("gbk"))
