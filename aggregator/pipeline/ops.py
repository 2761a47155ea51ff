"""The feed about the daemon itself: what its operator should know, each thing once, in the same reader.

`look` compares what is so now with what was told and writes `ops.atom` and its siblings; `note` tells of
what no stored state shows, such as a configuration that was refused. While nothing happens, no byte changes.
"""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from aggregator import publish as room
from aggregator.config.schema import Config, SourceConfig, TopicConfig
from aggregator.logs import get_logger
from aggregator.model import Condition, Notice, NoticeKind, PublishedEntry, TopicFeed
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
_KEPT = timedelta(days=180)
_ENTRIES = 100
_PACE = 20  # entries of a topic, by which its pace is known
_SURVEYED = frozenset(NoticeKind) - {NoticeKind.CONFIG, NoticeKind.RECOVERED}
_ENDINGS = {NoticeKind.DIED: "answers again", NoticeKind.CONFIG: "the configuration is fine again"}

log = get_logger("ops")


async def look(parts: Parts) -> tuple[str, ...]:
    """Tell what has begun and ended since the last time; return the names of the files that changed.

    While we are offline nothing is said about sources. Raises ServiceDownError, OutputError.
    """
    if not parts.connectivity.is_offline:
        now = parts.clock.now()
        found = await parts.gate.read(survey, parts.config, parts.sources, parts.topic_configs, now)
        await _tell(parts, found, _SURVEYED)
    return await publish(parts)


async def note(parts: Parts, condition: Condition) -> None:
    """Tell of something at once, and publish; nothing happens if it is told already."""
    await _tell(parts, [condition], {condition.kind})
    await publish(parts)


async def settle(parts: Parts, kind: NoticeKind) -> None:
    """Tell that whatever was noted of a kind is over, and publish."""
    await _tell(parts, (), {kind})
    await publish(parts)


def refused(config: str, mistakes: Sequence[str], digest: str) -> Condition:
    """Make the notice of a configuration that was refused; `digest` tells one refusal from the next."""
    shown = "\n\n".join(mistakes[:10])
    title = f"the configuration in {config} was refused"
    text = f"The daemon goes on with the one before. aggregator check names every mistake:\n\n{shown}"
    return Condition(NoticeKind.CONFIG, "", digest, title, text)


async def _tell(parts: Parts, found: Sequence[Condition], watched: Collection[NoticeKind]) -> None:
    now = parts.clock.now()
    shown = [scrub(each, parts.config.redact) for each in found]
    begun, ended = await parts.gate.write(_record, shown, watched, now, parts.new_uid)
    for condition in begun:
        log.warning("notice", kind=condition.kind.value, subject=condition.subject, title=condition.title)
    for condition in ended:
        log.info("over", kind=condition.kind.value, subject=condition.subject, title=condition.title)


def _record(
    connection: Connection,
    found: Sequence[Condition],
    watched: Collection[NoticeKind],
    now: datetime,
    new_uid: Callable[[], str],
) -> tuple[tuple[Condition, ...], tuple[Condition, ...]]:
    pause = timedelta(0) if watched == {NoticeKind.CONFIG} else PAUSE
    begun, ended = notices.record(connection, found, watched, now, pause=pause, new_uid=new_uid)
    still = {(each.kind, each.subject) for each in found}
    for each in ended:
        if each.kind in _ENDINGS and (each.kind, each.subject) not in still:
            title = f"{each.subject}: {_ENDINGS[each.kind]}" if each.subject else _ENDINGS[each.kind]
            text = f"It is over: {each.title}."
            notices.add(
                connection, Condition(NoticeKind.RECOVERED, each.subject, "", title, text), new_uid(), now
            )
    notices.forget(connection, now - _KEPT)
    return begun, ended


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
