"""What a topic's feed says, composed from the ledger and the stored items.

It follows from the store and the configuration alone: the time is asked for only to leave out entries
older than the topic's `max_age`.
"""

import asyncio
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import quote, urlsplit

from aggregator.config.schema import Config, SourceConfig, TopicConfig
from aggregator.dedup.agencies import origin
from aggregator.model import Carrier, Item, Match, PublishedEntry, TopicFeed
from aggregator.pipeline.parts import Parts
from aggregator.store import Connection, archive_pages, items, matches, meta, publications, sources
from aggregator.store.publications import Publication
from aggregator.text.fold import fold
from aggregator.text.html import plain
from aggregator.text.xmlchars import one_line
from aggregator.urls import scrub

_SUMMARY = 300  # characters of the plain summary
_TERMS = 8  # matched terms named in an entry
_WORDS = 230  # read in a minute
_SIGNS = 450  # of Chinese or Japanese
_SIGN = re.compile("[\u3040-\u30ff\u3400-\u9fff]")


@dataclass(frozen=True, slots=True)
class Outlet:
    """How a source is named to readers, and where it stands among others."""

    name: str
    url: str | None
    tier: str = ""


def load_feed(
    connection: Connection,
    config: Config,
    topic: TopicConfig,
    configured: Mapping[str, SourceConfig],
    now: datetime,
) -> TopicFeed:
    """Read from the ledger everything that a topic's feed says.

    What is older than the topic's `max_age` is left out, until a page of the archive holds it.
    """
    since = now - topic.max_age if topic.max_age else None
    live = publications.live(connection, topic.id, limit=topic.items or config.publish.items, since=since)
    feed = compose_feed(connection, config, topic, configured, live)
    if "atom" not in config.publish.formats:
        return feed
    pages = publications.state(connection, topic.id).pages
    paged = pages * archive_pages.SIZE
    carried = {each.seq for each in live}
    open_ = publications.from_place(connection, topic.id, paged, archive_pages.SIZE)
    missing = [each for each in open_ if each.seq not in carried]
    rest: tuple[PublishedEntry, ...] = ()
    if missing:
        made = compose_feed(connection, config, topic, configured, missing).entries
        kept = [entry for entry in made if since is None or entry.first_seen_at >= since]
        kept.sort(key=lambda entry: (entry.first_seen_at, entry.published_at, entry.seq), reverse=True)
        rest = tuple(kept)
    return replace(feed, rest=rest, older_page=pages - 1 if pages else None)


def load_page(
    connection: Connection,
    config: Config,
    topic: TopicConfig,
    configured: Mapping[str, SourceConfig],
    number: int,
) -> TopicFeed:
    """Read from the ledger everything that a page of a topic's archive says."""
    found = publications.of_page(connection, topic.id, number)
    feed = compose_feed(connection, config, topic, configured, found)
    return replace(feed, page=number, older_page=number - 1 if number else None)


def compose_feed(
    connection: Connection,
    config: Config,
    topic: TopicConfig,
    configured: Mapping[str, SourceConfig],
    found: Sequence[Publication],
) -> TopicFeed:
    """Make a feed of some publications of a topic."""
    wanted = [key for each in found for key in (each.lead_item_id, *each.members)]
    held = items.by_ids(connection, wanted)
    decisions = matches.of_items(connection, [each.lead_item_id for each in found])
    named = outlets(connection, configured)
    entries = tuple(
        compose(
            each,
            held[each.lead_item_id],
            [held[key] for key in each.members],
            next(
                (match for match in decisions.get(each.lead_item_id, ()) if match.topic_id == topic.id), None
            ),
            named,
            excerpt(topic, configured.get(held[each.lead_item_id].source_id)),
        )
        for each in found
    )
    state = publications.state(connection, topic.id)
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
        ttl=config.publish.ttl,
        hub=config.publish.hub or None,
        page_url=f"{config.publish.base_url}/topics/{quote(topic.id)}" if config.serve.listen else None,
    )


async def without_secrets(parts: Parts, feed: TopicFeed) -> TopicFeed:
    """Hide what a server took from our request and put into its links."""
    if not parts.config.secrets:
        return feed
    return await asyncio.to_thread(scrub, feed, parts.config.redact.known)


def excerpt(topic: TopicConfig, source: SourceConfig | None) -> int | None:
    """Return how much of a text is published: the less of what topic and source allow; None: all."""
    allowed = [most for most in (topic.excerpt, source.excerpt if source else None) if most is not None]
    return min(allowed, default=None)


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
        minutes=reading_minutes(text),
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


def reading_minutes(text: str) -> int:
    """Estimate how long a text takes to read; 0 for one that takes less than half a minute."""
    signs = len(_SIGN.findall(text))
    words = len(_SIGN.sub(" ", text).split())
    return round(words / _WORDS + signs / _SIGNS)


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
