"""What pages for people show of topics and items: how busy a topic is, its entries, an item with its past.

Reads only, and only what one page holds. Everything here comes from outside and is as it was stored:
whoever shows it escapes it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from aggregator.config.schema import Config, SourceConfig, TopicConfig
from aggregator.match import Topics
from aggregator.model import Carrier, History, Item, Match
from aggregator.pipeline.explain import explain
from aggregator.pipeline.feeds import Outlet, carriers, outlets
from aggregator.pipeline.queries import Json
from aggregator.store import Connection, items, lookup, overview, rereads, stories
from aggregator.store.stories import Carried
from aggregator.text.html import plain

DAYS = 30  # of a topic's chart, the last of them is today
_HEADLINES = 3  # of each topic on the first page
_MEMBERS = 12  # of an entry in a list
_CARRIERS = 50  # of a story on the page of one item


@dataclass(frozen=True, slots=True)
class Headline:
    """An item in a list, and who it is from."""

    item: Item  # cut short, as `store.overview.glimpses` gives it
    outlet: str
    dek: str  # what it says, plain text


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a topic's feed in a list."""

    lead: Headline
    carriers: tuple[Carrier, ...]  # some of the other outlets
    carrier_count: int
    match: Match | None
    updated_at: datetime
    change_note: str | None


@dataclass(frozen=True, slots=True)
class Busy:
    """How much a topic publishes."""

    topic: TopicConfig
    days: tuple[int, ...] = (0,) * DAYS  # entries in each of the last days (UTC), today last
    last_day: int = 0  # 24 hours
    last_week: int = 0
    ever: int = 0
    since: datetime | None = None  # None: not followed yet
    headlines: tuple[Headline, ...] = ()


def topics(
    connection: Connection,
    configured: Mapping[str, SourceConfig],
    chosen: Sequence[TopicConfig],
    now: datetime,
) -> tuple[Busy, ...]:
    """Return how busy these topics are, each with its newest headlines."""
    today = datetime.combine(now.date(), time(), now.tzinfo)
    borders = [today - timedelta(days=DAYS - 1 - number) for number in range(DAYS + 1)]
    by_day = overview.published(connection, borders)
    last = overview.published(connection, (now - timedelta(days=7), now - timedelta(days=1), borders[-1]))
    ever = overview.ever_published(connection)
    newest = {
        topic.id: overview.entries(connection, topic.id, below=None, limit=_HEADLINES) for topic in chosen
    }
    lines = headlines(
        connection, configured, [each.lead_item_id for shown in newest.values() for each in shown]
    )
    found = []
    for topic in chosen:
        week, day = last.get(topic.id, (0, 0))
        count, since = ever.get(topic.id, (0, None))
        found.append(
            Busy(
                topic,
                by_day.get(topic.id, (0,) * DAYS),
                last_day=day,
                last_week=week + day,
                ever=count,
                since=since,
                headlines=tuple(lines[each.lead_item_id] for each in newest[topic.id]),
            )
        )
    return tuple(found)


def headlines(
    connection: Connection, configured: Mapping[str, SourceConfig], ids: Sequence[int]
) -> dict[int, Headline]:
    """Return some items as lists show them."""
    found = overview.glimpses(connection, ids)
    named = _outlets(connection, configured, found.values())
    return {item.id: _headline(item, named) for item in found.values()}


def _headline(item: Item, named: Mapping[str, Outlet]) -> Headline:
    dek = plain(item.entry.summary_html) or (item.article.text if item.article else "")
    return Headline(item, item.entry.outlet or named[item.source_id].name or item.source_id, dek)


def _outlets(
    connection: Connection, configured: Mapping[str, SourceConfig], found: Iterable[Item]
) -> dict[str, Outlet]:
    return outlets(connection, configured, {item.source_id for item in found})


def entries(
    connection: Connection,
    configured: Mapping[str, SourceConfig],
    topic_id: str,
    *,
    below: int | None,
    limit: int,
) -> tuple[tuple[Entry, ...], int | None]:
    """Return a page of a topic's entries, and the place below which the next one starts (None: no more).

    Pages follow the order of the ledger; within one the entries stand by first sight, as in the feed.
    """
    shown = overview.entries(connection, topic_id, below=below, limit=limit)
    others = {each.id: overview.members(connection, each, _MEMBERS) for each in shown}
    leads = [each.lead_item_id for each in shown]
    found = overview.glimpses(
        connection, sorted({*leads, *(item_id for ids, _ in others.values() for item_id in ids)})
    )
    decided = overview.decisions(connection, topic_id, leads)
    named = _outlets(connection, configured, found.values())
    ordered = sorted(shown, key=lambda each: (found[each.lead_item_id].first_seen_at, each.seq), reverse=True)
    page = tuple(
        Entry(
            _headline(found[each.lead_item_id], named),
            carriers(found[each.lead_item_id], [found[item_id] for item_id in others[each.id][0]], named),
            others[each.id][1],
            decided.get(each.lead_item_id),
            each.updated_at,
            each.change_note,
        )
        for each in ordered
    )
    return page, shown[-1].seq if len(shown) == limit else None


@dataclass(frozen=True, slots=True)
class Whole:
    """An item with its text, its past, its kin and what every topic decided on it."""

    item: Item
    outlet: str
    explained: Json  # see `pipeline.explain`
    history: History | None
    reread_due_at: datetime | None
    story: tuple[tuple[str, Carried], ...]  # the other items of its event, each with its outlet
    story_count: int


def whole(
    connection: Connection,
    config: Config,
    compiled: Topics,
    configured: Mapping[str, SourceConfig],
    name: str,
) -> Whole | None:
    """Return the item of an id, its beginning or an entry's id; None where there is none, or several."""
    ids = lookup.find(connection, name, "")
    if len(ids) != 1:
        return None
    item = items.by_ids(connection, ids)[ids[0]]
    rows = [row for row in stories.story_of(connection, item.id) if row.item_id != item.id]
    named = outlets(connection, configured, {item.source_id, *(row.source_id for row in rows[:_CARRIERS])})
    return Whole(
        item,
        _headline(item, named).outlet,
        explain(connection, config, compiled, item.uid),
        rereads.histories(connection, [item.id]).get(item.id),
        rereads.due_at(connection, item.id),
        tuple((named[row.source_id].name or row.source_id, row) for row in rows[:_CARRIERS]),
        len(rows),
    )
