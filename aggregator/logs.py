"""Logs to stderr: one line an event, key=value or JSON, values quoted so that no source can forge a line.

Every event goes through a function that hides secrets, those of libraries included. Which secrets
there are is not known here: the composition root tells, each time a configuration is read.
"""

import json
import logging
import sys
from collections.abc import Callable, MutableMapping
from contextlib import suppress
from typing import Any

import structlog

Logger = structlog.stdlib.BoundLogger
_LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}


def set_up(level: str, clean: Callable[[str], str], *, as_json: bool = False) -> None:
    """Send events of this level and above to stderr; `clean` hides the secrets in every text."""
    structlog.configure(
        processors=_processors(clean, _json if as_json else _line),
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=lambda *_: _Patient(sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(handlers=(_Library(logging.WARNING),))


def hide(clean: Callable[[str], str]) -> None:
    """Hide other secrets from now on; without `set_up` nothing is logged by us, and nothing happens."""
    if structlog.is_configured():
        as_before = structlog.get_config()["processors"][-1]
        structlog.configure(processors=_processors(clean, as_before))


def get_logger(room: str) -> Logger:
    """Return the logger of a room."""
    logger: Logger = structlog.get_logger(room=room)
    return logger


class _Patient(structlog.WriteLogger):
    """Writes to a file, or to what it leads to: a disk that is full must not end what is logged about."""

    def msg(self, message: str) -> None:
        """Write a line, if that can be done."""
        with suppress(OSError):
            super().msg(message)

    log = debug = info = warning = error = msg


class _Library(logging.Handler):
    """Writes what libraries log as events of ours."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record."""
        logger = get_logger(record.name)
        say = logger.error if record.levelno >= logging.ERROR else logger.warning
        say("library", message=record.getMessage(), exc_info=record.exc_info)


def _processors(
    clean: Callable[[str], str], write: structlog.types.Processor
) -> list[structlog.types.Processor]:
    return [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _cleaned(clean),
        write,
    ]


def _cleaned(clean: Callable[[str], str]) -> structlog.types.Processor:
    def cleaned(value: object) -> object:
        if isinstance(value, str):
            return clean(value)
        shown = repr(value)  # lists, exceptions, paths: what the line would say
        hidden = clean(shown)
        return value if hidden == shown else hidden

    def process(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        return {key: cleaned(value) for key, value in event.items()}

    return process


def _line(_logger: object, _method: str, event: MutableMapping[str, Any]) -> str:
    """Write the event as `time level event key='value' …`; a traceback follows on lines of its own."""
    time, level, name = event.pop("timestamp"), event.pop("level"), event.pop("event")
    trace = event.pop("exception", None)
    rest = "".join(f" {key}={value!r}" for key, value in event.items())
    line = f"{time} {level:<7} {name}{rest}"
    return f"{line}\n{trace}" if trace else line


def _json(_logger: object, _method: str, event: MutableMapping[str, Any]) -> str:
    """Write the event as one JSON object: timestamp, level, event, then its own keys."""
    first = {key: event.pop(key) for key in ("timestamp", "level", "event")}
    return json.dumps({**first, **event}, ensure_ascii=False, default=repr)
