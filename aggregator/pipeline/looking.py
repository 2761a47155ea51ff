"""An article as somebody looks at it: read as the daemon would, on behalf of the same source, nothing stored.

Where the page belongs to a stored entry, the verdict takes its title and summary into account; where it
only lies on the host of a source, it is asked for as that source asks.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import takewhile

from aggregator import analysis
from aggregator.config.schema import SourceConfig
from aggregator.model import Article, Failure, Fetched, History, Item, SiteRule
from aggregator.pipeline import pages
from aggregator.pipeline.pages import ReadPages
from aggregator.pipeline.parts import Parts
from aggregator.store import Connection, items, rereads
from aggregator.urls import canonical_url, registrable_domain, site_root


@dataclass(frozen=True, slots=True)
class Stored:
    """What is known of a page beforehand."""

    item: Item
    history: History | None
    reread_at: datetime | None  # when it is looked at once more


@dataclass(frozen=True, slots=True)
class Look:
    """A page as it arrived, its article and what became of each block of it."""

    answer: Fetched
    size: int  # bytes
    pages: ReadPages
    article: Article
    kept: Article  # what the daemon would store: the feed's own text may be fuller
    rule: SiteRule | None
    source: SourceConfig | None  # on whose behalf it was asked for
    stored: Stored | None


async def look(parts: Parts, url: str) -> Look | Failure:
    """Read the article behind an address as the daemon would, storing nothing."""
    stored = await parts.gate.read(_stored, canonical_url(url))
    entry = stored.item.entry if stored else None
    source = parts.sources.get(stored.item.source_id) if stored else None
    if source is None:
        source = host_of(parts.sources.values(), url)
    lang = (entry.lang if entry else None) or (source.lang if source else None)
    how = pages.visit(parts, source, url, lang=lang, with_metadata=True, entry=entry)
    how = replace(how, is_looking=True)
    async with pages.fetched(parts, url, how) as answer:
        if isinstance(answer, Failure):
            return answer
        found = await pages.read(parts, answer, how)
        if isinstance(found, Failure):
            return found
        size = answer.spool.stat().st_size if answer.spool else len(answer.body)
    read_pages = tuple(each.page for each in found.parts)
    joined = await parts.workers.run(analysis.join, read_pages, found.broken, entry)
    if isinstance(joined, Failure):
        return joined
    article, kept = joined
    return Look(answer, size, found, article, kept, pages.rule_for(parts, answer, how), source, stored)


def host_of(sources: Iterable[SourceConfig], url: str) -> SourceConfig | None:
    """Return the source to which a page most likely belongs: of its origin, else of its domain.

    Of several the one whose address begins most like the page's. Whatever secrets it has go to the origin
    that it names and to no other: see `Access`.
    """
    home, domain = site_root(url), registrable_domain(url)
    if not domain:
        return None
    near = [source for source in sources if registrable_domain(source.url) == domain]

    def likeness(source: SourceConfig) -> tuple[bool, int]:
        steps = zip(source.url.split("/"), url.split("/"), strict=False)
        return site_root(source.url) == home, sum(
            1 for _ in takewhile(lambda pair: pair[0] == pair[1], steps)
        )

    return max(near, key=likeness, default=None)


def _stored(connection: Connection, key: str) -> Stored | None:
    item = items.at(connection, key) if key else None
    if item is None:
        return None
    history = rereads.histories(connection, [item.id]).get(item.id)
    return Stored(item, history, rereads.due_at(connection, item.id))
