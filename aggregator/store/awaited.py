"""Items whose page is awaited: claimed by who works on them, given back, put off.

What becomes of a page once it is there stands in `items`.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, bindparam, or_, select, update
from sqlalchemy.sql.dml import ReturningUpdate

from aggregator.model import Item, Stage
from aggregator.store import items, schema

_t = schema.items
_NOW = bindparam("now", type_=_t.c.due_at.type)
_IS_NEW = items.UNFINISHED & (_t.c.stage == Stage.NEW.value)
_IS_FREE = or_(_t.c.lease_until.is_(None), _t.c.lease_until <= _NOW)


@dataclass(frozen=True, slots=True)
class Claim:
    """An item that this process works on, and whose turn its page needs."""

    item: Item
    host: str


def claim_pages(
    connection: Connection,
    *,
    now: datetime,
    lease: timedelta,
    limit: int,
    full_hosts: Collection[str] = (),
    full_sources: Collection[str] = (),
    running: Collection[int] = (),
) -> tuple[Claim, ...]:
    """Take items whose page is to be fetched, newest first, and hold them until the lease ends.

    Items of hosts and of sources that are busy enough already are left where they are; so are those
    whose work is still `running` although it gave them back, since they were edited meanwhile.
    """
    given: dict[str, Any] = {"now": now, "held_until": now + lease, "limit": limit}
    left = {"full_hosts": full_hosts, "full_sources": full_sources, "running": running}
    given |= {name: tuple(values) for name, values in left.items() if values}
    return _claim(connection, _claiming_pages(frozenset(given)), given)


def claim_late(
    connection: Connection, *, now: datetime, lease: timedelta, wait: timedelta, limit: int
) -> tuple[Claim, ...]:
    """Take items that have waited `wait` for their page: they are decided on the feed's text meanwhile."""
    given = {"now": now, "held_until": now + lease, "limit": limit, "seen_before": now - wait}
    return _claim(connection, _claiming_late(), given)


# Each form is made once: building a statement costs more than running it.
@cache
def _claiming_pages(given: frozenset[str]) -> ReturningUpdate[Any]:
    due = select(_t.c.id).where(_IS_NEW, _t.c.due_at <= _NOW, _IS_FREE).order_by(_t.c.published_at.desc())
    for name, column in (("full_hosts", _t.c.host), ("full_sources", _t.c.source_id), ("running", _t.c.id)):
        if name in given:
            due = due.where(column.not_in(bindparam(name, expanding=True)))
    return _claiming(due)


@cache
def _claiming_late() -> ReturningUpdate[Any]:
    is_late = _t.c.first_seen_at <= bindparam("seen_before")
    late = select(_t.c.id).where(_IS_NEW, is_late, ~_t.c.is_provisional, _IS_FREE)
    return _claiming(late.order_by(_t.c.first_seen_at))


def _claiming(chosen: Select[Any]) -> ReturningUpdate[Any]:
    locked = chosen.limit(bindparam("limit")).with_for_update(skip_locked=True, of=_t)
    taken = update(_t).where(_t.c.id.in_(locked)).values(lease_until=bindparam("held_until"))
    return taken.returning(_t.c.id, _t.c.host)


def _claim(
    connection: Connection, claiming: ReturningUpdate[Any], given: Mapping[str, Any]
) -> tuple[Claim, ...]:
    hosts = {row.id: row.host for row in connection.execute(claiming, given)}
    if not hosts:
        return ()
    found = items.by_ids(connection, list(hosts)).values()
    newest_first = sorted(found, key=lambda item: (item.published_at, item.id), reverse=True)
    return tuple(Claim(item, hosts[item.id]) for item in newest_first)


def release(connection: Connection, ids: Sequence[int]) -> None:
    """Give back items that were claimed and not worked on."""
    connection.execute(update(_t).where(_t.c.id.in_(ids)).values(lease_until=None))


def release_leases(connection: Connection) -> None:
    """Free what a killed daemon still held; only the holder of the database may call this."""
    connection.execute(update(_t).where(_t.c.lease_until.is_not(None)).values(lease_until=None))


def postpone_page(connection: Connection, item_id: int, *, due_at: datetime, counts: bool = True) -> None:
    """Set when to try a page again after a failure, which counts as a try unless it was our own."""
    values = {"tries": _t.c.tries + int(counts), "due_at": due_at, "lease_until": None}
    connection.execute(update(_t).where(_t.c.id == item_id).values(**values))


def hold_host(connection: Connection, host: str, until: datetime) -> None:
    """Ask for no page of a host before `until`."""
    due_before = _IS_NEW & (_t.c.host == host) & (_t.c.due_at < until)
    connection.execute(update(_t).where(due_before).values(due_at=until))
