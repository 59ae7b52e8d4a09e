"""The settings of hall systems, one module per kind; `kind` tells them apart."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from orchestration.system_settings.common import ContractName
from orchestration.system_settings.drop_folder import DropSystem
from orchestration.system_settings.http_api import HttpSystem
from orchestration.system_settings.sql_database import SqlSystem

__all__ = ["AnySystem", "ContractName", "DropSystem", "HttpSystem", "SqlSystem"]

AnySystem = Annotated[HttpSystem | SqlSystem | DropSystem, Field(discriminator="kind")]
