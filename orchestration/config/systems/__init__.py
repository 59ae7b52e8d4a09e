"""The settings of hall systems, one module per kind; `kind` tells them apart."""

from typing import Annotated

from pydantic import Field

from orchestration.config.systems.common import ContractName
from orchestration.config.systems.drop_folder import DropSystem
from orchestration.config.systems.http_api import HttpSystem
from orchestration.config.systems.sql_database import SqlSystem

__all__ = ["AnySystem", "ContractName", "DropSystem", "HttpSystem", "SqlSystem"]

AnySystem = Annotated[HttpSystem | SqlSystem | DropSystem, Field(discriminator="kind")]
