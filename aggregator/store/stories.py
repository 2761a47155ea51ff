"""Stories and their reports: what each first report says, what it is looked up by, who carries it."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, bindparam, delete, func, insert, select, update

from aggregator.model import Report, StoryEvidence, Traits
from aggregator.store import schema
from aggregator.store.families import listed

_i = schema.items
_s = schema.stories
_r = schema.reports
_c = schema.clues
_NEWEST = 50  # reports of a clue that are looked at; a clue of more is too common to lead anywhere
_STORIES = 10  # stories that are worth weighing
_REPORTS = 100  # reports of them, the newest
_CHUNK = 500


def _by_clues() -> Select[int, str]:
    mine, theirs = _c.alias("mine"), _c.alias("theirs")
    newest = (
        select(theirs.c.item_id)
        .where(
            theirs.c.clue == mine.c.clue,
            theirs.c.item_id != bindparam("item_id"),
            theirs.c.item_id >= bindparam("floor"),
        )
        .order_by(theirs.c.item_id.desc())
        .limit(_NEWEST)
        .correlate(mine)
        .subquery("newest")
    )
    shared = select(listed(newest)).correlate(mine).scalar_subquery()
    return select(mine.c.clue, shared).where(mine.c.item_id == bindparam("item_id"))


def _span() -> Select[int | None, int]:
    """Return the first item of a window and the last of all."""
    first = (
        select(_i.c.id)
        .where(_i.c.first_seen_at >= bindparam("since"))
        .order_by(_i.c.first_seen_at, _i.c.id)
        .limit(1)
    )
    return select(first.scalar_subquery(), select(func.max(_i.c.id)).scalar_subquery())


def _told() -> Select[Any]:
    return (
        select(_i.c.id, _i.c.story_id, schema.articles.c.lang, _i.c.published_at, _r.c.traits)
        .join_from(_r, _i, _i.c.id == _r.c.item_id)
        .join(schema.articles, schema.articles.c.item_id == _i.c.id)
        .where(_i.c.story_id.in_(bindparam("stories", expanding=True)))
        .order_by(_i.c.id.desc())
        .limit(_REPORTS)
    )


# Made once, as in `families`.
_BY_CLUES, _SPAN, _TOLD = _by_clues(), _span(), _told()
_OPEN = insert(_s).returning(_s.c.id)
_ADD, _ADD_CLUES = insert(_r), insert(_c)
_FORGET = tuple(
    delete(table).where(table.c.item_id.in_(bindparam("ids", expanding=True))) for table in (_c, _r)
)
_EXPLAIN = (
    update(_r)
    .where(_r.c.item_id == bindparam("of"))
    .values(like_id=bindparam("like"), score=bindparam("new_score"), note=bindparam("new_note"))
)
_STORY_OF = select(_i.c.id, _i.c.story_id).where(_i.c.id.in_(bindparam("ids", expanding=True)))
_OLDEST = (
    select(_s.c.id).where(_s.c.id.in_(bindparam("ids", expanding=True))).order_by(_s.c.opened_at, _s.c.id)
)
_TRAITS = tuple(field.name for field in fields(Traits))


@dataclass(frozen=True, slots=True)
class Found:
    """What the clues of a report lead to."""

    counts: dict[int, int]  # how many reports of the window have a clue; estimated where it is common
    seen: int  # items of the window
    reports: tuple[Report, ...]


@dataclass(frozen=True, slots=True)
class Carried:
    """An item of a story."""

    item_id: int
    root_id: int
    story_uid: str
    uid: str
    title: str
    url: str | None
    source_id: str
    lang: str | None
    published_at: datetime
    first_seen_at: datetime
    like_id: int | None
    score: float | None
    note: str | None


def open_story(connection: Connection, uid: str, now: datetime) -> int:
    """Open a story and return its number."""
    return int(connection.execute(_OPEN, {"uid": uid, "opened_at": now}).scalar_one())


def number_of(connection: Connection, item_id: int) -> int | None:
    """Return the number of an item's story; None if it has none yet."""
    return connection.scalar(select(_i.c.story_id).where(_i.c.id == item_id))


def add_report(
    connection: Connection, item_id: int, traits: Traits, clues: Sequence[int], *, is_first: bool = False
) -> None:
    """Keep what a report says and what it is looked up by, in place of what it said earlier.

    `is_first` says that it has said nothing yet.
    """
    if not is_first:
        forget(connection, [item_id])
    kept = {name: getattr(traits, name) for name in _TRAITS}
    connection.execute(_ADD, {"item_id": item_id, "traits": kept})
    if clues:
        connection.execute(_ADD_CLUES, [{"clue": clue, "item_id": item_id} for clue in sorted(set(clues))])


def forget(connection: Connection, item_ids: Sequence[int]) -> None:
    """Take reports out of the look-up."""
    for statement in _FORGET:
        connection.execute(statement, {"ids": item_ids})


def explain_report(connection: Connection, item_id: int, evidence: StoryEvidence) -> None:
    """Keep why a report became part of its story."""
    values = {"like": evidence.item_id, "new_score": evidence.score, "new_note": evidence.note}
    connection.execute(_EXPLAIN, {"of": item_id, **values})


def related(
    connection: Connection,
    item_id: int,
    *,
    around: datetime,
    window: timedelta,
    worth: Callable[[int, int], float],
) -> Found:
    """Return the reports of a stored report's story, if it has one, and of those that share its rarest clues.

    `worth` says what a shared clue is worth, from how many items of the window have it and how many
    items there are. Costs at most 50 index entries a clue, whatever the size of the archive.
    """
    first, newest_id = connection.execute(_SPAN, {"since": around - window}).one()
    floor, top = min(first or item_id, item_id), max(newest_id, item_id)
    seen = top - floor + 1
    counts: dict[int, int] = {}
    scores: Counter[int] = Counter()
    for clue, text in connection.execute(_BY_CLUES, {"item_id": item_id, "floor": floor}):
        others = [int(other) for other in text.split(",")] if text else []
        counts[clue] = len(others)
        if len(others) == _NEWEST:  # the newest fifty tell how close they stand
            counts[clue] = max(_NEWEST, _NEWEST * seen // max(top - min(others), 1))
        value = worth(counts[clue], seen)
        for other in others:
            scores[other] += value  # type: ignore[assignment]
    best = [other for other, _ in scores.most_common(3 * _STORIES)]
    return Found(counts, seen, _reports(connection, [item_id, *best]))


def _reports(connection: Connection, best: Sequence[int]) -> tuple[Report, ...]:
    """Return the reports of the first stories that these items belong to."""
    rows = connection.execute(_STORY_OF, {"ids": best})
    story_of = {row.id: row.story_id for row in rows if row.story_id is not None}
    wanted = list(dict.fromkeys(story_of[item_id] for item_id in best if item_id in story_of))[:_STORIES]
    if not wanted:
        return ()
    return tuple(
        Report(row.id, row.story_id, row.lang, row.published_at, _traits(row.traits))
        for row in connection.execute(_TOLD, {"stories": wanted})
    )


def _traits(kept: dict[str, Any]) -> Traits:
    return Traits(
        names=tuple(kept["names"]),
        lead_names=kept["lead_names"],
        figures=tuple((value, is_share) for value, is_share in kept["figures"]),
        lead_figures=kept["lead_figures"],
        days=tuple((month, day) for month, day in kept["days"]),
        places=tuple(kept["places"]),
        terms=tuple(kept["terms"]),
        # Reports that an earlier release kept lack these.
        people=tuple(kept.get("people", ())),
        kinds=tuple(kept.get("kinds", ())),
        subjects=tuple(kept.get("subjects", ())),
    )


def merge(connection: Connection, story_ids: Sequence[int]) -> int:
    """Make one story of several and return its number: the one that was opened first carries on."""
    oldest, *younger = connection.scalars(_OLDEST, {"ids": story_ids})
    if younger:
        connection.execute(update(_i).where(_i.c.story_id.in_(younger)).values(story_id=oldest))
        gone = update(_s).where(_s.c.id.in_(younger) | _s.c.merged_into_id.in_(younger))
        connection.execute(gone.values(merged_into_id=oldest))
    return int(oldest)


def carried(connection: Connection, *, since: datetime) -> tuple[Carried, ...]:
    """Return all items of the stories that an item seen after `since` belongs to, in the order of sight."""
    recent = select(_i.c.story_id).where(_i.c.first_seen_at >= since, _i.c.story_id.is_not(None))
    return _carried(connection, _i.c.story_id.in_(recent))


def story_of(connection: Connection, item_id: int) -> tuple[Carried, ...]:
    """Return all items of an item's story, in the order of sight; none before it is decided."""
    mine = select(_i.c.story_id).where(_i.c.id == item_id).scalar_subquery()
    return _carried(connection, _i.c.story_id == mine)


def _carried(connection: Connection, condition: Any) -> tuple[Carried, ...]:
    statement = (
        select(
            _i.c.id.label("item_id"),
            _i.c.root_id,
            _s.c.uid.label("story_uid"),
            _i.c.uid,
            func.coalesce(func.nullif(_i.c.title, ""), schema.articles.c.title, "").label("title"),
            _i.c.url,
            _i.c.source_id,
            schema.articles.c.lang,
            _i.c.published_at,
            _i.c.first_seen_at,
            _r.c.like_id,
            _r.c.score,
            _r.c.note,
        )
        .join_from(_i, _s, _s.c.id == _i.c.story_id)
        .join(schema.articles, schema.articles.c.item_id == _i.c.id, isouter=True)
        .join(_r, _r.c.item_id == _i.c.id, isouter=True)
        .where(condition)
        .order_by(_i.c.first_seen_at, _i.c.id)
    )
    return tuple(Carried(**row._mapping) for row in connection.execute(statement))


def prune(connection: Connection, before: datetime) -> int:
    """Take reports first seen before that instant out of the look-up, some at a time; return how many."""
    old = select(_c.c.item_id).join_from(_c, _i, _i.c.id == _c.c.item_id).where(_i.c.first_seen_at < before)
    ids = list(connection.scalars(old.distinct().limit(_CHUNK)))
    connection.execute(delete(_c).where(_c.c.item_id.in_(ids)))
    return len(ids)
