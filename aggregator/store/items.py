"""Items: what is known of a source's entries, what is new, and how far each item has come."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import (
    Connection,
    Row,
    Select,
    bindparam,
    func,
    insert,
    literal,
    select,
    text,
    update,
)

from aggregator.model import Article, DateOrigin, Entry, Item, NewItem, Quality, Sighting, Stage
from aggregator.store import schema
from aggregator.store.codec import dump_entry, load_entry

_t = schema.items
_a = schema.articles
_T = TypeVar("_T")
# The words of the partial index: with them, and only with them, SQLite uses it.
UNFINISHED = text("items.stage <> 'done'")
_HISTORY = frozenset(  # of an article: see `rereads.histories`
    ("previous_text", "previous_at", "changed_at", "change_note", "reread_at", "reread_note")
)
_CHUNK = 500  # values in one IN (…): far below every database's limit

_IS_AS_READ = (_t.c.id == bindparam("of")) & (_t.c.content_digest == bindparam("as_read"))
# Made once: building a statement costs more than running it.
_SETTLE = (
    update(_t)
    .where(_IS_AS_READ)
    .values(stage=Stage.SETTLED.value, is_provisional=bindparam("provisionally"), lease_until=None)
)
_DECIDE = (
    update(_t)
    .where(_IS_AS_READ, _t.c.stage == Stage.SETTLED.value)
    .values(stage=bindparam("after"), is_changed=False)
)
_SETTLED = (
    select(_t.c.id)
    .where(UNFINISHED, _t.c.stage == Stage.SETTLED.value)
    .order_by(_t.c.published_at, _t.c.id)
    .limit(bindparam("limit"))
)


@dataclass(frozen=True, slots=True)
class Known:
    """What a poll must know of an entry that is stored already."""

    item_id: int
    content_digest: str


@dataclass(frozen=True, slots=True)
class Edit:
    """A known entry whose publisher changed its text."""

    item_id: int
    entry: Entry
    content_digest: str


def known(connection: Connection, source_id: str, identities: Sequence[str]) -> dict[str, Known]:
    """Return those of a source's identities that are stored."""
    found: dict[str, Known] = {}
    for chunk in chunks(identities):
        statement = select(_t.c.identity, _t.c.id, _t.c.content_digest).where(
            _t.c.source_id == source_id, _t.c.identity.in_(chunk)
        )
        found |= {row.identity: Known(row.id, row.content_digest) for row in connection.execute(statement)}
    return found


def sightings(connection: Connection, source_id: str, limit: int) -> tuple[Sighting, ...]:
    """Return what the newest stored entries of a source looked like, oldest first."""
    statement = (
        select(_t.c.canonical_url, _t.c.title, _t.c.published_at, _t.c.published_from, _t.c.identity)
        .where(_t.c.source_id == source_id, _t.c.canonical_url != "", _t.c.title != "")
        .order_by(_t.c.id.desc())
        .limit(limit)
    )
    return tuple(
        Sighting(
            row.canonical_url,
            row.title,
            row.published_at if row.published_from == DateOrigin.FEED.value else None,
            row.identity,
        )
        for row in reversed(connection.execute(statement).all())
    )


def add(connection: Connection, new: Sequence[NewItem]) -> int:
    """Store new items, except those that another poll stored meanwhile; return how many were added."""
    stored = known(connection, new[0].source_id, [item.identity for item in new]) if new else {}
    rows = [_new_row(item) for item in new if item.identity not in stored]
    if rows:
        connection.execute(insert(_t), rows)
    return len(rows)


def edit(connection: Connection, edits: Iterable[Edit], now: datetime, *, no_more_tries: int) -> None:
    """Take over what the publisher changed; ids, links and first sight stay.

    An item whose text is its page's is decided again under its new title. One whose text is the
    feed's own is read again, `no_more_tries` saying that its page is not asked for. One whose page is
    still awaited stays as it is: whoever is working on it finds that the digest has changed.
    """
    for change in edits:
        mine = _t.c.id == change.item_id
        values = {
            "title": change.entry.title,
            "entry": dump_entry(change.entry),
            "content_digest": change.content_digest,
            "updated_at": now,
        }
        connection.execute(update(_t).where(mine).values(**values))
        is_from_page = connection.scalar(select(_a.c.is_from_page).where(_a.c.item_id == change.item_id))
        decided = mine & (_t.c.stage == Stage.DONE.value)
        settled = mine & _t.c.stage.in_((Stage.SETTLED.value, Stage.DONE.value))
        if is_from_page:
            connection.execute(update(_t).where(decided).values(stage=Stage.SETTLED.value))
        else:
            again = {"stage": Stage.NEW.value, "tries": no_more_tries, "due_at": now}
            connection.execute(update(_t).where(settled).values(**again))


def date_from_page(connection: Connection, item_id: int, published_at: datetime) -> None:
    """Take the date that the page tells for an entry whose feed told none."""
    statement = update(_t).where(_t.c.id == item_id, _t.c.published_from == DateOrigin.FIRST_SEEN.value)
    connection.execute(statement.values(published_at=published_at, published_from=DateOrigin.PAGE.value))


def settle(connection: Connection, item: Item, *, is_provisional: bool) -> bool:
    """Put an item whose text was stored before the decision, unless its entry was edited meanwhile.

    `item` is as it was when the work on it began. An edited one stays where it was and is read again.
    """
    given = {"of": item.id, "as_read": item.content_digest, "provisionally": is_provisional}
    changed = connection.execute(_SETTLE, given).rowcount
    if not changed:
        connection.execute(update(_t).where(_t.c.id == item.id).values(lease_until=None))
    return bool(changed)


def settle_again(connection: Connection, item: Item) -> bool:
    """Put a decided item whose text is another one now back before the decision; False if it is not at rest.

    `item` is as it was when the work on it began.
    """
    at_rest = (
        _t.c.id == item.id,
        _t.c.stage == Stage.DONE.value,
        _t.c.content_digest == item.content_digest,
    )
    values = {"stage": Stage.SETTLED.value, "is_changed": True}
    return bool(connection.execute(update(_t).where(*at_rest).values(**values)).rowcount)


def decided(connection: Connection, *items: Item) -> None:
    """Record that items were decided as they were read; one that was edited meanwhile stays in the queue.

    A provisional one goes back to wait for its page.
    """
    rows = [
        {
            "of": item.id,
            "as_read": item.content_digest,
            "after": (Stage.NEW if item.is_provisional else Stage.DONE).value,
        }
        for item in items
    ]
    connection.execute(_DECIDE, rows)


def settled(connection: Connection, limit: int) -> tuple[Item, ...]:
    """Return items that wait for a decision, those published first before their copies."""
    ids = list(connection.scalars(_SETTLED, {"limit": limit}))
    items = by_ids(connection, ids)
    return tuple(items[key] for key in ids)


def unfinished(connection: Connection) -> dict[str, int]:
    """Count the items that still have a stage before them."""
    statement = select(_t.c.stage, func.count()).where(UNFINISHED).group_by(_t.c.stage)
    return {row[0]: row[1] for row in connection.execute(statement)}


def count(connection: Connection) -> int:
    """Count all stored items."""
    return connection.scalar(select(func.count()).select_from(_t)) or 0


def by_ids(connection: Connection, ids: Sequence[int], *, with_html: bool = True) -> dict[int, Item]:
    """Return whole items by their numbers; without their HTML where only the text is looked at."""
    found: dict[int, Item] = {}
    for chunk in chunks(ids):
        rows = connection.execute(_numbered(with_html=with_html), {"ids": chunk})
        found |= {row.id: _item(row) for row in rows}
    return found


def at(connection: Connection, canonical_url: str) -> Item | None:
    """Return the newest item whose link has that canonical form."""
    newest = select(func.max(_t.c.id)).where(_t.c.canonical_url == canonical_url)
    item_id = connection.scalar(newest)
    return None if item_id is None else by_ids(connection, [item_id])[item_id]


def every(connection: Connection) -> Iterator[Item]:
    """Give all items in the order in which they were stored, without holding them all in memory."""
    last = 0
    while True:
        rows = connection.execute(_whole().where(_t.c.id > last).order_by(_t.c.id).limit(_CHUNK)).all()
        for row in rows:
            yield _item(row)
        if len(rows) < _CHUNK:
            return
        last = rows[-1].id


@cache
def _numbered(*, with_html: bool) -> Select[Any]:
    return _whole(with_html=with_html).where(_t.c.id.in_(bindparam("ids", expanding=True)))


@cache
def _whole(*, with_html: bool = True) -> Select[Any]:
    unread = () if with_html else ("html",)
    article = [
        (literal("") if column.name in unread else column).label(f"article_{column.name}")
        for column in _a.c
        if column.name not in _HISTORY
    ]
    return select(_t, *article).join_from(_t, _a, _a.c.item_id == _t.c.id, isouter=True)


def _new_row(item: NewItem) -> dict[str, Any]:
    return {
        "uid": item.uid,
        "source_id": item.source_id,
        "identity": item.identity,
        "raw_id": item.entry.raw_id,
        "url": item.entry.url,
        "canonical_url": item.canonical_url,
        "host": item.host,
        "title": item.entry.title,
        "entry": dump_entry(item.entry),
        "content_digest": item.content_digest,
        "published_at": item.published_at,
        "published_from": item.published_from.value,
        "first_seen_at": item.first_seen_at,
        "updated_at": None,
        "stage": item.stage.value,
        "tries": 0,
        "due_at": item.first_seen_at,
        "is_backlog": item.is_backlog,
        "is_provisional": False,
    }


def _item(row: Row[Any]) -> Item:
    return Item(
        id=row.id,
        uid=row.uid,
        source_id=row.source_id,
        identity=row.identity,
        entry=load_entry(row.raw_id, row.url, row.title, row.entry),
        canonical_url=row.canonical_url,
        content_digest=row.content_digest,
        published_at=row.published_at,
        published_from=DateOrigin(row.published_from),
        first_seen_at=row.first_seen_at,
        updated_at=row.updated_at,
        stage=Stage(row.stage),
        tries=row.tries,
        is_backlog=row.is_backlog,
        is_provisional=row.is_provisional,
        is_changed=row.is_changed,
        root_id=row.root_id,
        lang=row.article_lang,
        article=_article(row) if row.article_item_id is not None else None,
    )


def _article(row: Row[Any]) -> Article:
    return Article(
        html=row.article_html,
        text=row.article_text,
        quality=Quality(row.article_quality),
        evidence=tuple(row.article_evidence),
        is_from_page=row.article_is_from_page,
        title=row.article_title,
        authors=tuple(row.article_authors),
        site_name=row.article_site_name,
        image_url=row.article_image_url,
        canonical_url=row.article_canonical_url,
    )


def chunks(values: Sequence[_T]) -> Iterator[Sequence[_T]]:
    """Cut values into pieces that fit into one statement."""
    for start in range(0, len(values), _CHUNK):
        yield values[start : start + _CHUNK]
