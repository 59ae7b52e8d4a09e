"""The history of the installation, for Dagster's own programs in the checkout: its `dagster.yaml` names this class.

Without DAGSTER_HOME they make a history for the moment, and what they landed would be seen nowhere.
"""

import os
from pathlib import Path
from typing import Any, Self

from dagster._core.instance.ref import InstanceRef
from dagster._core.storage.base_storage import DagsterStorage
from dagster._core.storage.sqlite_storage import DagsterSqliteStorage
from dagster._serdes import ConfigurableClassData

from orchestration.runtime.paths import current_home, dagster_instance


class InstallationHistory(DagsterSqliteStorage):
    """Stands for the storage that the installation's own `dagster.yaml` names, which may be any."""

    @classmethod
    def config_type(cls) -> dict[str, Any]:
        """Nothing: which installation it is follows from the environment and `installation.toml`."""
        return {}

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Any) -> Self:  # noqa: ARG003
        """The storage, made under the lock under which commands make it."""
        dagster_instance(current_home()).dispose()
        storage: DagsterStorage | None = InstanceRef.from_dir(str(Path(os.environ["DAGSTER_HOME"]))).storage
        if storage is None:
            raise LookupError("the installation's dagster.yaml names no storage")
        return storage  # type: ignore[return-value]
