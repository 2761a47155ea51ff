"""Sources, entries and items to build tests from, with only what a test is about spelt out."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from aggregator.model import (
    Article,
    DateOrigin,
    Entry,
    NewItem,
    Quality,
    SourceState,
    Stage,
)
from aggregator.store import Connection, families, stories


def source_state(source_id: str, now: datetime, **changes: Any) -> SourceState:
    """Return a source that is due now."""
    state = SourceState(
        id=source_id, url=f"https://{source_id}.example/feed", next_poll_at=now, config_digest="c1"
    )
    return replace(state, **changes)


def new_item(number: int, now: datetime, source_id: str = "press", **changes: Any) -> NewItem:
    """Return a fresh item whose every field follows from its number."""
    item = NewItem(
        uid=f"{number:016x}",
        source_id=source_id,
        identity=f"id-{number}",
        entry=Entry(raw_id=f"raw-{number}", url=f"https://press.example/{number}", title=f"Title {number}"),
        canonical_url=f"https://press.example/{number}",
        host="press.example",
        content_digest=f"digest-{number}",
        published_at=now,
        published_from=DateOrigin.FEED,
        first_seen_at=now,
        stage=Stage.NEW,
        is_backlog=False,
    )
    return replace(item, **changes)


def article(text: str = "A text.", **changes: Any) -> Article:
    """Return an article with that text."""
    return replace(Article(html=f"<p>{text}</p>", text=text, quality=Quality.FULL), **changes)


def stand_alone(connection: Connection, item_id: int, now: datetime) -> None:
    """Decide that an item is the first of its text and its event."""
    story_id = stories.open_story(connection, f"{item_id:016d}", now)
    families.assign(connection, item_id, story_id, [item_id])
