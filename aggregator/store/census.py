"""Counts over time: how much each source brings, how often each topic publishes."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, func, select

from aggregator.store import schema

_i = schema.items
_p = schema.publications


def arrived(
    connection: Connection,
    since: datetime,
    until: datetime,
    *,
    least: int = 1,
    of: Sequence[str] | None = None,
) -> dict[str, int]:
    """Count the items of each source (of these, if `of` names some) first seen in a span, from `least` on.

    The backlog of a source's first poll does not count.
    """
    count = func.count()
    within = (_i.c.first_seen_at >= since, _i.c.first_seen_at < until, ~_i.c.is_backlog)
    statement = select(_i.c.source_id, count).where(*within).group_by(_i.c.source_id).having(count >= least)
    if of is not None:
        statement = statement.where(_i.c.source_id.in_(of))
    return {row[0]: row[1] for row in connection.execute(statement)}


def published(connection: Connection, topic_id: str, limit: int) -> tuple[datetime, ...]:
    """Return when a topic's last entries were first published, the newest first."""
    statement = select(_p.c.first_published_at).where(_p.c.topic_id == topic_id)
    return tuple(connection.scalars(statement.order_by(_p.c.seq.desc()).limit(limit)))
