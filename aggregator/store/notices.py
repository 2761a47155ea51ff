"""Notices: what the operator was told, and whether it still holds."""

from collections.abc import Callable, Collection, Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from aggregator.model import Condition, Notice, NoticeKind
from aggregator.store import schema

_t = schema.notices
_KEY = 64  # characters


def record(
    connection: Connection,
    found: Iterable[Condition],
    watched: Collection[NoticeKind],
    now: datetime,
    *,
    pause: timedelta,
    new_uid: Callable[[], str],
) -> tuple[tuple[Condition, ...], tuple[Condition, ...]]:
    """Bring the notices of the `watched` kinds in line with what is so now; return what began and what ended.

    A condition that holds already is no news, nor is one of a kind of which the subject was told less than
    `pause` ago: it is told then, if it still holds.
    """
    kinds = [kind.value for kind in watched]
    rows = connection.execute(select(_t).where(_t.c.closed_at.is_(None), _t.c.kind.in_(kinds))).all()
    known = {(row.kind, row.subject, row.key): row for row in rows}
    told = select(_t.c.kind, _t.c.subject, func.max(_t.c.opened_at).label("at")).group_by(
        _t.c.kind, _t.c.subject
    )
    last = {(row.kind, row.subject): row.at for row in connection.execute(told)}
    begun, holding = [], set()
    for condition in found:
        kind, key = condition.kind.value, condition.key[:_KEY]
        place = (kind, condition.subject, key)
        holding.add(place)
        before = last.get((kind, condition.subject))
        if place not in known and (before is None or now - before >= pause):
            _tell(connection, condition, new_uid(), now)
            begun.append(condition)
            last[kind, condition.subject] = now
    over = [row for place, row in known.items() if place not in holding]
    for row in over:
        connection.execute(update(_t).where(_t.c.id == row.id).values(closed_at=now))
    return tuple(begun), tuple(
        Condition(NoticeKind(row.kind), row.subject, row.key, row.title, row.text) for row in over
    )


def add(connection: Connection, condition: Condition, uid: str, now: datetime) -> None:
    """Tell of something that is over as soon as it is told."""
    _tell(connection, condition, uid, now, closed_at=now)


def latest(connection: Connection, limit: int) -> tuple[Notice, ...]:
    """Return the last notices, the newest first."""
    rows = connection.execute(select(_t).order_by(_t.c.id.desc()).limit(limit))
    return tuple(map(_notice, rows))


def holding(connection: Connection) -> tuple[Notice, ...]:
    """Return what was told and still is so, the newest first."""
    rows = connection.execute(select(_t).where(_t.c.closed_at.is_(None)).order_by(_t.c.id.desc()))
    return tuple(map(_notice, rows))


def _notice(row: Row[Any]) -> Notice:
    condition = Condition(NoticeKind(row.kind), row.subject, row.key, row.title, row.text)
    return Notice(row.id, row.uid, condition, row.opened_at, row.closed_at)


def forget(connection: Connection, before: datetime) -> int:
    """Drop notices that are over since then; return how many."""
    return connection.execute(delete(_t).where(_t.c.closed_at < before)).rowcount


def _tell(
    connection: Connection, condition: Condition, uid: str, now: datetime, closed_at: datetime | None = None
) -> None:
    connection.execute(
        insert(_t).values(
            uid=uid,
            kind=condition.kind.value,
            subject=condition.subject,
            key=condition.key[:_KEY],
            title=condition.title,
            text=condition.text,
            opened_at=now,
            closed_at=closed_at,
        )
    )
