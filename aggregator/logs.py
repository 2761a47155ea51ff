"""Logs to stderr: one line an event, key=value, values quoted so that no source can forge a line."""

import sys
from collections.abc import Callable, MutableMapping
from typing import Any

import structlog

Logger = structlog.stdlib.BoundLogger
_LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}


def set_up(level: str, clean: Callable[[str], str]) -> None:
    """Send events of this level and above to stderr; `clean` hides the secrets in every text."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _cleaned(clean),
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


def _cleaned(clean: Callable[[str], str]) -> structlog.types.Processor:
    def process(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        return {key: clean(value) if isinstance(value, str) else value for key, value in event.items()}

    return process


def _line(_logger: object, _method: str, event: MutableMapping[str, Any]) -> str:
    """Write the event as `time level event key='value' …`; a traceback follows on lines of its own."""
    time, level, name = event.pop("timestamp"), event.pop("level"), event.pop("event")
    trace = event.pop("exception", None)
    rest = "".join(f" {key}={value!r}" for key, value in event.items())
    line = f"{time} {level:<7} {name}{rest}"
    return f"{line}\n{trace}" if trace else line
