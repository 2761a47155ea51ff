"""Logs to stderr: one line an event, key=value, values quoted so that no source can forge a line."""

import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from aggregator.urls import redact

Logger = structlog.stdlib.BoundLogger
_LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}


def set_up(level: str = "info") -> None:
    """Send events of this level and above to stderr."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _redacted,
            _line,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )


def get_logger(room: str) -> Logger:
    """Return the logger of a room."""
    logger: Logger = structlog.get_logger(room=room)
    return logger


def _redacted(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {key: redact(value) if isinstance(value, str) else value for key, value in event.items()}


def _line(_logger: object, _method: str, event: MutableMapping[str, Any]) -> str:
    """Write the event as `time level event key='value' …`; a traceback follows on lines of its own."""
    time, level, name = event.pop("timestamp"), event.pop("level"), event.pop("event")
    trace = event.pop("exception", None)
    rest = "".join(f" {key}={value!r}" for key, value in event.items())
    line = f"{time} {level:<7} {name}{rest}\n"
    return f"{line}{trace}\n" if trace else line
