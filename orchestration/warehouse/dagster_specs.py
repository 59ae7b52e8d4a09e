"""What Dagster shows of the dbt project: its models as assets and its data tests as checks, as dagster-dbt has them.

dagster-dbt imports the whole of dbt, which takes longer than most of what Dagster's processes do. So what it makes of
the manifest is kept.
"""

import copyreg
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import dagster as dg

from orchestration.warehouse.dbt_manifest import MANIFEST, manifest_document
from orchestration.warehouse.kept import kept

_KEPT = MANIFEST.with_name("dagster_specs.pickle")
_TRANSLATION = Path(__file__).with_name("dbt_translation.py")
_UNIQUE_ID = "dagster_dbt/unique_id"
# With which dagster-dbt would run dbt itself: the whole manifest, and an object of its own.
_FOR_RUNNING = {"dagster_dbt/manifest", "dagster_dbt/dagster_dbt_translator"}


def _reduced(dep: dg.AssetDep) -> tuple[type[dg.AssetDep], tuple[dg.AssetKey]]:
    return dg.AssetDep, (dep.asset_key,)


# It can't be unpickled as it is: its constructor takes other arguments than the tuple has. Of a model its key says all.
copyreg.pickle(dg.AssetDep, _reduced)


@dataclass(frozen=True)
class WarehouseSpecs:
    """Every model and every data test."""

    assets: Sequence[dg.AssetSpec]
    checks: Sequence[dg.AssetCheckSpec]

    @cached_property
    def keys(self) -> Mapping[str, dg.AssetKey]:
        """The keys of the assets, by dbt's ids of the models."""
        return {str(spec.metadata[_UNIQUE_ID]): spec.key for spec in self.assets}


@cache
def warehouse_specs() -> WarehouseSpecs:
    """The kept ones, or those that dagster-dbt makes; DbtError if the manifest was never parsed."""
    manifest = manifest_document()
    follows_from = [MANIFEST.read_bytes(), _TRANSLATION.read_bytes(), dg.__version__.encode()]
    version = hashlib.sha256(b"\0".join(follows_from)).hexdigest()
    return kept(_KEPT, version, lambda: _made_of(manifest))


def _made_of(manifest: Mapping[str, Any]) -> WarehouseSpecs:
    from orchestration.warehouse.dbt_translation import translated

    assets, checks = translated(manifest)
    return WarehouseSpecs([_to_keep(spec) for spec in assets], checks)


def _to_keep(spec: dg.AssetSpec) -> dg.AssetSpec:
    metadata = {name: value for name, value in spec.metadata.items() if name not in _FOR_RUNNING}
    return spec.replace_attributes(metadata=metadata)
