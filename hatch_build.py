"""Tells what is installed or built of which commit it is (`orchestration/runtime/program.py`)."""

import os
import runpy
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CommitHook(BuildHookInterface[Any]):
    """Runs before each wheel and each editable installation; where no git is, `YUEBAO_COMMIT` names the commit."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatchling's interface
        """Write the record that the wheel takes along."""
        program = runpy.run_path(os.path.join(self.root, "orchestration", "runtime", "program.py"))  # noqa: PTH118
        program["record_source"](os.environ.get("YUEBAO_COMMIT", ""))
