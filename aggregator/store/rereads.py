"""The second look at pages: which are still to be asked for once more, and what became of the texts.

A row stands for one page that will be asked for once more, with what lets its server answer "not
modified"; it goes when that is done. What a second reading means is decided elsewhere.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, delete, func, insert, or_, select, update

from aggregator.model import History, Item, Quality, Stage, Validators
from aggregator.store import items, schema

_r = schema.rereads
_i = schema.items
_a = schema.articles


# Made once: building a statement costs more than running it.
_STANDING = (
    select(_i.c.host, _i.c.published_at, _a.c.reread_at, _r.c.item_id)
    .join_from(_i, _a, _a.c.item_id == _i.c.id, isouter=True)
    .join(_r, _r.c.item_id == _i.c.id, isouter=True)
    .where(_i.c.id == bindparam("of"))
)
_ADD = insert(_r)


@dataclass(frozen=True, slots=True)
class Reread:
    """A page that is asked for once more."""

    item: Item
    host: str  # whose turn it needs
    validators: Validators
    body_digest: str  # of the page as it was; "" where that says nothing
    tries: int


def plan(
    connection: Connection,
    item: Item,
    quality: Quality,
    *,
    due_at: datetime,
    validators: Validators,
    body_digest: str,
) -> None:
    """Have an item's page asked for once more, unless that was done already."""
    host, published_at, reread_at, planned = connection.execute(_STANDING, {"of": item.id}).one()
    if reread_at is not None:
        return
    if planned is not None:
        drop(connection, item.id)
    row = {
        "item_id": item.id,
        "host": host,
        "is_full": quality is Quality.FULL,
        "published_at": published_at,
        "due_at": due_at,
        "tries": 0,
        "etag": validators.etag,
        "last_modified": validators.last_modified,
        "validators_url": validators.url,
        "body_digest": body_digest,
    }
    connection.execute(_ADD, row)


def claim(
    connection: Connection, *, now: datetime, lease: timedelta, limit: int, full_hosts: Collection[str] = ()
) -> tuple[Reread, ...]:
    """Take pages that are due for a second look: first those that fell short, then the newest.

    None of a host of which new pages are due: those go first.
    """
    awaited = select(_i.c.host).where(items.UNFINISHED, _i.c.stage == Stage.NEW.value, _i.c.due_at <= now)
    due = (
        select(_r.c.item_id)
        .where(
            _r.c.due_at <= now,
            or_(_r.c.lease_until.is_(None), _r.c.lease_until <= now),
            _r.c.host.not_in(awaited),
        )
        .order_by(_r.c.is_full, _r.c.published_at.desc())
        .limit(limit)
    )
    if full_hosts:
        due = due.where(_r.c.host.not_in(full_hosts))
    locked = due.with_for_update(skip_locked=True, of=_r)
    rows = connection.execute(
        update(_r).where(_r.c.item_id.in_(locked)).values(lease_until=now + lease).returning(_r)
    ).all()
    found = items.by_ids(connection, [row.item_id for row in rows])
    rows = sorted(rows, key=lambda row: (not row.is_full, row.published_at, row.item_id), reverse=True)
    return tuple(
        Reread(
            found[row.item_id],
            row.host,
            Validators(row.etag, row.last_modified, row.validators_url),
            row.body_digest,
            row.tries,
        )
        for row in rows
    )


def release(connection: Connection, ids: Sequence[int]) -> None:
    """Give back what was claimed and not asked for."""
    connection.execute(update(_r).where(_r.c.item_id.in_(ids)).values(lease_until=None))


def release_leases(connection: Connection) -> None:
    """Free what a killed daemon still held; only the holder of the database may call this."""
    connection.execute(update(_r).where(_r.c.lease_until.is_not(None)).values(lease_until=None))


def postpone(connection: Connection, item_id: int, *, due_at: datetime, counts: bool) -> None:
    """Set when to try again, which counts as a try unless the reason was our own."""
    values = {"tries": _r.c.tries + int(counts), "due_at": due_at, "lease_until": None}
    connection.execute(update(_r).where(_r.c.item_id == item_id).values(**values))


def finish(connection: Connection, item_id: int, note: str, now: datetime) -> None:
    """Write down what came of a second look, of which there is no third."""
    connection.execute(update(_a).where(_a.c.item_id == item_id).values(reread_at=now, reread_note=note))
    connection.execute(delete(_r).where(_r.c.item_id == item_id))


def drop(connection: Connection, item_id: int) -> None:
    """Give up a second look that nobody wants any more."""
    connection.execute(delete(_r).where(_r.c.item_id == item_id))


def count(connection: Connection) -> int:
    """Count the pages that will be asked for once more."""
    return connection.scalar(select(func.count()).select_from(_r)) or 0


def due_at(connection: Connection, item_id: int) -> datetime | None:
    """Return when an item's page is asked for once more, None if it is not."""
    return connection.scalar(select(_r.c.due_at).where(_r.c.item_id == item_id))


def changed(connection: Connection, item_id: int, note: str, now: datetime) -> None:
    """Write down a change of an item's text that readers are told."""
    connection.execute(update(_a).where(_a.c.item_id == item_id).values(changed_at=now, change_note=note))


def histories(connection: Connection, ids: Sequence[int]) -> dict[int, History]:
    """Return what became of the articles of these items after they were first read."""
    columns = (
        *(_a.c.previous_text, _a.c.previous_at, _a.c.changed_at, _a.c.change_note),
        *(_a.c.reread_at, _a.c.reread_note),
    )
    statement = select(_a.c.item_id, *columns).where(
        _a.c.item_id.in_(ids), or_(*(column.is_not(None) for column in columns))
    )
    return {row.item_id: History(*row[1:]) for row in connection.execute(statement)}
