"""Publications: the ledger of what each topic's feed carries.

Lead, entry id and seq are fixed at first publication and never change; another outlet with the
same text joins as a member. Nothing is ever deleted here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Literal

from sqlalchemy import Connection, Row, Select, bindparam, func, insert, select, update

from aggregator.store import archive_pages, schema

_p = schema.publications
_m = schema.publication_members
_i = schema.items
_t = schema.topics

_IS_LIVE = _p.c.withdrawn_at.is_(None) & _p.c.unmatched_at.is_(None)

Collapse = Literal["copies", "stories", "none"]

# Made once: building a statement costs more than running it.
_CARRIED = (
    select(_p.c.id, _p.c.unmatched_at)
    .join_from(_m, _p, _p.c.id == _m.c.publication_id)
    .where(_p.c.topic_id == bindparam("topic"), _m.c.item_id == bindparam("item"))
    .order_by(_p.c.withdrawn_at.is_not(None), _p.c.seq)
)
_COUNT = (
    update(_t)
    .where(_t.c.id == bindparam("topic"))
    .values(next_seq=_t.c.next_seq + 1)
    .returning(_t.c.next_seq)
)
_OPEN, _JOIN = insert(_p).returning(_p.c.id), insert(_m)


@dataclass(frozen=True, slots=True)
class Publication:
    """One entry of a topic's feed, by the items it stands for."""

    topic_id: str
    seq: int
    entry_id: str
    lead_item_id: int
    members: tuple[int, ...]  # the other items, in the order in which they joined
    first_published_at: datetime
    updated_at: datetime
    change_note: str | None


@dataclass(frozen=True, slots=True)
class TopicState:
    """What the ledger knows of a topic."""

    topic_id: str
    version: str  # "": it is configured no more
    first_seen_at: datetime
    next_seq: int

    @property
    def pages(self) -> int:
        """How many pages of its archive are complete."""
        return self.next_seq // archive_pages.SIZE


def sync_topics(connection: Connection, versions: Mapping[str, str], now: datetime) -> tuple[str, ...]:
    """Record the configured topics; return those that are new or changed since the last time.

    One that is taken away and comes back has changed: meanwhile nothing was held against it.
    """
    stored = {row.id: row.version for row in connection.execute(select(_t.c.id, _t.c.version))}
    for topic_id in stored.keys() - versions.keys():
        connection.execute(update(_t).where(_t.c.id == topic_id).values(version="", review=None))
    changed = tuple(topic_id for topic_id, version in versions.items() if stored.get(topic_id) != version)
    for topic_id in changed:
        if topic_id in stored:
            connection.execute(update(_t).where(_t.c.id == topic_id).values(version=versions[topic_id]))
        else:
            connection.execute(
                insert(_t).values(id=topic_id, version=versions[topic_id], first_seen_at=now, next_seq=1)
            )
    return changed


def topic_states(connection: Connection) -> dict[str, TopicState]:
    """Return every topic that was ever configured."""
    rows = connection.execute(select(_t.c.id, _t.c.version, _t.c.first_seen_at, _t.c.next_seq))
    return {row.id: TopicState(*row) for row in rows}


def state(connection: Connection, topic_id: str) -> TopicState:
    """Return what the ledger knows of a topic that is configured."""
    found = select(_t.c.id, _t.c.version, _t.c.first_seen_at, _t.c.next_seq).where(_t.c.id == topic_id)
    return TopicState(*connection.execute(found).one())


def record(
    connection: Connection,
    *,
    topic_id: str,
    item_id: int,
    collapse: Collapse,
    may_open: bool,
    entry_id: str,
    now: datetime,
) -> bool:
    """Let a topic carry an item: joined to the publication of its family, or as a new one.

    An item that the topic carries already is left alone; if its entry had been taken out of the feed
    since nothing of it matched, it comes back as it was. `may_open` is false for items that may only
    join (the backlog of a new source). Return whether anything changed.
    """
    row = connection.execute(_CARRIED, {"topic": topic_id, "item": item_id}).first()
    if row is not None:
        return row.unmatched_at is not None and _bring_back(connection, row.id)
    homes = () if collapse == "none" else _homes(connection, topic_id, item_id, collapse)
    home = homes[0] if homes else None
    if home is None:
        if not may_open:
            return False
        next_seq = connection.execute(_COUNT, {"topic": topic_id}).scalar_one()
        entry = {
            "topic_id": topic_id,
            "seq": next_seq - 1,
            "entry_id": entry_id,
            "lead_item_id": item_id,
            "first_published_at": now,
            "updated_at": now,
        }
        home = connection.execute(_OPEN, entry).scalar_one()
        archive_pages.opened(connection, topic_id, next_seq)
    else:
        _bring_back(connection, home)
    connection.execute(_JOIN, {"publication_id": home, "item_id": item_id, "joined_at": now})
    return True


def changed(connection: Connection, item_id: int) -> None:
    """Tell the readers of an item's publications what changed in its text, once.

    An entry that was published after the change carries the new text from the start.
    """
    text = select(schema.articles.c.changed_at, schema.articles.c.change_note)
    change = connection.execute(text.where(schema.articles.c.item_id == item_id)).one_or_none()
    if change is None or change.changed_at is None:
        return
    mine = (_p.c.lead_item_id == item_id, _p.c.withdrawn_at.is_(None), _p.c.updated_at < change.changed_at)
    values = {"updated_at": change.changed_at, "change_note": change.change_note}
    connection.execute(update(_p).where(*mine).values(**values))


def _bring_back(connection: Connection, publication_id: int) -> bool:
    """Put an entry back that had left the feed since nothing of it matched."""
    connection.execute(update(_p).where(_p.c.id == publication_id).values(unmatched_at=None))
    return True


def unite(
    connection: Connection, item_id: int, collapses: Mapping[str, Collapse], now: datetime
) -> frozenset[str]:
    """Let the older publication carry on where an item's family or story has come to have several.

    The younger ones leave the live feed and keep their ids, in case a reader has them. Return the
    topics that this changes.
    """
    changed = set()
    for topic_id, collapse in collapses.items():
        if collapse == "none":
            continue
        first, *others = _homes(connection, topic_id, item_id, collapse) or (0,)
        if not others:
            continue
        changed.add(topic_id)
        held = select(_m.c.item_id).where(_m.c.publication_id == first)
        moving = connection.scalars(
            select(_m.c.item_id)
            .where(_m.c.publication_id.in_(others), _m.c.item_id.not_in(held))
            .distinct()
            .order_by(_m.c.item_id)
        ).all()
        if moving:
            rows = [{"publication_id": first, "item_id": other, "joined_at": now} for other in moving]
            connection.execute(insert(_m), rows)
        connection.execute(update(_p).where(_p.c.id.in_(others)).values(withdrawn_at=now))
        archive_pages.changed(connection, _p.c.id.in_((first, *others)))
    return frozenset(changed)


def _homes(connection: Connection, topic_id: str, item_id: int, collapse: Collapse) -> Sequence[int]:
    """Return the publications of the item's family or story in a topic: those in the feed, then by age."""
    return connection.scalars(_of_kin(collapse), {"topic": topic_id, "item": item_id}).all()


@cache
def _of_kin(collapse: Collapse) -> Select[int]:
    kin = _i.c.root_id if collapse == "copies" else _i.c.story_id
    mine = select(kin).where(_i.c.id == bindparam("item")).scalar_subquery()
    return (
        select(_p.c.id)
        .join_from(_i, _m, _m.c.item_id == _i.c.id)
        .join(_p, _p.c.id == _m.c.publication_id)
        .where(_p.c.topic_id == bindparam("topic"), _p.c.withdrawn_at.is_(None), kin == mine)
        .group_by(_p.c.id)
        .order_by(_p.c.unmatched_at.is_not(None), _p.c.seq)
    )


def live(
    connection: Connection, topic_id: str, *, limit: int, since: datetime | None = None
) -> tuple[Publication, ...]:
    """Return what a topic's feed carries now, newest first sight first."""
    statement = (
        select(_p)
        .join_from(_p, _i, _i.c.id == _p.c.lead_item_id)
        .where(_p.c.topic_id == topic_id, _IS_LIVE)
        .order_by(_i.c.first_seen_at.desc(), _i.c.published_at.desc(), _p.c.seq.desc())
        .limit(limit)
    )
    if since is not None:
        statement = statement.where(_i.c.first_seen_at >= since)
    return _read(connection, statement)


def of_page(connection: Connection, topic_id: str, page: int) -> tuple[Publication, ...]:
    """Return what a page of a topic's archive carries now, the last published first."""
    first = page * archive_pages.SIZE
    places = _p.c.seq.between(first, first + archive_pages.SIZE - 1)
    return _read(
        connection,
        select(_p).where(_p.c.topic_id == topic_id, places, _IS_LIVE).order_by(_p.c.seq.desc()),
    )


def from_place(connection: Connection, topic_id: str, first: int, limit: int) -> tuple[Publication, ...]:
    """Return what a topic's feed carries now from a place (`seq`) on, in the order of places."""
    mine = (_p.c.topic_id == topic_id, _p.c.seq >= first, _IS_LIVE)
    return _read(connection, select(_p).where(*mine).order_by(_p.c.seq).limit(limit))


def _read(connection: Connection, statement: Select[Any]) -> tuple[Publication, ...]:
    rows = connection.execute(statement).all()
    members = _members(connection, [row.id for row in rows])
    return tuple(_publication(row, members.get(row.id, ())) for row in rows)


def of_item(connection: Connection, item_id: int) -> dict[str, Publication]:
    """Return for each topic the entry of its feed that an item stands in."""
    mine = select(_m.c.publication_id).where(_m.c.item_id == item_id)
    rows = connection.execute(select(_p).where(_p.c.id.in_(mine), _IS_LIVE).order_by(_p.c.seq.desc())).all()
    members = _members(connection, [row.id for row in rows])
    return {row.topic_id: _publication(row, members.get(row.id, ())) for row in rows}


def take_out(connection: Connection, topic_id: str, item_ids: Sequence[int], now: datetime) -> None:
    """Take out of a topic's feed the entries that none of their items matches any more.

    `item_ids` are items that do not match; an entry with another one that does stays.
    """
    matched = schema.matches
    mine = select(_m.c.publication_id).where(_m.c.item_id.in_(item_ids))
    held = (
        select(_m.c.publication_id)
        .join(matched, (matched.c.item_id == _m.c.item_id) & (matched.c.topic_id == topic_id))
        .where(matched.c.is_match)
    )
    statement = update(_p).where(
        _p.c.topic_id == topic_id,
        _p.c.id.in_(mine),
        _p.c.id.not_in(held.where(_m.c.publication_id == _p.c.id)),
        _IS_LIVE,
    )
    connection.execute(statement.values(unmatched_at=now))


def changed_topics(connection: Connection, item_ids: Sequence[int]) -> frozenset[str]:
    """Note that the texts of these items, or the decisions on them, may be others now.

    Return the topics whose feeds carry any of them.
    """
    carried = select(_m.c.publication_id).where(_m.c.item_id.in_(item_ids))
    topics = frozenset(connection.scalars(select(_p.c.topic_id).where(_p.c.id.in_(carried)).distinct()))
    if topics:
        archive_pages.changed(connection, _p.c.id.in_(carried))
    return topics


def counts(connection: Connection) -> dict[str, tuple[int, datetime]]:
    """Return for each topic how many entries it carries and when it last published one."""
    statement = select(
        _p.c.topic_id, func.count().label("entries"), func.max(_p.c.first_published_at).label("newest")
    )
    rows = connection.execute(statement.where(_IS_LIVE).group_by(_p.c.topic_id))
    return {row.topic_id: (row.entries, row.newest) for row in rows}


def _members(connection: Connection, ids: Sequence[int]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    statement = select(_m).where(_m.c.publication_id.in_(ids)).order_by(_m.c.joined_at, _m.c.item_id)
    for row in connection.execute(statement):
        found.setdefault(row.publication_id, []).append(row.item_id)
    return found


def _publication(row: Row[Any], members: Sequence[int]) -> Publication:
    return Publication(
        topic_id=row.topic_id,
        seq=row.seq,
        entry_id=row.entry_id,
        lead_item_id=row.lead_item_id,
        members=tuple(item_id for item_id in members if item_id != row.lead_item_id),
        first_published_at=row.first_published_at,
        updated_at=row.updated_at,
        change_note=row.change_note,
    )
