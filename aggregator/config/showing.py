"""The settings that hold, each with its value as a file would have it and where it comes from.

Secrets are never shown: a key that may hold one shows `***` in place of it.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import get_type_hints

from aggregator.config import values
from aggregator.config.files import read
from aggregator.config.layers import origins
from aggregator.config.mistakes import keys
from aggregator.config.record import Record
from aggregator.config.references import HIDDEN
from aggregator.config.schema import SECTIONS, Config
from aggregator.errors import Problem

_SPANS = ((timedelta(days=1), "d"), (timedelta(hours=1), "h"), (timedelta(minutes=1), "m"))
_SIZES = ((10**9, "GB"), (10**6, "MB"), (10**3, "kB"))


@dataclass(frozen=True, slots=True)
class Setting:
    """One key of aggregator.toml."""

    section: str
    key: str
    value: str  # as TOML
    default: str  # as TOML
    origin: str  # "default", file and line, or the name of a variable or option


def shown(config: Config, environ: Mapping[str, str], overrides: Mapping[str, object]) -> tuple[Setting, ...]:
    """Return every setting of a configuration that was read from its folder."""
    problems: list[Problem] = []
    path = config.folder / "aggregator.toml"
    document = read(path, problems) if os.path.lexists(path) else None
    known = origins(document, environ, overrides)
    found = []
    for section, model in SECTIONS.items():
        record: Record = getattr(config, section)
        for key in keys(model):
            default = model.model_fields[key].default
            value = getattr(record, key)
            hidden = key in model.SECRETS
            found.append(
                Setting(
                    section,
                    key,
                    config.redact(_masked(value) if hidden else written(value, model, key)),
                    written(default, model, key),
                    known.get((section, key), "default"),
                )
            )
    return tuple(found)


def written(value: object, model: type[Record], key: str) -> str:
    """Write a value as a file would have it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, timedelta):
        return f'"{span(value)}"'
    if isinstance(value, int) and get_type_hints(model, include_extras=True)[key] == values.Size:
        return f'"{_size(value)}"'
    if isinstance(value, tuple):
        return f"[{', '.join(written(each, model, key) for each in value)}]"
    if isinstance(value, str | Path):
        return _quoted(str(value))
    return str(value)


def span(value: timedelta) -> str:
    """Write a span as the configuration does: 30s, 5m, 2h, 7d."""
    for size, unit in _SPANS:
        if value and not value % size:
            return f"{value // size}{unit}"
    return f"{value.total_seconds():g}s"


def _size(value: int) -> str:
    for factor, unit in _SIZES:
        if value and not value % factor:
            return f"{value // factor}{unit}"
    return f"{value}B"


def _masked(value: object) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(_quoted(HIDDEN) for _ in value)}]"
    return _quoted(str(value))


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
