"""Structured logs: one JSON object a line on standard error; never a body, never personal data."""

import logging
import sys
from typing import Any

import structlog
from structlog.tracebacks import ExceptionDictTransformer

from shared.clock import monotonic

_AGAIN_AFTER = 10.0


class NotAgain(logging.Filter):
    """Lets each message of one library through once in ten seconds.

    Without its broker the Kafka client says the same forty times a second.
    """

    def __init__(self, library: str) -> None:
        super().__init__()
        self._library = library
        self._said: dict[tuple[str, str], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        if not record.name.startswith(self._library):
            return True
        what = (record.name, str(record.msg))
        if monotonic() - self._said.get(what, -_AGAIN_AFTER) < _AGAIN_AFTER:
            return False
        self._said[what] = monotonic()
        return True


def configure(service: str, level: str = "info") -> None:
    """Send everything, the libraries' logs too, through one JSON line format."""
    number = logging.getLevelNamesMapping()[level.upper()]
    before: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*before, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    line = logging.StreamHandler(sys.stderr)
    line.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=before,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                # Without the local variables of each frame: they may be personal data.
                structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False)),
                _named(service),
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    line.addFilter(NotAgain("aiokafka"))
    root = logging.getLogger()
    root.handlers[:] = [line]
    root.setLevel(number)
    for noisy in ("aiokafka", "uvicorn.access", "httpx", "httpcore", "mail.log"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def _named(service: str) -> Any:
    def add(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
        return {"service": service, **event}

    return add
