"""Matches: the decision on an item and a topic, with its reasons."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import astuple, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, func, insert, select

from aggregator.model import Match, Reason
from aggregator.store import schema
from aggregator.store.items import chunks

_NEAR_MISSES = 20  # kept of one item, the nearest

_t = schema.matches
_i = schema.items


# Made once: building a statement costs more than running it.
_FORGET, _ADD = delete(_t).where(_t.c.item_id == bindparam("of")), insert(_t)


def save(connection: Connection, item_id: int, matches: Sequence[Match], now: datetime) -> None:
    """Store the decisions on an item, matches and near misses, in place of earlier ones."""
    save_all(connection, [(item_id, matches)], now)


def save_all(connection: Connection, items: Sequence[tuple[int, Sequence[Match]]], now: datetime) -> None:
    """Store the decisions on several items, each given once, as `save` does for one."""
    if items:
        connection.execute(_FORGET, [{"of": item_id} for item_id, _ in items])
    _add(connection, items, now)


def _row(item_id: int, match: Match, now: datetime) -> dict[str, Any]:
    return {
        "item_id": item_id,
        "topic_id": match.topic_id,
        "topic_version": match.topic_version,
        "is_match": match.is_match,
        "score": match.score,
        "reasons": [astuple(part) for part in match.reasons],
        "decided_at": now,
    }


def replace(
    connection: Connection,
    item_id: int,
    topic_ids: Collection[str],
    decisions: Sequence[Match],
    now: datetime,
) -> None:
    """Store the decisions of some topics on an item in place of earlier ones of these topics."""
    for some in chunks(tuple(topic_ids)):
        connection.execute(delete(_t).where(_t.c.item_id == item_id, _t.c.topic_id.in_(some)))
    _add(connection, [(item_id, decisions)], now)


def _add(connection: Connection, items: Sequence[tuple[int, Sequence[Match]]], now: datetime) -> None:
    rows = [_row(item_id, match, now) for item_id, decisions in items for match in _worth_keeping(decisions)]
    if rows:
        connection.execute(_ADD, rows)


def _worth_keeping(decisions: Sequence[Match]) -> list[Match]:
    near = sorted((each for each in decisions if not each.is_match), key=lambda each: -each.score)
    return [*(each for each in decisions if each.is_match), *near[:_NEAR_MISSES]]


def decided_on(connection: Connection, item_ids: Sequence[int]) -> frozenset[int]:
    """Return those of some items that any topic has decided on."""
    return frozenset(connection.scalars(select(_t.c.item_id).where(_t.c.item_id.in_(item_ids)).distinct()))


def under_review(connection: Connection, first: int, last: int, limit: int) -> list[int]:
    """Return the lowest numbers from `first` to `last` of items that a topic under review has decided on."""
    topics = select(schema.topics.c.id).where(schema.topics.c.review.is_not(None))
    mine = _t.c.topic_id.in_(topics) & _t.c.item_id.between(first, last)
    statement = select(_t.c.item_id).where(mine).distinct().order_by(_t.c.item_id).limit(limit)
    return list(connection.scalars(statement))


def forget_near_misses(connection: Connection, before: datetime) -> int:
    """Drop near misses decided before that instant; return how many."""
    return connection.execute(delete(_t).where(~_t.c.is_match, _t.c.decided_at < before)).rowcount


def of_items(connection: Connection, ids: Iterable[int]) -> dict[int, tuple[Match, ...]]:
    """Return the decisions on these items."""
    found: dict[int, list[Match]] = {}
    statement = select(_t).where(_t.c.item_id.in_(list(ids))).order_by(_t.c.item_id, _t.c.topic_id)
    for row in connection.execute(statement):
        found.setdefault(row.item_id, []).append(_match(row))
    return {item_id: tuple(decisions) for item_id, decisions in found.items()}


@dataclass(frozen=True, slots=True)
class Kept:
    """A decision and when it was taken."""

    match: Match
    decided_at: datetime


def kept(connection: Connection, item_id: int) -> dict[str, Kept]:
    """Return the decisions on an item by topic."""
    rows = connection.execute(select(_t).where(_t.c.item_id == item_id))
    return {row.topic_id: Kept(_match(row), row.decided_at) for row in rows}


def _match(row: Row[Any]) -> Match:
    return Match(
        topic_id=row.topic_id,
        topic_version=row.topic_version,
        is_match=row.is_match,
        score=row.score,
        reasons=tuple(Reason(*part) for part in row.reasons),
    )


def topics_of(connection: Connection, ids: Sequence[int]) -> dict[int, tuple[str, ...]]:
    """Return the topics that each of these items matches."""
    found: dict[int, list[str]] = {}
    statement = select(_t.c.item_id, _t.c.topic_id).where(_t.c.item_id.in_(ids), _t.c.is_match)
    for row in connection.execute(statement.order_by(_t.c.item_id, _t.c.topic_id)):
        found.setdefault(row.item_id, []).append(row.topic_id)
    return {item_id: tuple(topic_ids) for item_id, topic_ids in found.items()}


def counts(connection: Connection) -> dict[tuple[str, bool], int]:
    """Count the kept decisions of each topic: matches (True) and near misses."""
    statement = select(_t.c.topic_id, _t.c.is_match, func.count()).group_by(_t.c.topic_id, _t.c.is_match)
    return {(row[0], bool(row[1])): row[2] for row in connection.execute(statement)}


def matched(
    connection: Connection, topic_id: str, *, limit: int, below: int | None, since: datetime | None
) -> list[int]:
    """Return the newest items numbered `below` one, and first seen since, that a topic matches."""
    statement = select(_t.c.item_id).where(_t.c.topic_id == topic_id, _t.c.is_match)
    if below is not None:
        statement = statement.where(_t.c.item_id < below)
    if since is not None:
        statement = statement.join(_i, _i.c.id == _t.c.item_id).where(_i.c.first_seen_at >= since)
    return list(connection.scalars(statement.order_by(_t.c.item_id.desc()).limit(limit)))


def near_misses(
    connection: Connection, topic_id: str, since: datetime | None, limit: int
) -> list[tuple[int, Kept]]:
    """Return the kept near misses of a topic among what was first seen since, the nearest first."""
    statement = select(_t).where(_t.c.topic_id == topic_id, ~_t.c.is_match)
    if since is not None:
        statement = statement.join(_i, _i.c.id == _t.c.item_id).where(_i.c.first_seen_at >= since)
    rows = connection.execute(statement.order_by(_t.c.score.desc(), _t.c.item_id.desc()).limit(limit))
    return [(row.item_id, Kept(_match(row), row.decided_at)) for row in rows]
