"""The search index: which stored texts can hold what somebody looks for, newest first.

SQLite answers from FTS5, PostgreSQL from a GIN index over `tsvector`; both hold the same keys, made by
`text.indexing`, and give the same answer. It finds candidates only: whether a text matches is for `match`.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, column, delete, func, insert, select, table, true
from sqlalchemy import cast as sql_cast
from sqlalchemy.dialects.postgresql import TSQUERY

from aggregator.model import AllOf, Key, Narrowing
from aggregator.store import schema
from aggregator.text.indexing import EVERYTHING

# Made by a migration and no table of the schema: what it is differs with the database.
_FTS5 = table("search_index", column("rowid"), column("keys"))
_TSVECTOR = table("search_index", column("item_id"), column("keys"))
_FEW = 50  # keys of a question

_i = schema.items
_m = schema.matches


def put(connection: Connection, rows: Sequence[tuple[int, str]]) -> None:
    """Index some items by their keys (`text.indexing.index_keys`), in place of earlier ones."""
    forget(connection, [item_id for item_id, _ in rows])
    if not rows:
        return
    statement = insert(_FTS5).values(rowid=bindparam("item_id"), keys=bindparam("all_keys"))
    if not _is_sqlite(connection):
        keys = func.array_to_tsvector(func.string_to_array(bindparam("all_keys"), " "))
        statement = insert(_TSVECTOR).values(item_id=bindparam("item_id"), keys=keys)
    connection.execute(statement, [{"item_id": item_id, "all_keys": keys} for item_id, keys in rows])


def forget(connection: Connection, ids: Sequence[int]) -> None:
    """Drop some items from the index."""
    if ids:
        index, item = _index(connection)
        statement = delete(index).where(item == bindparam("of"))
        connection.execute(statement, [{"of": item_id} for item_id in ids])


def candidates(
    connection: Connection,
    wanted: Narrowing | None,
    *,
    limit: int,
    below: int | None = None,
    between: tuple[int, int] | None = None,
    since: datetime | None = None,
    published: tuple[datetime | None, datetime | None] = (None, None),
    topic_id: str | None = None,
) -> list[int]:
    """Return the newest items numbered `below` one that can hold what is `wanted` (None: anything).

    With `between` (first and last number) the oldest ones come first instead. `since` bounds their first
    sight, `published` their own date (from, and before), `topic_id` names a topic that they match.
    """
    index, item = _index(connection)
    condition: ColumnElement[bool] = true()
    if wanted is not None:
        index, item, condition = _holding(connection, wanted)
    order = item.desc() if between is None else item
    statement = select(item).select_from(index).where(condition).order_by(order).limit(limit)
    if between is not None:
        statement = statement.where(item.between(*between))
    if below is not None:
        statement = statement.where(item < below)
    if since is not None:
        first = connection.scalar(select(func.min(_i.c.id)).where(_i.c.first_seen_at >= since))
        if first is None:
            return []
        statement = statement.where(item >= first)
    low, high = published
    if low is not None or high is not None:
        statement = statement.join(_i, _i.c.id == item)
        if low is not None:
            statement = statement.where(_i.c.published_at >= low)
        if high is not None:
            statement = statement.where(_i.c.published_at < high)
    if topic_id is not None:
        matched = (_m.c.item_id == item) & (_m.c.topic_id == topic_id) & _m.c.is_match
        statement = statement.join(_m, matched)
    return list(connection.scalars(statement))


def count(connection: Connection) -> int:
    """Count the items that can be searched."""
    index, _ = _index(connection)
    return connection.scalar(select(func.count()).select_from(index)) or 0


def _is_sqlite(connection: Connection) -> bool:
    return connection.dialect.name == "sqlite"


def _index(connection: Connection) -> tuple[Any, ColumnElement[int]]:
    """Return the index and the column that names the item."""
    return (_FTS5, _FTS5.c.rowid) if _is_sqlite(connection) else (_TSVECTOR, _TSVECTOR.c.item_id)


def _holding(
    connection: Connection, wanted: Narrowing
) -> tuple[Any, ColumnElement[int], ColumnElement[bool]]:
    """Return what to select from, the column that names the item, and a condition.

    PostgreSQL's planner likes to walk through the newest items, which reads every one for a rare word: it is
    made to ask the index first. Of hundreds of keys the index is slow, and something holds them soon: there
    the walk is right.
    """
    index, item = _index(connection)
    if _is_sqlite(connection):
        return index, item, column("search_index").op("MATCH", is_comparison=True)(fts5_query(wanted))
    holds = index.c["keys"].op("@@", is_comparison=True)(sql_cast(ts_query(wanted), TSQUERY))
    if _size(wanted) > _FEW:
        return index, item, holds
    found = select(item).where(holds).cte("found").prefix_with("MATERIALIZED")
    return found, found.c.item_id, true()


def _size(wanted: Narrowing) -> int:
    return 1 if isinstance(wanted, Key) else sum(_size(child) for child in wanted.children)


def fts5_query(wanted: Narrowing) -> str:
    """Write what is wanted as FTS5 reads it; keys hold nothing that would end a string."""
    return f'({_written(wanted, " AND ", " OR ", _fts5_key)}) OR "{EVERYTHING}"'


def ts_query(wanted: Narrowing) -> str:
    """Write what is wanted as PostgreSQL reads it."""
    return f"({_written(wanted, ' & ', ' | ', _ts_key)}) | '{EVERYTHING}'"


def _fts5_key(key: Key) -> str:
    return f'"{key.text}"{"*" if key.is_prefix else ""}'


def _ts_key(key: Key) -> str:
    return f"'{key.text}'{':*' if key.is_prefix else ''}"


def _written(wanted: Narrowing, all_of: str, any_of: str, written: Any) -> str:
    if isinstance(wanted, Key):
        return str(written(wanted))
    sign = all_of if isinstance(wanted, AllOf) else any_of
    return "(" + sign.join(_written(child, all_of, any_of, written) for child in wanted.children) + ")"
