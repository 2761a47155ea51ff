"""Articles and the families of copies they belong to: signatures in, candidates out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, func, insert, or_, select, update

from aggregator.model import Article, CopyEvidence
from aggregator.store import schema

_i = schema.items
_a = schema.articles
_b = schema.bands
_MOST = 20  # candidates that are worth comparing word by word
_KEPT = 200_000  # characters of an earlier text that are kept


@dataclass(frozen=True, slots=True)
class Relative:
    """A stored text that may be the same as another: what is needed to compare them."""

    item_id: int
    root_id: int
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
    statement = select(_a.c.text, _a.c.extracted_at).where(_a.c.item_id == item_id)
    previous = connection.execute(statement).one_or_none()
    if previous is None:
        connection.execute(insert(_a).values(item_id=item_id, **values))
    else:
        if previous.text != article.text and not is_first:
            values |= {"previous_text": previous.text[:_KEPT], "previous_at": previous.extracted_at}
        connection.execute(update(_a).where(_a.c.item_id == item_id).values(**values))
        connection.execute(delete(_b).where(_b.c.item_id == item_id))
    if bands:
        connection.execute(insert(_b), [{"band": band, "item_id": item_id} for band in sorted(set(bands))])


def canonical_key(connection: Connection, item_id: int) -> str:
    """Return what the item's page calls itself, as a key; "" where it does not say."""
    return connection.scalar(select(_a.c.canonical_key).where(_a.c.item_id == item_id)) or ""


def relatives(
    connection: Connection,
    item_id: int,
    *,
    around: datetime,
    window: timedelta,
    keys: Sequence[str],
    digest: str,
) -> tuple[Relative, ...]:
    """Return the texts that share a signature band, a digest or a canonical URL with an item.

    Only decided items count, within the window of first sight. Of each kind the most promising are
    taken: those that share most bands, then the newest. The roots of all are among them.
    """
    wanted = [key for key in keys if key]
    same: list[ColumnElement[bool]] = []
    if wanted:
        same += [_i.c.canonical_url.in_(wanted), _a.c.canonical_key.in_(wanted)]
    if digest:
        same.append(_a.c.digest == digest)
    ids = set(_sharing_bands(connection, item_id, around=around, window=window))
    # One look-up an index: an OR over two tables makes both databases scan.
    for condition in same:
        statement = (
            select(_i.c.id)
            .join_from(_i, _a, _a.c.item_id == _i.c.id)
            .where(
                condition,
                _i.c.id != item_id,
                _i.c.root_id.is_not(None),
                _i.c.first_seen_at.between(around - window, around + window),
            )
            .order_by(_i.c.id.desc())
            .limit(_MOST)
        )
        ids.update(connection.scalars(statement))
    roots = select(_i.c.root_id).where(_i.c.id.in_(ids))
    statement = (
        select(
            _i.c.id.label("item_id"),
            _i.c.root_id,
            func.coalesce(func.nullif(_i.c.title, ""), _a.c.title, "").label("title"),
            _a.c.text,
            _a.c.lang,
            _a.c.digest,
            _i.c.canonical_url,
            _a.c.canonical_key,
            _i.c.published_at,
            _i.c.first_seen_at,
        )
        .join_from(_i, _a, _a.c.item_id == _i.c.id)
        .where(or_(_i.c.id.in_(ids), _i.c.id.in_(roots)), _i.c.id != item_id)
        .order_by(_i.c.id)
    )
    return tuple(Relative(**row._mapping) for row in connection.execute(statement))


def _sharing_bands(
    connection: Connection, item_id: int, *, around: datetime, window: timedelta
) -> Sequence[int]:
    """Return the decided items that share most signature bands with an item."""
    mine = select(_b.c.band).where(_b.c.item_id == item_id)
    statement = (
        select(_b.c.item_id)
        .join_from(_b, _i, _i.c.id == _b.c.item_id)
        .where(
            _b.c.band.in_(mine),
            _b.c.item_id != item_id,
            _i.c.root_id.is_not(None),
            _i.c.first_seen_at.between(around - window, around + window),
        )
        .group_by(_b.c.item_id)
        .order_by(func.count().desc(), _b.c.item_id.desc())
        .limit(_MOST)
    )
    return connection.scalars(statement).all()


def join(
    connection: Connection, item_id: int, evidence: CopyEvidence | None, *, story_uid: str, now: datetime
) -> int:
    """Put an item into the family that it copies, or make it the root of one; return the root.

    A family's items report one event: they share its story, which a root opens. One that was a root
    before and still is one keeps its own.
    """
    if evidence is None:
        before = connection.execute(select(_i.c.root_id, _i.c.story_id).where(_i.c.id == item_id)).one()
        story_id = before.story_id if before.root_id == item_id else None
        if story_id is None:
            story_id = connection.execute(
                insert(schema.stories).values(uid=story_uid, opened_at=now).returning(schema.stories.c.id)
            ).scalar_one()
        no_copy = dict.fromkeys(("copy_level", "copy_share", "copy_note"))
        values: dict[str, Any] = {"root_id": item_id, "story_id": story_id, **no_copy}
    else:
        story_id = connection.scalar(select(_i.c.story_id).where(_i.c.id == evidence.root_id))
        values = {
            "root_id": evidence.root_id,
            "story_id": story_id,
            "copy_level": evidence.level,
            "copy_share": evidence.share,
            "copy_note": evidence.note,
        }
    connection.execute(update(_i).where(_i.c.id == item_id).values(**values))
    return int(values["root_id"])


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
