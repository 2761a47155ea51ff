"""What pages for people ask of the ledger and the archive, each question with a bound.

Nothing here reads more than a page shows: texts and titles come cut, entries are found by their place in the
topic, days by the order of the ledger, so that a large archive answers as soon as a small one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import Connection, Row, Select, func, literal_column, select

from aggregator.model import (
    Article,
    DateOrigin,
    Entry,
    FailureKind,
    Item,
    Match,
    Quality,
    Reason,
    SourceState,
    Stage,
)
from aggregator.store import schema, states

_p = schema.publications
_m = schema.publication_members
_i = schema.items
_a = schema.articles
_s = schema.sources

_TITLE = 600  # characters of a title
_SUMMARY = 4000  # characters of a summary, markup included
_TEXT = 800  # characters of a text

_IS_LIVE = _p.c.withdrawn_at.is_(None) & _p.c.unmatched_at.is_(None)


@dataclass(frozen=True, slots=True)
class Shown:
    """An entry of a topic's feed as a list shows it."""

    id: int
    seq: int
    lead_item_id: int
    updated_at: datetime
    change_note: str | None


def entries(connection: Connection, topic_id: str, *, below: int | None, limit: int) -> tuple[Shown, ...]:
    """Return the entries of a topic's feed from the newest, or from the one `below` a place, on."""
    statement = (
        select(_p.c.id, _p.c.seq, _p.c.lead_item_id, _p.c.updated_at, _p.c.change_note)
        .where(_p.c.topic_id == topic_id, _IS_LIVE)
        .order_by(_p.c.seq.desc())
        .limit(limit)
    )
    if below is not None:
        statement = statement.where(_p.c.seq < below)
    return tuple(Shown(**row._mapping) for row in connection.execute(statement))


def members(connection: Connection, shown: Shown, most: int) -> tuple[tuple[int, ...], int]:
    """Return the first other items of an entry, in the order in which they joined, and how many there are."""
    others = (_m.c.publication_id == shown.id) & (_m.c.item_id != shown.lead_item_id)
    first = select(_m.c.item_id).where(others).order_by(_m.c.joined_at, _m.c.item_id).limit(most)
    found = tuple(connection.scalars(first))
    if len(found) < most:
        return found, len(found)
    return found, connection.scalar(select(func.count()).select_from(_m).where(others)) or 0


def glimpses(connection: Connection, ids: Sequence[int]) -> dict[int, Item]:
    """Return items as lists show them: title, summary and text cut, and nothing of what is fuller."""
    return {row.id: _glimpse(row) for row in connection.execute(_glimpsing().where(_i.c.id.in_(ids)))}


def _glimpsing() -> Select[Any]:
    columns = (
        *(_i.c.id, _i.c.uid, _i.c.source_id, _i.c.identity, _i.c.url, _i.c.canonical_url, _i.c.root_id),
        *(_i.c.published_at, _i.c.published_from, _i.c.first_seen_at, _i.c.updated_at, _i.c.stage),
        *(_i.c.is_backlog, _i.c.is_provisional),
        func.substr(_i.c.title, 1, _TITLE).label("title"),
        func.substr(_i.c.entry["outlet"].as_string(), 1, _TITLE).label("outlet"),
        func.substr(_i.c.entry["summary_html"].as_string(), 1, _SUMMARY).label("summary"),
        func.substr(_a.c.title, 1, _TITLE).label("page_title"),
        func.substr(_a.c.text, 1, _TEXT).label("text"),
        *(_a.c.quality, _a.c.lang, _a.c.is_from_page),
    )
    return select(*columns).join_from(_i, _a, _a.c.item_id == _i.c.id, isouter=True)


def _glimpse(row: Row[Any]) -> Item:
    article = None
    if row.text is not None:
        quality = Quality(row.quality)
        article = Article("", row.text, quality, is_from_page=row.is_from_page, title=row.page_title)
    return Item(
        id=row.id,
        uid=row.uid,
        source_id=row.source_id,
        identity=row.identity,
        entry=Entry(None, row.url, row.title, summary_html=row.summary or "", outlet=row.outlet),
        canonical_url=row.canonical_url,
        content_digest="",
        published_at=row.published_at,
        published_from=DateOrigin(row.published_from),
        first_seen_at=row.first_seen_at,
        updated_at=row.updated_at,
        stage=Stage(row.stage),
        tries=0,
        is_backlog=row.is_backlog,
        is_provisional=row.is_provisional,
        root_id=row.root_id,
        lang=row.lang,
        article=article,
    )


def decisions(connection: Connection, topic_id: str, ids: Sequence[int]) -> dict[int, Match]:
    """Return what a topic decided on some items."""
    table = schema.matches
    rows = connection.execute(select(table).where(table.c.item_id.in_(ids), table.c.topic_id == topic_id))
    return {
        row.item_id: Match(
            row.topic_id,
            row.topic_version,
            row.is_match,
            row.score,
            tuple(Reason(*part) for part in row.reasons),
        )
        for row in rows
    }


def published(connection: Connection, borders: Sequence[datetime]) -> dict[str, tuple[int, ...]]:
    """Count what each topic has published and still carries between each two neighbouring instants.

    The ledger is written in the order of time: only its end is read, from where the first instant lies.
    """
    at = _p.c.first_published_at
    bins = [func.count().filter(at >= low, at < high) for low, high in pairwise(borders)]
    first = _first_since(connection, borders[0])
    # Not the bare column: SQLite would walk through all of its index, since that is in the order of groups.
    topic = func.coalesce(_p.c.topic_id, literal_column("''"))
    statement = select(topic, *bins).where(_p.c.id >= first, _IS_LIVE).group_by(topic)
    return {row[0]: tuple(row[1:]) for row in connection.execute(statement)}


def _first_since(connection: Connection, since: datetime) -> int:
    """Return the number of the first publication since then, by halving: no index knows the instants."""
    low, high = 0, (connection.scalar(select(func.max(_p.c.id))) or 0) + 1
    while low < high:
        middle = (low + high) // 2
        row = connection.execute(
            select(_p.c.id, _p.c.first_published_at).where(_p.c.id >= middle).order_by(_p.c.id).limit(1)
        ).first()
        if row is None or row.first_published_at >= since:
            high = middle
        else:
            low = row.id + 1
    return low


def ever_published(connection: Connection) -> dict[str, tuple[int, datetime]]:
    """Return for each topic how many entries it has opened in all, and since when it is followed."""
    table = schema.topics
    rows = connection.execute(select(table.c.id, table.c.next_seq, table.c.first_seen_at))
    return {row.id: (row.next_seq - 1, row.first_seen_at) for row in rows}


def newest_of(connection: Connection, source_id: str, limit: int) -> list[int]:
    """Return the items of a source that were stored last, the newest first."""
    # Whatever the planner thinks: the index by source holds the numbers, the table is large.
    mine = select(_i.c.id).where(_i.c.source_id == source_id).order_by((_i.c.id + 0).desc())
    return list(connection.scalars(mine.limit(limit)))


def health(connection: Connection) -> dict[str, SourceState]:
    """Return how each configured source is, without what it remembers of documents and habits."""
    columns = (
        *(_s.c.id, _s.c.url, func.substr(_s.c.title, 1, _TITLE).label("title"), _s.c.failures),
        *(_s.c.is_retired, _s.c.last_success_at, _s.c.last_error_kind, _s.c.next_poll_at, _s.c.reason),
        *(_s.c.interval_seconds, _s.c.polls, _s.c.polls_not_modified),
    )
    rows = connection.execute(select(*columns).where(_s.c.is_enabled))
    return {
        row.id: SourceState(
            row.id,
            row.url,
            row.next_poll_at,
            title=row.title,
            reason=row.reason,
            interval=timedelta(seconds=row.interval_seconds) if row.interval_seconds is not None else None,
            failures=row.failures,
            polls=row.polls,
            polls_not_modified=row.polls_not_modified,
            last_success_at=row.last_success_at,
            last_error_kind=FailureKind(row.last_error_kind) if row.last_error_kind else None,
            is_retired=row.is_retired,
        )
        for row in rows
    }


def state(connection: Connection, source_id: str) -> SourceState | None:
    """Return all that is remembered of a source."""
    row = connection.execute(select(*states.COLUMNS).where(_s.c.id == source_id)).one_or_none()
    return states.load(row) if row is not None else None
