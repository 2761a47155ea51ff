"""What Prometheus is told about the store: ages, states and queues, asked for each time somebody looks.

A database that does not answer costs these figures only; what the process has counted is told all the same.
"""

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime

from aggregator.config.schema import SourceConfig
from aggregator.errors import ServiceDownError
from aggregator.metrics import Figure
from aggregator.model import SourceState, Stage
from aggregator.pipeline.parts import Parts
from aggregator.pipeline.queries import condition
from aggregator.store import Connection, items, publications, rereads, sources


async def scrape(parts: Parts) -> bytes:
    """Return all figures in Prometheus' text format."""
    try:
        found = await parts.gate.read(_asked, parts.sources, parts.clock.now())
    except ServiceDownError:
        found = (Figure("database_up", "Whether the database answers.", "", {"": 0}),)
    return await asyncio.to_thread(parts.metrics.render, found)


def _asked(
    connection: Connection, configured: Mapping[str, SourceConfig], now: datetime
) -> tuple[Figure, ...]:
    states = sources.all_states(connection)
    unfinished = items.unfinished(connection)
    queues = {stage.value: float(unfinished.get(stage.value, 0)) for stage in (Stage.NEW, Stage.SETTLED)}
    queues |= {"reread": float(rereads.count(connection))}
    queues |= {"poll": float(sum(state.next_poll_at <= now for state in states))}
    carried = {topic: float(count) for topic, (count, _) in publications.counts(connection).items()}
    return (
        Figure("database_up", "Whether the database answers.", "", {"": 1}),
        Figure("items", "Stored items.", "", {"": items.count(connection)}),
        Figure("queue_depth", "What waits: items by stage, due polls, second looks.", "queue", queues),
        Figure("topic_entries", "Entries that each topic carries.", "topic", carried),
        *of_sources(states, configured, now),
    )


def of_sources(
    states: tuple[SourceState, ...], configured: Mapping[str, SourceConfig], now: datetime
) -> Iterator[Figure]:
    """Give the figures of sources, those without success for longest first: of many only these are told."""
    known = [(configured[state.id], state) for state in states if state.id in configured]
    yield Figure(
        "sources", "Sources by state.", "state", Counter(condition(source, state) for source, state in known)
    )
    ages = {
        state.id: (now - since).total_seconds()
        for _, state in known
        if (since := state.last_success_at) is not None
    }
    oldest = dict(sorted(ages.items(), key=lambda each: (-each[1], each[0])))
    yield Figure(
        "source_last_success_age_seconds", "Time since each source's last success.", "source", oldest
    )
    never = sum(state.last_success_at is None for _, state in known)
    yield Figure("sources_without_success", "Sources that never answered well.", "", {"": never})
