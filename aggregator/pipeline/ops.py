"""The feed about the daemon itself: what its operator should know, each thing once, in the same reader.

`look` compares what is so now with what was told and writes `ops.atom` and its siblings; `tell_refusal` tells
of the configuration, which somebody waits for. While nothing happens, no byte changes.
"""

import asyncio
import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from aggregator import publish as room
from aggregator.config.schema import Config, SourceConfig, TopicConfig
from aggregator.logs import get_logger
from aggregator.model import Condition, Configured, Notice, NoticeKind, PublishedEntry, TopicFeed
from aggregator.pipeline import watching
from aggregator.pipeline.parts import Parts
from aggregator.pipeline.watching import FLOOD_LEAST, FLOOD_PAST, FLOOD_SPAN, Arrivals
from aggregator.publish import files
from aggregator.store import Connection, census, meta, notices, sources
from aggregator.text.html import escape
from aggregator.text.xmlchars import one_line
from aggregator.urls import scrub

FEED = "ops"  # no topic may have this id
PAUSE = timedelta(days=1)  # until the same kind of thing is told of the same source again
CONFIG_PAUSE = timedelta(minutes=10)  # and of the configuration
_KEPT = timedelta(days=180)
_ENTRIES = 100
_MISTAKES = 10  # of a configuration that are told
_PACE = 20  # entries of a topic, by which its pace is known
_SURVEYED = frozenset(NoticeKind) - {NoticeKind.CONFIG, NoticeKind.RECOVERED}

log = get_logger("ops")


async def look(parts: Parts, configured: Configured | None = None) -> tuple[str, ...]:
    """Tell what has begun and ended since the last time; return the names of the files that changed.

    `configured` says which configuration is live, None that nobody watches it. While we are offline nothing
    is said about sources. Raises ServiceDownError, OutputError.
    """
    if configured is not None:
        await _tell(parts, refusals(parts.config, configured), {NoticeKind.CONFIG}, CONFIG_PAUSE)
    if not parts.connectivity.is_offline:
        now = parts.clock.now()
        found = await parts.gate.read(survey, parts.config, parts.sources, parts.topic_configs, now)
        await _tell(parts, found, _SURVEYED, PAUSE)
    return await publish(parts)


async def tell_refusal(parts: Parts, configured: Configured) -> None:
    """Tell at once of a configuration that was refused, or that it is fine again, and publish.

    Of one that is refused again within minutes, since somebody is at work on it, the next `look` tells.
    """
    await _tell(parts, refusals(parts.config, configured), {NoticeKind.CONFIG}, CONFIG_PAUSE)
    await publish(parts)


def refusals(config: Config, configured: Configured) -> tuple[Condition, ...]:
    """Return what is to be told of a configuration that was refused, nothing of one that was not."""
    if configured.refused_at is None:
        return ()
    shown = "\n\n".join(configured.problems[:_MISTAKES])
    digest = hashlib.blake2b("\n".join(configured.problems).encode("utf-8", "replace"), digest_size=8)
    title = f"the configuration in {config.folder} was refused"
    text = f"The daemon goes on with the one before. aggregator check names every mistake:\n\n{shown}"
    return (Condition(NoticeKind.CONFIG, "", digest.hexdigest(), title, text),)


async def _tell(
    parts: Parts, found: Sequence[Condition], watched: Collection[NoticeKind], pause: timedelta
) -> None:
    now = parts.clock.now()
    shown = [scrub(each, parts.config.redact) for each in found]
    begun, ended = await parts.gate.write(_record, shown, watched, now, pause, parts.new_uid)
    for condition in begun:
        log.warning("notice", kind=condition.kind.value, subject=condition.subject, title=condition.title)
    for condition in ended:
        log.info("over", kind=condition.kind.value, subject=condition.subject, title=condition.title)


def _record(
    connection: Connection,
    found: Sequence[Condition],
    watched: Collection[NoticeKind],
    now: datetime,
    pause: timedelta,
    new_uid: Callable[[], str],
) -> tuple[tuple[Condition, ...], tuple[Condition, ...]]:
    begun, ended = notices.record(connection, found, watched, now, pause=pause, new_uid=new_uid)
    still = {(each.kind, each.subject) for each in found}
    for each in ended:
        if (each.kind, each.subject) not in still and (title := _ending(connection, each, now)):
            over = Condition(NoticeKind.RECOVERED, each.subject, "", title, f"It is over: {each.title}.")
            notices.add(connection, over, new_uid(), now)
    notices.forget(connection, now - _KEPT)
    return begun, ended


def _ending(connection: Connection, condition: Condition, now: datetime) -> str:
    """Return what is told of the end of a condition, "" where nobody waits for it.

    A source that was removed, paused or given another address answers no more for that.
    """
    if condition.kind is NoticeKind.CONFIG:
        return "the configuration is fine again"
    if condition.kind is NoticeKind.DIED:
        for state in sources.all_states(connection):
            if state.id == condition.subject and state.last_success_at is not None:
                return f"{state.id} answers again" if now - state.last_success_at < watching.DEAD else ""
    return ""


def survey(
    connection: Connection,
    config: Config,
    configured: Mapping[str, SourceConfig],
    topics: Mapping[str, TopicConfig],
    now: datetime,
) -> tuple[Condition, ...]:
    """Return everything that is so now, from what is stored."""
    since = now - FLOOD_SPAN
    today = census.arrived(connection, since, now, least=FLOOD_LEAST)
    before = census.arrived(connection, since - FLOOD_PAST, since, of=list(today)) if today else {}
    found = watching.conditions(
        sources.all_states(connection),
        configured,
        {name: Arrivals(count, before.get(name, 0)) for name, count in today.items()},
        topics,
        {topic_id: census.published(connection, topic_id, _PACE) for topic_id in topics},
        now,
    )
    return tuple(scrub(each, config.redact) for each in found)


async def publish(parts: Parts) -> tuple[str, ...]:
    """Write the feed's files where their bytes differ; return the names of those that did."""
    feed = await parts.gate.read(load_feed, parts.config)
    return await asyncio.to_thread(_write, parts.config, feed)


def _write(config: Config, feed: TopicFeed) -> tuple[str, ...]:
    bodies = room.render_all(feed, config.publish.formats)
    named = {room.file_name(FEED, format_): body for format_, body in bodies.items()}
    return tuple(name for name, body in named.items() if files.write(config.publish.folder, name, body))


def load_feed(connection: Connection, config: Config) -> TopicFeed:
    """Read the feed about the daemon from what was told."""
    prefix = meta.tag_prefix(connection)
    told = notices.latest(connection, _ENTRIES)
    entries = tuple(_entry(each, f"{prefix}{FEED}/", config.publish.base_url) for each in told)
    created_at = datetime.fromisoformat(prefix.rstrip(":").rpartition(",")[2]).replace(tzinfo=UTC)
    return TopicFeed(
        topic_id=FEED,
        title="aggregator: what needs a look",
        description="Sources that died or went quiet, floods, holes, moves, refused configurations.",
        lang="en",
        feed_id=f"{prefix}{FEED}",
        base_url=config.publish.base_url,
        updated_at=max((entry.updated_at for entry in entries), default=created_at),
        entries=entries,
        shows_matched=False,
    )


def _entry(notice: Notice, prefix: str, base_url: str) -> PublishedEntry:
    condition = notice.condition
    paragraphs = [one_line(part) for part in condition.text.split("\n\n")]
    if notice.closed_at is not None and condition.kind is not NoticeKind.RECOVERED:
        paragraphs.append(f"Over since {notice.closed_at:%Y-%m-%d %H:%M} UTC.")
    return PublishedEntry(
        entry_id=f"{prefix}{notice.uid}",
        seq=notice.number,
        title=condition.title,
        url=f"{base_url}/",
        outlet="aggregator",
        outlet_url=f"{base_url}/",
        authors=(),
        html="".join(f"<p>{escape(part)}</p>" for part in paragraphs),
        summary=" ".join(paragraphs),
        lang="en",
        tags=(condition.kind.value,),
        enclosures=(),
        image_url=None,
        published_at=notice.opened_at,
        first_seen_at=notice.opened_at,
        updated_at=notice.opened_at,
        change_note=None,
        carriers=(),
        score=0.0,
        matched=(),
    )
