"""What pages for people show of sources: how all of them are, and one with its habits and its newest items.

Reads only. A source's words are those of `status`.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from aggregator.config.schema import Config, SourceConfig
from aggregator.model import Item, SourceState
from aggregator.pipeline.overview import headlines
from aggregator.pipeline.queries import Json, condition, source_status
from aggregator.store import Connection, overview
from aggregator.text.fold import fold
from aggregator.urls import scrub

CONDITIONS = ("failing", "retired", "waiting", "ok", "paused")
"""How a source can be, what needs a look first."""

_NEWEST = 20  # items on the page of a source


@dataclass(frozen=True, slots=True)
class Sources:
    """A page of the configured sources."""

    counts: Mapping[str, int]  # of all sources, by how they are
    shown: tuple[Json, ...]  # see `queries.source_status`
    total: int  # that could be shown


@dataclass(frozen=True, slots=True)
class Source:
    """A source with its habits."""

    status: Json
    state: SourceState | None  # None: not followed yet
    newest: tuple[Item, ...]  # its last items, cut short


def sources(
    connection: Connection, config: Config, now: datetime, *, only: str | None, first: int, limit: int
) -> Sources:
    """Return some of the sources, those that need a look first, then by name; `only` those of a condition."""
    known = overview.health(connection)
    each = [(source, known.get(source.id)) for source in config.sources]
    conditions = {source.id: _condition(source, state) for source, state in each}
    chosen = [pair for pair in each if only in (None, conditions[pair[0].id])]
    chosen.sort(key=lambda pair: _place(pair[0], pair[1], conditions[pair[0].id]))
    return Sources(
        Counter(conditions.values()),
        tuple(
            scrub(source_status(source, state, now), config.redact)
            for source, state in chosen[first : first + limit]
        ),
        len(chosen),
    )


def _condition(source: SourceConfig, state: SourceState | None) -> str:
    if state is None:
        return "waiting" if source.enabled else "paused"
    return condition(source, state)


def _place(source: SourceConfig, state: SourceState | None, word: str) -> tuple[int, str, str]:
    title = source.title or (state.title if state else None) or source.id
    return CONDITIONS.index(word), fold(title), source.id


def source(connection: Connection, config: Config, wanted: SourceConfig, now: datetime) -> Source:
    """Return one source."""
    state = overview.state(connection, wanted.id)
    ids: Sequence[int] = overview.newest_of(connection, wanted.id, _NEWEST) if state else ()
    found = headlines(connection, {wanted.id: wanted}, ids)
    return Source(
        scrub(source_status(wanted, state, now), config.redact),
        state,
        tuple(found[item_id].item for item_id in ids),
    )
