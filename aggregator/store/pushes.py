"""What is to be sent to hubs and webhooks, kept until it is taken: a restart forgets nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, delete, func, insert, select, update

from aggregator.store import schema

Kind = Literal["hub", "webhook"]

_MOST = 1_000  # messages that wait for one webhook

_s = schema.pushes
_t = schema.topics


@dataclass(frozen=True, slots=True)
class Push:
    """One message that waits."""

    id: int
    topic_id: str
    kind: Kind
    uid: str  # the same at each try, so that who has it already can tell
    body: str
    tries: int  # that failed


@dataclass(frozen=True, slots=True)
class Due:
    """A message that may be sent now, without its body."""

    id: int
    topic_id: str
    kind: Kind


def add(connection: Connection, *, topic_id: str, kind: Kind, uid: str, body: str, now: datetime) -> None:
    """Let a message wait to be sent; a hub needs no more than one of a topic, a webhook each."""
    mine = (_s.c.topic_id == topic_id, _s.c.kind == kind)
    if kind == "hub":
        connection.execute(delete(_s).where(*mine))
    values = {"topic_id": topic_id, "kind": kind, "uid": uid, "body": body, "created_at": now, "due_at": now}
    connection.execute(insert(_s).values(values))


def is_full(connection: Connection, topic_id: str) -> bool:
    """Tell whether so many messages wait for the webhook of a topic that it gets no more of them."""
    mine = (_s.c.topic_id == topic_id, _s.c.kind == "webhook")
    return (connection.scalar(select(func.count()).where(*mine)) or 0) >= _MOST


def due(connection: Connection, now: datetime, limit: int) -> Sequence[Due]:
    """Return of each topic and kind the messages (at most `limit`) due longest, the longest first."""
    places = func.row_number().over(partition_by=(_s.c.topic_id, _s.c.kind), order_by=(_s.c.due_at, _s.c.id))
    ranked = (
        select(_s.c.id, _s.c.topic_id, _s.c.kind, _s.c.due_at, places.label("place"))
        .where(_s.c.due_at <= now)
        .subquery()
    )
    first = select(ranked).where(ranked.c.place <= limit).order_by(ranked.c.due_at, ranked.c.id)
    return [Due(row.id, row.topic_id, row.kind) for row in connection.execute(first)]


def load(connection: Connection, push_id: int) -> Push | None:
    """Return a message; None: another took its place."""
    row = connection.execute(select(_s).where(_s.c.id == push_id)).one_or_none()
    return Push(row.id, row.topic_id, row.kind, row.uid, row.body, row.tries) if row else None


def next_at(connection: Connection) -> datetime | None:
    """Return when the next message is due; None: nothing waits."""
    found: datetime | None = connection.scalar(select(func.min(_s.c.due_at)))
    return found


def done(connection: Connection, push_id: int) -> None:
    """Forget a message that was taken, or that nobody will take."""
    connection.execute(delete(_s).where(_s.c.id == push_id))


def put_off(connection: Connection, push_id: int, due_at: datetime) -> None:
    """Try a message again later."""
    connection.execute(update(_s).where(_s.c.id == push_id).values(due_at=due_at, tries=_s.c.tries + 1))


def told(connection: Connection, topic_id: str) -> int | None:
    """Return the first place in a topic whose entry its webhook has not been told of; None: of none yet."""
    return connection.scalar(select(_t.c.told_seq).where(_t.c.id == topic_id))


def tell(connection: Connection, topic_id: str, known: int | None, seq: int | None) -> bool:
    """Note that the webhook of a topic has been told of all entries before this place.

    Return False, and note nothing, if it is not `known` any more what it was told of before.
    """
    mine = (_t.c.id == topic_id, _t.c.told_seq.is_not_distinct_from(known))
    return connection.execute(update(_t).where(*mine).values(told_seq=seq)).rowcount == 1
