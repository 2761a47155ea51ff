"""What the operator of a daemon is told, once each."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class NoticeKind(StrEnum):
    """What a notice is about."""

    DIED = "died"  # a source has brought nothing but failures for days, or is gone
    QUIET = "quiet"  # a source answers, and brings nothing for far longer than usual
    FLOOD = "flood"  # a source brings far more than usual
    HOLE = "hole"  # entries may have been missed between two polls
    MOVED = "moved"  # a source has moved for good and is followed there
    TOPIC_SILENT = "topic-silent"  # a topic takes nothing for far longer than usual
    CONFIG = "config"  # an edited configuration was refused
    RECOVERED = "recovered"  # what was wrong is over


@dataclass(frozen=True, slots=True)
class Condition:
    """Something that is so now; the same kind, subject and key are the same condition."""

    kind: NoticeKind
    subject: str  # id of a source or topic, "" for the daemon itself
    key: str  # tells two conditions of one subject apart
    title: str  # one line, without secrets
    text: str  # what to do about it, paragraphs parted by an empty line


@dataclass(frozen=True, slots=True)
class Notice:
    """A condition as it was told."""

    number: int  # order of telling
    uid: str  # permanent, random
    condition: Condition
    opened_at: datetime
    closed_at: datetime | None  # since when it is over
