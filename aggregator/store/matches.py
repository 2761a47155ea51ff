"""Matches: the decision on an item and a topic, with its reasons."""

from collections.abc import Iterable, Sequence
from dataclasses import astuple
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from aggregator.model import Match, Reason
from aggregator.store import schema

_t = schema.matches


def save(connection: Connection, item_id: int, matches: Sequence[Match], now: datetime) -> None:
    """Store the decisions on an item, matches and near misses, in place of earlier ones."""
    connection.execute(delete(_t).where(_t.c.item_id == item_id))
    if matches:
        rows = [
            {
                "item_id": item_id,
                "topic_id": match.topic_id,
                "topic_version": match.topic_version,
                "is_match": match.is_match,
                "score": match.score,
                "reasons": [astuple(part) for part in match.reasons],
                "decided_at": now,
            }
            for match in matches
        ]
        connection.execute(insert(_t), rows)


def forget_near_misses(connection: Connection, before: datetime) -> int:
    """Drop near misses decided before that instant; return how many."""
    return connection.execute(delete(_t).where(~_t.c.is_match, _t.c.decided_at < before)).rowcount


def of_items(connection: Connection, ids: Iterable[int]) -> dict[int, tuple[Match, ...]]:
    """Return the decisions on these items."""
    found: dict[int, list[Match]] = {}
    statement = select(_t).where(_t.c.item_id.in_(list(ids))).order_by(_t.c.item_id, _t.c.topic_id)
    for row in connection.execute(statement):
        found.setdefault(row.item_id, []).append(
            Match(
                topic_id=row.topic_id,
                topic_version=row.topic_version,
                is_match=row.is_match,
                score=row.score,
                reasons=tuple(Reason(*part) for part in row.reasons),
            )
        )
    return {item_id: tuple(decisions) for item_id, decisions in found.items()}


def topics_of(connection: Connection, ids: Sequence[int]) -> dict[int, tuple[str, ...]]:
    """Return the topics that each of these items matches."""
    found: dict[int, list[str]] = {}
    statement = select(_t.c.item_id, _t.c.topic_id).where(_t.c.item_id.in_(ids), _t.c.is_match)
    for row in connection.execute(statement.order_by(_t.c.item_id, _t.c.topic_id)):
        found.setdefault(row.item_id, []).append(row.topic_id)
    return {item_id: tuple(topic_ids) for item_id, topic_ids in found.items()}
