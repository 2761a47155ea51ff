"""What the commands that ask the archive share: the open database, durations, answers on screen."""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from aggregator.cli.options import Places

if TYPE_CHECKING:
    from rich.console import Console

    from aggregator.app import Plan
    from aggregator.config.schema import SourceConfig
    from aggregator.store import Connection
    from aggregator.urls import Redactor

_ENDLESS = 10_000  # columns


@dataclass(frozen=True, slots=True)
class Archive:
    """What is stored, with the configuration that explains it."""

    plan: "Plan"
    connection: "Connection"
    sources: Mapping[str, "SourceConfig"]
    now: datetime


@contextmanager
def opened(places: Places, plan: "Plan") -> Iterator[Archive]:
    """Open the database for reading, beside a daemon or without one."""
    from aggregator.clock import Clock
    from aggregator.store import database
    from aggregator.store.engine import reading

    engine = database.open_existing(plan.config.store.url, places.state)
    try:
        with reading(engine) as connection:
            sources = {source.id: source for source in plan.config.sources}
            yield Archive(plan, connection, sources, Clock().now())
    finally:
        engine.dispose()


@contextmanager
def opened_if_there(places: Places, plan: "Plan") -> "Iterator[Archive | None]":
    """Open the database for reading; give None before the first run."""
    from aggregator.errors import ServiceDownError

    with ExitStack() as stack:
        archive = None
        with suppress(ServiceDownError):
            archive = stack.enter_context(opened(places, plan))
        yield archive


def back(text: str, now: datetime) -> datetime:
    """Return the instant that lies so long ago (`30d`). Raises UsageError."""
    from aggregator.config.values import duration
    from aggregator.errors import UsageError

    try:
        return now - duration(text)
    except ValueError as error:
        raise UsageError(f"--since {text!r} {error}") from error
    except OverflowError as error:
        raise UsageError(f"--since {text!r} is too long ago") from error


def known_topic(plan: "Plan", topic_id: str) -> str:
    """Return the name of a topic that is configured. Raises UsageError."""
    from aggregator.errors import UsageError

    if topic_id not in plan.topics.ids:
        raise UsageError(f"no topic {topic_id!r}; aggregator topic list shows them")
    return topic_id


def print_json(found: object, plan: "Plan") -> None:
    """Print an answer for programs, without secrets."""
    print(dump(found, plan.config.redact))


def dump(found: object, redact: "Redactor | None") -> str:
    """Write an answer for programs, without secrets (None: no configuration says which there are)."""
    from aggregator.urls import scrub

    return json.dumps(scrub(found, redact) if redact else found, ensure_ascii=False, indent=2)


def console() -> "Console":
    """Return what prints for eyes; not on a terminal nothing is folded, lines are for grep then."""
    from rich.console import Console

    return Console() if sys.stdout.isatty() else Console(width=_ENDLESS, soft_wrap=True)


def rows(names: Sequence[str], lines: Sequence[Sequence[str]], *, folded: int = -1) -> None:
    """Print a table; one of its columns may be folded where the terminal is narrow."""
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for at, name in enumerate(names):
        is_folded = at == folded % len(names)
        table.add_column(name, overflow="fold" if is_folded else "ellipsis", no_wrap=not is_folded)
    for line in lines:
        table.add_row(*(escape(cell) for cell in line))
    console().print(table)


def says(parts: Sequence[Mapping[str, Any]], most: int = 3) -> Iterator[str]:
    """Give a line for each place where something was found."""
    for part in parts[:most]:
        yield f"{part['field'] or '-':<6} {part['term']}: {part['snippet']}"
