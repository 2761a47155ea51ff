"""Requests: what the command line asks of a running daemon, and the daemon's answer."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from aggregator.store import schema

_t = schema.requests


@dataclass(frozen=True, slots=True)
class Wanted:
    """One request that nobody has answered yet."""

    id: int
    kind: str
    arguments: dict[str, Any]


def leave(connection: Connection, kind: str, arguments: dict[str, Any], now: datetime) -> int:
    """Leave a request for the daemon and return its number."""
    statement = insert(_t).values(kind=kind, arguments=arguments, created_at=now).returning(_t.c.id)
    return int(connection.execute(statement).scalar_one())


def waiting(connection: Connection) -> tuple[Wanted, ...]:
    """Return the requests without an answer, oldest first."""
    rows = connection.execute(select(_t).where(_t.c.done_at.is_(None)).order_by(_t.c.id))
    return tuple(Wanted(row.id, row.kind, row.arguments) for row in rows)


def answer(connection: Connection, request_id: int, result: dict[str, Any], now: datetime) -> None:
    """Answer a request."""
    connection.execute(update(_t).where(_t.c.id == request_id).values(done_at=now, result=result))


def result(connection: Connection, request_id: int) -> dict[str, Any] | None:
    """Return the answer to a request, None while there is none."""
    found: dict[str, Any] | None = connection.scalar(select(_t.c.result).where(_t.c.id == request_id))
    return found
