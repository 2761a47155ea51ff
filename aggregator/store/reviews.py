"""Reviews: how far edited topics have been held against the archive, so that a kill costs a batch at most.

Oldest first, so that of copies the oldest leads; but what is recent comes before the rest, since that is what
somebody waits for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select, update

from aggregator.store import schema

_t = schema.topics
_i = schema.items


@dataclass(frozen=True, slots=True)
class Review:
    """Topics, and the numbers of the items that they are still to be held against."""

    topic_ids: tuple[str, ...]
    first: int
    last: int
    older: int  # after that, 1 to this; 0: nothing


def begin(connection: Connection, topic_ids: Sequence[str], since: datetime) -> int:
    """Hold topics against all that is stored, first what was first seen after `since`; return how much."""
    last = connection.scalar(select(func.max(_i.c.id))) or 0
    if not last or not topic_ids:
        return 0
    first = connection.scalar(select(func.min(_i.c.id)).where(_i.c.first_seen_at >= since)) or last + 1
    wanted = {"first": first, "last": last, "older": first - 1}
    connection.execute(update(_t).where(_t.c.id.in_(topic_ids)).values(review=wanted))
    return int(last)


def next_review(connection: Connection) -> Review | None:
    """Return what is to be done next, for all topics that are equally far; None if nothing is."""
    rows = connection.execute(
        select(_t.c.id, _t.c.review).where(_t.c.review.is_not(None)).order_by(_t.c.id)
    ).all()
    if not rows:
        return None
    chosen = rows[0].review
    return Review(tuple(row.id for row in rows if row.review == chosen), **chosen)


def advance(connection: Connection, review: Review, done: int | None) -> None:
    """Note that everything up to an item is done (None: all of this stretch)."""
    wanted: dict[str, int] | None = None
    if done is not None:
        wanted = {"first": done + 1, "last": review.last, "older": review.older}
    elif review.older:
        wanted = {"first": 1, "last": review.older, "older": 0}
    connection.execute(update(_t).where(_t.c.id.in_(review.topic_ids)).values(review=wanted))


def topics(connection: Connection) -> frozenset[str]:
    """Return the topics that have not seen the whole archive yet."""
    return frozenset(connection.scalars(select(_t.c.id).where(_t.c.review.is_not(None))))
