"""What people ask about copies and stories: who carries an event, and why an item is where it is.

Reads only. The keys are stable; new ones may be added, none renamed.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from aggregator.config.schema import Config
from aggregator.model import CopyEvidence
from aggregator.pipeline.feeds import Outlet, outlets
from aggregator.store import Connection, families, stories
from aggregator.store.stories import Carried
from aggregator.urls import scrub

Json = dict[str, Any]


def told(connection: Connection, config: Config, since: datetime) -> list[Json]:
    """Return the stories of which an item was seen after `since`, those with the newest items first.

    Each with all its items, in the order in which they were seen; `copy_of` is the item whose text one
    carries, null for a report of its own.
    """
    named = outlets(connection, {source.id: source for source in config.sources})
    rows = sorted(stories.carried(connection, since=since), key=lambda row: row.story_uid)
    found = [_story(list(group), named) for _, group in groupby(rows, key=lambda row: row.story_uid)]
    found.sort(key=lambda story: (story["last_seen_at"], story["id"]), reverse=True)
    return [scrub(story, config.redact) for story in found]


def _story(rows: Sequence[Carried], named: Mapping[str, Outlet]) -> Json:
    rows = sorted(rows, key=lambda row: (row.first_seen_at, row.item_id))
    uids = {row.item_id: row.uid for row in rows}
    return {
        "id": rows[0].story_uid,
        "title": rows[0].title,
        "first_seen_at": _iso(rows[0].first_seen_at),
        "last_seen_at": _iso(rows[-1].first_seen_at),
        "reports": sum(row.root_id == row.item_id for row in rows),
        "outlets": len({row.source_id for row in rows}),
        "items": [
            {**_named(row, named), "copy_of": uids.get(row.root_id) if row.root_id != row.item_id else None}
            for row in rows
        ],
    }


def origin_of(connection: Connection, config: Config, item_id: int) -> Json:
    """Say which item one copies and which reports it stands beside, each on what evidence.

    `copy_of` is null for an item that copies nothing; `is_root` tells that others copy it. `story` is
    null before the item is decided.
    """
    named = outlets(connection, {source.id: source for source in config.sources})
    rows = {row.item_id: row for row in stories.story_of(connection, item_id)}
    found: Json = {"copy_of": None, "is_root": False, "copies": [], "story": None}
    if item_id in rows:
        mine = rows[item_id]
        family = [row for row in rows.values() if row.root_id == mine.root_id and row is not mine]
        evidence = {each.other_id: each for each in families.evidence_of(connection, item_id)}
        if mine.root_id != item_id:
            found["copy_of"] = _because(mine.root_id, rows, evidence, named)
        found["is_root"] = bool(family) and mine.root_id == item_id
        found["copies"] = [
            _copy(row, evidence.get(row.item_id), named) for row in family if row.item_id != mine.root_id
        ]
        found["story"] = {
            "id": mine.story_uid,
            "items": len(rows),
            "reports": sum(row.root_id == row.item_id for row in rows.values()),
            **_beside(rows.get(mine.root_id, mine), rows, named),
        }
    return dict(scrub(found, config.redact))


def _because(
    root_id: int,
    rows: Mapping[int, Carried],
    evidence: Mapping[int, CopyEvidence],
    named: Mapping[str, Outlet],
) -> Json | None:
    """Return the first item of the family with the evidence, which may lead over another copy of it."""
    if root_id not in rows:
        return None
    over = next((each for other_id, each in evidence.items() if other_id in rows), None)
    direct = evidence.get(root_id, over)
    told_by = _copy(rows[root_id], direct, named)
    if direct is not None and direct.other_id != root_id:
        told_by["over"] = rows[direct.other_id].uid
    return told_by


def _copy(row: Carried, evidence: CopyEvidence | None, named: Mapping[str, Outlet]) -> Json:
    why = {
        "level": evidence.level if evidence else None,
        "share": evidence.share if evidence else None,
        "because": evidence.note if evidence else "both are like another copy",
    }
    return {**_named(row, named), **why}


def _beside(root: Carried, rows: Mapping[int, Carried], named: Mapping[str, Outlet]) -> Json:
    """Return the report that made another one part of the story; nulls for the one that opened it."""
    like = rows.get(root.like_id) if root.like_id is not None else None
    return {
        "like": _named(like, named) if like else None,
        "score": root.score if like else None,
        "because": root.note if like else None,
    }


def _named(row: Carried, named: Mapping[str, Outlet]) -> Json:
    return {
        "id": row.uid,
        "title": row.title,
        "url": row.url,
        "source": row.source_id,
        "outlet": named[row.source_id].name or row.source_id,
        "lang": row.lang,
        "published_at": _iso(row.published_at),
        "first_seen_at": _iso(row.first_seen_at),
    }


def _iso(instant: datetime) -> str:
    return instant.isoformat(timespec="seconds")
