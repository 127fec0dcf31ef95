"""Log lines: one JSON object each, with the request id and without personal data."""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any, Final

import structlog

# What may be logged of a request. Paths hold ids, never names; queries are not logged at all.
FIELDS: Final = frozenset(
    {
        "event",
        "level",
        "timestamp",
        "request_id",
        "method",
        "route",
        "status",
        "ms",
        "user",
        "error",
        "where",
        "job",
        "slot",
        "count",
        "seconds",
        "address",
        "step",
    }
)


def _only_known(_: Any, __: str, event: MutableMapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in event.items() if key in FIELDS}


def configure(level: str) -> None:
    """Sends our log to standard error as JSON lines; other libraries' warnings in the same form."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _only_known,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping()[level.upper()]
        ),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(
        level=logging.WARNING,
        format='{"event": "library", "level": "%(levelname)s", "where": "%(name)s"}',
        force=True,
    )


log: Any = structlog.get_logger()
