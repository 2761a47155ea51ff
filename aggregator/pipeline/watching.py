"""What of a daemon's sources and topics its operator should know: pure rules over what is stored.

A rule says what is so now. Whether that is news, and whether it was told, is for `ops`.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from aggregator import polling
from aggregator.config.schema import SourceConfig, TopicConfig
from aggregator.model import Condition, NoticeKind, SourceState

DEAD = timedelta(days=3)  # of failures alone
DEAD_TRIES = 3  # in a row, at least
HOLE_FRESH = timedelta(days=2)  # an older one is history
FLOOD_SPAN = timedelta(hours=24)
FLOOD_PAST = timedelta(days=14)
FLOOD_LEAST = 200  # items in a day; fewer are no flood, whoever brings them
_FLOOD_FACTOR = 10  # times what the source brings on an average day
_ENTRIES = 20  # of a topic, by which its pace is known


@dataclass(frozen=True, slots=True)
class Arrivals:
    """How many items a source brought within a day, and in the two weeks before."""

    today: int
    before: int


def of_source(source: SourceConfig, state: SourceState, now: datetime) -> Iterator[Condition]:
    """Give what is to be known of one source."""
    name = source.title or state.title or source.id
    more = f"aggregator poll --dry-run {source.id} shows one poll step by step."
    if state.is_retired:
        yield Condition(
            NoticeKind.DIED,
            source.id,
            "retired",
            f"{name} is gone",
            f"{source.shown_url} says that it is gone for good (410), twice. It is looked at once a week.\n\n"
            f"To stop it: aggregator source remove {source.id}",
        )
    elif is_dead(state, now):
        since = f"since {state.last_success_at:%Y-%m-%d}" if state.last_success_at else "from the beginning"
        yield Condition(
            NoticeKind.DIED,
            source.id,
            "failing",
            f"{name} does not answer {since}",
            f"{source.shown_url}: {state.last_error}\n\nIt is asked again at"
            f" {state.next_poll_at:%Y-%m-%d %H:%M} UTC. {more}",
        )
    silence = None if state.failures else polling.overdue(state.arrivals, now)
    if silence is not None:
        last = state.arrivals[0]
        yield Condition(
            NoticeKind.QUIET,
            source.id,
            f"{last:%Y%m%d%H%M}",
            f"{name} is quiet: nothing new since {last:%Y-%m-%d}",
            f"{source.shown_url} answers, and brings nothing for {polling.spell(silence)}: far longer than"
            f" usual. It may have another address by now. {more}",
        )
    if state.hole_at is not None and now - state.hole_at <= HOLE_FRESH:
        yield Condition(
            NoticeKind.HOLE,
            source.id,
            f"{state.hole_at:%Y%m%d%H%M}",
            f"{name}: entries may have been missed",
            f"No entry of the document of {state.hole_at:%Y-%m-%d %H:%M} UTC was known, so that others may"
            f" have come and gone since the poll before. It is polled sooner for two weeks.",
        )
    if state.moved_url is not None:
        yield Condition(
            NoticeKind.MOVED,
            source.id,
            _digest(state.moved_url),
            f"{name} has moved for good",
            f"It is polled at {state.moved_url} from now on. Write that into url, in {source.file}.",
        )


def is_dead(state: SourceState, now: datetime) -> bool:
    """Tell whether a source has brought nothing but failures for days."""
    if state.failures < DEAD_TRIES or state.last_error_at is None:
        return False
    if state.last_success_at is None:  # since when it is followed is not stored: tries have to do
        return state.failures >= 2 * DEAD_TRIES
    return now - state.last_success_at >= DEAD


def _digest(url: str) -> str:
    """Return what tells two addresses apart in a key."""
    return hashlib.blake2b(url.encode("utf-8", "replace"), digest_size=8).hexdigest()


def of_flood(source: SourceConfig, arrivals: Arrivals) -> Iterator[Condition]:
    """Give a flood: far more in a day than a source usually brings."""
    usual = arrivals.before * FLOOD_SPAN / FLOOD_PAST
    if arrivals.before and arrivals.today >= max(FLOOD_LEAST, _FLOOD_FACTOR * usual):
        yield Condition(
            NoticeKind.FLOOD,
            source.id,
            "",
            f"{source.title or source.id} floods: {arrivals.today} items within a day",
            f"Usually it brings {usual:.0f} a day. Its document may have got other addresses or ids for old"
            f" articles. To stop it meanwhile: aggregator source pause {source.id}",
        )


def of_topic(topic: TopicConfig, published: Sequence[datetime], now: datetime) -> Iterator[Condition]:
    """Give a topic that takes nothing for far longer than usual."""
    moments = [moment for moment in published[:_ENTRIES] if moment <= now]
    silence = polling.overdue(moments, now)
    if silence is not None:
        yield Condition(
            NoticeKind.TOPIC_SILENT,
            topic.id,
            f"{moments[0]:%Y%m%d%H%M}",
            f"{topic.title}: nothing new since {moments[0]:%Y-%m-%d}",
            f"The topic {topic.id} has taken nothing for {polling.spell(silence)}, far longer than usual."
            f" aggregator topic misses {topic.id} shows what it nearly took.",
        )


def conditions(
    states: Sequence[SourceState],
    configured: Mapping[str, SourceConfig],
    arrivals: Mapping[str, Arrivals],
    topics: Mapping[str, TopicConfig],
    published: Mapping[str, Sequence[datetime]],
    now: datetime,
) -> Iterator[Condition]:
    """Give everything that is to be known, source after source, topic after topic."""
    for state in states:
        source = configured.get(state.id)
        if source is not None and source.enabled:
            yield from of_source(source, state, now)
            if state.id in arrivals:
                yield from of_flood(source, arrivals[state.id])
    for topic_id, moments in published.items():
        yield from of_topic(topics[topic_id], moments, now)
