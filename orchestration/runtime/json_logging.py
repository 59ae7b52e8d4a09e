"""Log lines as JSON, one object a line, with the run that they belong to; `dagster.yaml` names the formatter.

`orchestration/deploy/dagster.yaml` does; on a developer's machine the lines stay Dagster's own.
"""

import logging

import structlog
from structlog.typing import EventDict, WrappedLogger


def formatter() -> logging.Formatter:
    """A formatter: `timestamp`, `level`, `logger` and `event`; of a run also `run_id`, `job_name` and `step_key`."""
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.stdlib.ExtraAdder(allow=["dagster_meta"]),
            _of_run,
        ],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    )


def _of_run(_logger: WrappedLogger, _name: str, line: EventDict) -> EventDict:
    """Dagster's own record of whose line it is, less what repeats the message."""
    meta = line.pop("dagster_meta", None) or {}
    return {**line, **{key: meta[key] for key in ("run_id", "job_name", "step_key") if meta.get(key)}}
