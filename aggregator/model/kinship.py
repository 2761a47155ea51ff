"""Copies of one text and reports of one event, with the evidence."""

from dataclasses import dataclass
from datetime import datetime

from aggregator.model.texts import Traits


@dataclass(frozen=True, slots=True)
class CopyEvidence:
    """Why two items count as copies of one text."""

    other_id: int  # the item that was compared
    level: str  # "url", "digest", "text"
    share: float  # part of the shorter text found in the longer, 0…1
    note: str  # one sentence for `explain`


@dataclass(frozen=True, slots=True)
class Likeness:
    """Two items that are copies, by themselves."""

    item_id: int
    other_id: int
    level: str
    share: float


@dataclass(frozen=True, slots=True)
class Report:
    """A family of copies by its first item: what it says, and the story it is part of."""

    item_id: int
    story_id: int
    lang: str | None
    published_at: datetime
    traits: Traits


@dataclass(frozen=True, slots=True)
class StoryEvidence:
    """Why an item counts as a report of an event that others report, too."""

    story_id: int
    item_id: int  # the report of that story which is most like it
    score: float  # how much more speaks for it than against it
    note: str  # what they share, for `explain`
