"""A topic from the ledger to its files: read, compose, render, replace what differs.

What a feed says follows from the store alone: nothing here asks for the time except to leave out
entries older than the topic's `max_age`.
"""

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from aggregator import publish as room
from aggregator.config.schema import Config, SourceConfig, TopicConfig
from aggregator.dedup.agencies import origin
from aggregator.model import Carrier, Item, Match, PublishedEntry, TopicFeed
from aggregator.pipeline.parts import Parts
from aggregator.publish import Format, files
from aggregator.store import Connection, items, matches, meta, publications, sources
from aggregator.store.publications import Publication
from aggregator.text.fold import fold
from aggregator.text.html import plain
from aggregator.text.xmlchars import one_line
from aggregator.urls import scrub

_SUMMARY = 300  # characters of the plain summary
_TERMS = 8  # matched terms named in an entry


@dataclass(frozen=True, slots=True)
class Outlet:
    """How a source is named to readers, and where it stands among others."""

    name: str
    url: str | None
    tier: str = ""


async def publish(parts: Parts, topic_ids: Iterable[str] | None = None) -> tuple[str, ...]:
    """Bring the files of these topics (None: of all) up to date; return the names of those that changed."""
    folder = parts.config.publish.folder
    formats = parts.config.publish.formats
    now = parts.clock.now()
    changed: list[str] = []
    feeds = []
    for topic in parts.topic_configs.values():
        if topic_ids is None or topic.id in topic_ids:
            started = parts.clock.monotonic()
            feed = await parts.gate.read(load_feed, parts.config, topic, parts.sources, now)
            if parts.config.secrets:  # a server may put the token that we sent into its links
                feed = await asyncio.to_thread(scrub, feed, parts.config.redact.known)
            written = await asyncio.to_thread(write_feed, folder, feed, formats)
            changed += written
            parts.metrics.published(parts.clock.monotonic() - started, len(written))
            feeds.append(feed)
    if topic_ids is None:
        changed += await asyncio.to_thread(write_overview, folder, feeds, formats)
    return tuple(changed)


def write_feed(folder: Path, feed: TopicFeed, formats: Sequence[Format]) -> list[str]:
    """Write a feed in these formats; return the names of the files that changed."""
    bodies = room.render_all(feed, formats)
    names = {room.file_name(feed.topic_id, format_): body for format_, body in bodies.items()}
    return [name for name, body in names.items() if files.write(folder, name, body)]


def write_overview(folder: Path, feeds: Sequence[TopicFeed], formats: Sequence[Format]) -> list[str]:
    """Write the page and the OPML list of all topics; return the names of the files that changed."""
    bodies = {room.INDEX_NAME: room.index(feeds, formats), room.OPML_NAME: room.opml(feeds, formats)}
    return [name for name, body in bodies.items() if files.write(folder, name, body)]


def load_feed(
    connection: Connection,
    config: Config,
    topic: TopicConfig,
    configured: Mapping[str, SourceConfig],
    now: datetime,
) -> TopicFeed:
    """Read from the ledger everything that a topic's feed says."""
    since = now - topic.max_age if topic.max_age else None
    live = publications.live(connection, topic.id, limit=topic.items or config.publish.items, since=since)
    wanted = [key for each in live for key in (each.lead_item_id, *each.members)]
    found = items.by_ids(connection, wanted)
    decisions = matches.of_items(connection, [each.lead_item_id for each in live])
    named = outlets(connection, configured)
    entries = tuple(
        compose(
            each,
            found[each.lead_item_id],
            [found[key] for key in each.members],
            next(
                (match for match in decisions.get(each.lead_item_id, ()) if match.topic_id == topic.id), None
            ),
            named,
            topic.excerpt,
        )
        for each in live
    )
    state = publications.topic_states(connection)[topic.id]
    return TopicFeed(
        topic_id=topic.id,
        title=topic.title,
        description=topic.description,
        lang=topic.langs[0] if len(topic.langs) == 1 else None,
        feed_id=f"{meta.tag_prefix(connection)}{topic.id}",
        base_url=config.publish.base_url,
        updated_at=max((entry.updated_at for entry in entries), default=state.first_seen_at),
        entries=entries,
        shows_matched=config.publish.matched,
    )


def outlets(
    connection: Connection, configured: Mapping[str, SourceConfig], ids: Collection[str] | None = None
) -> dict[str, Outlet]:
    """Return how each source (of `ids`) is named: by the configuration, else by its own document."""
    named = {}
    for source_id, (title, url) in sources.outlets(connection, ids).items():
        source = configured.get(source_id)
        name = source.title if source and source.title else title
        named[source_id] = Outlet(name, url, (source.tier if source else None) or "")
    return named


def compose(
    publication: Publication,
    lead: Item,
    members: Sequence[Item],
    match: Match | None,
    named: Mapping[str, Outlet],
    excerpt: int | None,
) -> PublishedEntry:
    """Make the entry that readers see: the lead's text, and who else carries it."""
    article = lead.article
    text = article.text if article else ""
    outlet, outlet_url = _outlet(lead, named)
    summary = plain(lead.entry.summary_html) or text
    authors = tuple(author.name for author in lead.entry.authors) or (article.authors if article else ())
    return PublishedEntry(
        entry_id=publication.entry_id,
        seq=publication.seq,
        title=lead.title or _shorten(summary, 80),
        url=lead.entry.url or outlet_url or "",  # an item of a listing page may have no address of its own
        outlet=outlet,
        outlet_url=outlet_url,
        agency=origin(text, authors),
        authors=authors,
        html=(article.html if article else lead.entry.content_html) if excerpt is None else "",
        summary=_shorten(summary, excerpt or _SUMMARY),
        lang=lead.lang,
        tags=lead.entry.tags,
        enclosures=lead.entry.enclosures,
        image_url=lead.entry.image_url or (article.image_url if article else None),
        published_at=lead.published_at,
        first_seen_at=lead.first_seen_at,
        updated_at=publication.updated_at,
        change_note=publication.change_note,
        carriers=carriers(lead, members, named),
        score=match.score if match else 0.0,
        matched=_terms(match),
    )


def carriers(lead: Item, members: Sequence[Item], named: Mapping[str, Outlet]) -> tuple[Carrier, ...]:
    """Return the other outlets, each once for copies and once for reports of its own.

    In the order of their tiers (those without last), then as we saw them.
    """

    def place(item: Item) -> tuple[bool, str, datetime, int]:
        tier = named[item.source_id].tier
        return (not tier, fold(tier), item.first_seen_at, item.id)

    found: dict[tuple[str, bool], Carrier] = {}
    for item in sorted(members, key=place):
        if not item.canonical_url or item.canonical_url != lead.canonical_url:
            carrier = Carrier(
                _outlet(item, named)[0],
                item.entry.url or "",
                item.first_seen_at,
                title=item.title,
                is_copy=item.root_id == lead.root_id,
            )
            found.setdefault((fold(carrier.outlet), carrier.is_copy), carrier)
    return tuple(found.values())


def _outlet(item: Item, named: Mapping[str, Outlet]) -> tuple[str, str | None]:
    if item.entry.outlet:
        return item.entry.outlet, item.entry.outlet_url
    outlet = named[item.source_id]
    host = urlsplit(outlet.url or "").hostname or item.source_id
    return one_line(outlet.name) or host, outlet.url


def _terms(match: Match | None) -> tuple[str, ...]:
    if match is None:
        return ()
    terms = [reason.term for reason in match.reasons if reason.points > 0 and reason.term]
    return tuple(dict.fromkeys(terms))[:_TERMS]


def _shorten(text: str, length: int) -> str:
    """Cut a text at a word, with an ellipsis where something was cut."""
    line = one_line(text)
    if len(line) <= length:
        return line
    cut = line[: length - 1]
    at = cut.rfind(" ")
    # Chinese has no spaces: cut where the length ends rather than lose most of the text.
    return (cut[:at] if at > length // 2 else cut).rstrip() + "…"
