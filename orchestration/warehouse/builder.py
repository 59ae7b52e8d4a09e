"""dbt, which takes seconds to import and to parse: in a process of its own, beside the systems that are asked."""

from orchestration.runtime.worker import Worker


def _prepare() -> None:
    from orchestration.warehouse.dbt_manifest import parse

    parse(write=False)


BUILDER = Worker("dbt.cli.main", _prepare)
