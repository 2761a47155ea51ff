"""Articles and the families of copies they belong to: signatures in, candidates and likenesses out."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    CompoundSelect,
    Connection,
    Function,
    Select,
    String,
    Subquery,
    bindparam,
    cast,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    union_all,
    update,
)

from aggregator.model import Article, CopyEvidence, Likeness
from aggregator.store import schema

_i = schema.items
_a = schema.articles
_b = schema.bands
_l = schema.likenesses
_MOST = 20  # candidates that are worth comparing word by word
_KEPT = 200_000  # characters of an earlier text that are kept
_IN_A_BAND = 40  # the newest items of a band that are looked at
_COMPONENT = 300  # items alike, directly or through others
_OWN = ("unlike", "cut")  # levels that make no likeness: what was compared of more than could be


def listed(newest: Subquery) -> Function[str]:
    """Return the item numbers of a subquery as one text, parted by commas: a row a key, not a row an item."""
    return func.aggregate_strings(cast(newest.c.item_id, String), ",")


def _by_bands() -> Select[str]:
    """Of each band only the newest are looked at: what makes thousands of texts share one costs no more."""
    mine, theirs = _b.alias("mine"), _b.alias("theirs")
    newest = (
        select(theirs.c.item_id)
        .where(theirs.c.band == mine.c.band, theirs.c.item_id != bindparam("item_id"))
        .order_by(theirs.c.item_id.desc())
        .limit(_IN_A_BAND)
        .correlate(mine)
        .subquery("newest")
    )
    near = select(listed(newest)).correlate(mine).scalar_subquery()
    return select(near.label("found")).where(mine.c.item_id == bindparam("item_id"))


def _by_keys() -> list[Select[str]]:
    """Each key is asked for by itself: most pages name no address of their own, and what the databases know
    of that makes them read half the archive for several keys at once.
    """
    asked = (
        (_i.c.id, _i.c.canonical_url, "first"),
        (_i.c.id, _i.c.canonical_url, "second"),
        (_a.c.item_id, _a.c.canonical_key, "first"),
        (_a.c.item_id, _a.c.canonical_key, "second"),
        (_a.c.item_id, _a.c.digest, "digest"),
    )
    parts = []
    for number, column, name in asked:
        same = select(number.label("item_id")).where(
            column == bindparam(name), number != bindparam("item_id")
        )
        newest = same.order_by(number.desc()).limit(_MOST).subquery()
        parts.append(select(cast(newest.c.item_id, String)))
    return parts


def _related() -> CompoundSelect[str, bool]:
    """Return what both lead to, in one question: to ask takes as long as to find."""
    ways = ((True, _by_bands()), *((False, part) for part in _by_keys()))
    return union_all(*(part.add_columns(literal(is_band)) for is_band, part in ways))


def _relatives() -> Select[Any]:
    columns = (
        _i.c.id.label("item_id"),
        func.coalesce(func.nullif(_i.c.title, ""), _a.c.title, "").label("title"),
        _a.c.text,
        _a.c.lang,
        _a.c.digest,
        _i.c.canonical_url,
        _a.c.canonical_key,
        _i.c.published_at,
        _i.c.first_seen_at,
    )
    is_near = _i.c.first_seen_at.between(bindparam("since"), bindparam("until"))
    chosen = _i.c.id.in_(bindparam("ids", expanding=True))
    return (
        select(*columns)
        .join_from(_i, _a, _a.c.item_id == _i.c.id)
        .where(chosen, _i.c.root_id.is_not(None), is_near)
    )


# Made once: putting them together takes ten times as long as running them.
_RELATED, _RELATIVES = _related(), _relatives()
_PREVIOUS = select(_a.c.text, _a.c.extracted_at).where(_a.c.item_id == bindparam("of"))
_ADD_ARTICLE, _ADD_BANDS = insert(_a), insert(_b)
_CANONICAL_KEY = select(_a.c.canonical_key).where(_a.c.item_id == bindparam("of"))
_ASSIGN = (
    update(_i)
    .where(_i.c.id.in_(bindparam("ids", expanding=True)))
    .values(root_id=bindparam("root"), story_id=bindparam("story"))
)


@dataclass(frozen=True, slots=True)
class Relative:
    """A stored text that may be the same as another: what is needed to compare them."""

    item_id: int
    title: str
    text: str
    lang: str | None
    digest: str
    canonical_url: str
    canonical_key: str
    published_at: datetime
    first_seen_at: datetime


def save_article(
    connection: Connection,
    item_id: int,
    article: Article,
    *,
    lang: str | None,
    digest: str,
    bands: Sequence[int],
    canonical_key: str,
    now: datetime,
    is_first: bool = False,
) -> None:
    """Store an item's text and its signature, in place of earlier ones.

    The text before is kept beside it, unless `is_first` says that it was only there for the time being.
    """
    values: dict[str, Any] = {
        "html": article.html,
        "text": article.text,
        "lang": lang,
        "digest": digest,
        "quality": article.quality.value,
        "evidence": list(article.evidence),
        "is_from_page": article.is_from_page,
        "title": article.title,
        "authors": list(article.authors),
        "site_name": article.site_name,
        "image_url": article.image_url,
        "canonical_url": article.canonical_url,
        "canonical_key": canonical_key,
        "extracted_at": now,
    }
    previous = connection.execute(_PREVIOUS, {"of": item_id}).one_or_none()
    if previous is None:
        connection.execute(_ADD_ARTICLE, {"item_id": item_id, **values})
    else:
        if previous.text != article.text and not is_first:
            values |= {"previous_text": previous.text[:_KEPT], "previous_at": previous.extracted_at}
        connection.execute(update(_a).where(_a.c.item_id == item_id).values(**values))
        connection.execute(delete(_b).where(_b.c.item_id == item_id))
    if bands:
        connection.execute(_ADD_BANDS, [{"band": band, "item_id": item_id} for band in sorted(set(bands))])


def canonical_key(connection: Connection, item_id: int) -> str:
    """Return what the item's page calls itself, as a key; "" where it does not say."""
    return connection.scalar(_CANONICAL_KEY, {"of": item_id}) or ""


def relatives(
    connection: Connection,
    item_id: int,
    *,
    around: datetime,
    window: timedelta,
    keys: Sequence[str],
    digest: str,
) -> tuple[tuple[Relative, ...], bool]:
    """Return the texts that share a signature band, a digest or a canonical URL with an item.

    Only decided items count, within the window of first sight. Of each kind the most promising are
    taken: those that share most bands, then the newest. The most promising come first; the flag tells
    that there were more.
    """
    first, second = (*dict.fromkeys(key for key in keys if key), None, None)[:2]
    asked = {"item_id": item_id, "first": first, "second": second, "digest": digest or None}
    shared: Counter[int] = Counter()
    by_keys = []
    for near, is_band in connection.execute(_RELATED, asked):
        if is_band:
            shared.update(map(int, near.split(",")) if near else ())
        else:
            by_keys.append(int(near))
    best = sorted(shared, key=lambda other: (-shared[other], -other))
    ids = list(dict.fromkeys((*best[:_MOST], *by_keys)))
    if not ids:
        return (), False
    values = {"ids": ids, "since": around - window, "until": around + window}
    found = {row.item_id: Relative(**row._mapping) for row in connection.execute(_RELATIVES, values)}
    return tuple(found[each] for each in ids if each in found), len(best) > _MOST


@dataclass(frozen=True, slots=True)
class Member:
    """An item among others that are like it, as far as grouping and naming them needs."""

    item_id: int
    root_id: int
    story_id: int | None
    rank: tuple[str, str, str]  # date, address, headline: what orders it whenever it arrives
    seen: tuple[datetime, int]


def record_likenesses(
    connection: Connection,
    item_id: int,
    found: Sequence[CopyEvidence],
    *,
    unlike: Sequence[int] = (),
    is_cut: bool = False,
) -> None:
    """Keep which items an item is like, with the evidence.

    Where its candidates were cut, that is kept, too, and which of those compared it is unlike.
    """
    others = [CopyEvidence(other_id, "unlike", 0.0, "") for other_id in unlike]
    rest = [*others, CopyEvidence(item_id, "cut", 0.0, "")] if is_cut else []
    connection.execute(
        insert(_l),
        [
            {
                "item_id": item_id,
                **{name: getattr(each, name) for name in ("other_id", "level", "share", "note")},
            }
            for each in (*found, *rest)
        ],
    )


def forget_likenesses(connection: Connection, item_id: int) -> None:
    """Forget which items an item is like, since its text is another one now."""
    connection.execute(delete(_l).where(or_(_l.c.item_id == item_id, _l.c.other_id == item_id)))


def alike(connection: Connection, item_id: int) -> tuple[dict[int, Member], list[Likeness]]:
    """Return all items that an item is like, directly or through others, and the likenesses among them.

    At most 300 of them, the nearest: more is nothing that outlets do.
    """
    known, frontier = {item_id}, [item_id]
    pairs: dict[tuple[int, int], Likeness] = {}
    while frontier and len(known) < _COMPONENT:
        rows = connection.execute(
            select(_l.c.item_id, _l.c.other_id, _l.c.level, _l.c.share).where(
                or_(_l.c.item_id.in_(frontier), _l.c.other_id.in_(frontier))
            )
        ).all()
        pairs |= {(row.item_id, row.other_id): Likeness(*row) for row in rows}
        rows = [row for row in rows if row.level not in _OWN]
        near = {end for row in rows for end in (row.item_id, row.other_id)} - known
        frontier = sorted(near)[: _COMPONENT - len(known)]
        known.update(frontier)
    columns = (
        _i.c.root_id,
        _i.c.story_id,
        _i.c.published_at,
        _i.c.canonical_url,
        _i.c.title,
        _i.c.first_seen_at,
    )
    members = {
        row.id: Member(
            row.id,
            row.root_id or row.id,
            row.story_id,
            (row.published_at.isoformat(), row.canonical_url, row.title),
            (row.first_seen_at, row.id),
        )
        for row in connection.execute(select(_i.c.id, *columns).where(_i.c.id.in_(known)))
    }
    return members, list(pairs.values())


def assign(connection: Connection, root_id: int, story_id: int | None, item_ids: Sequence[int]) -> None:
    """Make items one family, and part of a story."""
    connection.execute(_ASSIGN, {"ids": item_ids, "root": root_id, "story": story_id})


def evidence_of(connection: Connection, item_id: int) -> tuple[CopyEvidence, ...]:
    """Return the likenesses of an item, the exact and the greatest first."""
    ends = select(_l).where(or_(_l.c.item_id == item_id, _l.c.other_id == item_id), _l.c.level.not_in(_OWN))
    found = [
        CopyEvidence(row.other_id if row.item_id == item_id else row.item_id, row.level, row.share, row.note)
        for row in connection.execute(ends)
    ]
    return tuple(sorted(found, key=lambda each: (each.level == "text", -each.share, each.other_id)))


def has_copies(connection: Connection, item_id: int) -> bool:
    """Tell whether other items count as copies of an item."""
    others = select(_i.c.id).where(_i.c.root_id == item_id, _i.c.id != item_id).limit(1)
    return connection.scalar(others) is not None


def copies_of(connection: Connection) -> dict[int, tuple[str, str | None]]:
    """Return for each copy the uid and the address of the item that it copies."""
    root = _i.alias("root")
    statement = select(_i.c.id, root.c.url, root.c.uid).join_from(_i, root, root.c.id == _i.c.root_id)
    return {
        row.id: (row.uid, row.url) for row in connection.execute(statement.where(_i.c.root_id != _i.c.id))
    }


def stories_of(connection: Connection, ids: Sequence[int]) -> dict[int, str]:
    """Return the uid of each item's story."""
    statement = select(_i.c.id, schema.stories.c.uid).join_from(
        _i, schema.stories, schema.stories.c.id == _i.c.story_id
    )
    return {row.id: row.uid for row in connection.execute(statement.where(_i.c.id.in_(ids)))}
