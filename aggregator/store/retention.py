"""What leaves the archive when it is old: texts and decisions, never an identity."""

from datetime import datetime

from sqlalchemy import Connection, delete, select, update

from aggregator.model import Stage
from aggregator.store import schema, search

_t = schema.items
_a = schema.articles
_CHUNK = 500  # items in one transaction


def prune(connection: Connection, before: datetime) -> int:
    """Drop the texts of items first seen before that instant which no topic carries; return how many.

    The item itself stays as its own tombstone: its identity is what keeps an old entry from returning. Its
    publisher may still edit it; it is backlog then, which opens no entry.
    """
    carried = select(schema.publication_members.c.item_id)
    statement = (
        select(_t.c.id)
        .join_from(_t, _a, _a.c.item_id == _t.c.id)
        .where(_t.c.first_seen_at < before, _t.c.stage == Stage.DONE.value, _t.c.id.not_in(carried))
        .limit(_CHUNK)
    )
    ids = list(connection.scalars(statement))
    for table in (
        schema.bands,
        schema.clues,
        schema.reports,
        schema.likenesses,
        schema.matches,
        schema.rereads,
        _a,
    ):
        connection.execute(delete(table).where(table.c.item_id.in_(ids)))
    connection.execute(delete(schema.likenesses).where(schema.likenesses.c.other_id.in_(ids)))
    search.forget(connection, ids)
    connection.execute(update(_t).where(_t.c.id.in_(ids)).values(entry={}, is_backlog=True))
    return len(ids)
