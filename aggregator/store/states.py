"""The state of a source as a row, and which of its columns a poll changes.

Polls that bring nothing are by far the most: they store a few numbers, not the whole record.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import Any

from aggregator.model import HOURS, Child, FailureKind, Hint, Rhythm, SourceState, Validators
from aggregator.store import schema


@dataclass(frozen=True, slots=True)
class Change:
    """What a poll made of a source's state."""

    before: SourceState
    after: SourceState
    host: str  # whose turn the next poll needs


def is_brief(change: Change) -> bool:
    """Tell whether a poll changed only what every poll changes: most polls bring nothing."""
    before, after = change.before, change.after
    is_usual = (before.rhythm.hours, before.rhythm.overlap) == (after.rhythm.hours, after.rhythm.overlap)
    return is_usual and _seldom(before) == _seldom(after)


def dump_brief(state: SourceState) -> dict[str, Any]:
    """Return the columns that every poll may change, and those by which the row is found."""
    return {
        "id": state.id,
        "config_digest": state.config_digest,
        "next_poll_at": state.next_poll_at,
        "reason": state.reason,
        "interval_seconds": state.interval.total_seconds() if state.interval else None,
        "rhythm_weeks": state.rhythm.weeks,
        "rhythm_until": state.rhythm.counted_until,
        "empty_polls": state.empty_polls,
        "failures": state.failures,
        "polls": state.polls,
        "polls_not_modified": state.polls_not_modified,
        "last_success_at": state.last_success_at,
    }


def dump(state: SourceState) -> dict[str, Any]:
    """Return all columns of a state."""
    return dump_brief(state) | {
        "url": state.url,
        "feed_url": state.feed_url,
        "moved_url": state.moved_url,
        "moving_url": state.moving_url,
        "moving_polls": state.moving_polls,
        "moving_since": state.moving_since,
        "title": state.title,
        "site_url": state.site_url,
        "etag": state.validators.etag,
        "last_modified": state.validators.last_modified,
        "validators_url": state.validators.url,
        "validated_at": state.validated_at,
        "body_digest": state.body_digest,
        "children": [
            [
                each.url,
                *(each.validators.etag, each.validators.last_modified),
                each.validators.url,
                each.body_digest,
                each.validated_at.isoformat() if each.validated_at else None,
            ]
            for each in state.children
        ],
        "arrivals": [int(instant.timestamp()) for instant in state.arrivals],
        "rhythm": _sparse(state.rhythm.hours),
        "rhythm_overlap": state.rhythm.overlap,
        "holes": state.holes,
        "hole_at": state.hole_at,
        "wishes": {name: wish for name, wish in _wishes(state) if wish},
        "first_polled_at": state.first_polled_at,
        "last_error": state.last_error,
        "last_error_kind": state.last_error_kind.value if state.last_error_kind else None,
        "last_error_at": state.last_error_at,
        "note": state.note,
        "is_retired": state.is_retired,
    }


def load(row: Sequence[Any]) -> SourceState:
    """Return the state that `COLUMNS` hold, in that order: asked for by name they cost more."""
    kept: dict[str, Any] = dict(zip(FULL, row, strict=True))
    take = kept.pop
    wishes, interval, error = take("wishes"), take("interval_seconds"), take("last_error_kind")
    return SourceState(
        validators=Validators(take("etag"), take("last_modified"), take("validators_url")),
        children=tuple(
            Child(url, Validators(etag, modified, given_by), digest, _instant(*rest))
            for url, etag, modified, given_by, digest, *rest in take("children")
        ),
        interval=None if interval is None else timedelta(seconds=interval),
        arrivals=tuple(datetime.fromtimestamp(seconds, UTC) for seconds in take("arrivals")),
        rhythm=Rhythm(
            _hours(take("rhythm")), take("rhythm_weeks"), take("rhythm_until"), take("rhythm_overlap")
        ),
        hints=tuple(Hint(name, timedelta(seconds=wait)) for name, wait in wishes.get("hints", ())),
        skip_hours=tuple(wishes.get("skip_hours", ())),
        skip_days=tuple(wishes.get("skip_days", ())),
        last_error_kind=FailureKind(error) if error else None,
        **kept,
    )


def _sparse(hours: tuple[float, ...]) -> list[float] | dict[str, int]:
    """Write arrivals by the hour in thousandths, without the many hours that have none."""
    return {str(hour): round(1000 * count) for hour, count in enumerate(hours) if count} if hours else []


def _hours(kept: list[float] | dict[str, int]) -> tuple[float, ...]:
    """Read what `_sparse` wrote, or the list of all hours that stood there before."""
    if isinstance(kept, list):
        return tuple(kept)
    hours = [0.0] * HOURS
    for hour, count in kept.items():
        hours[int(hour)] = count / 1000
    return tuple(hours)


def _wishes(state: SourceState) -> tuple[tuple[str, list[Any]], ...]:
    return (
        ("hints", [[hint.source, hint.wait.total_seconds()] for hint in state.hints]),
        ("skip_hours", list(state.skip_hours)),
        ("skip_days", list(state.skip_days)),
    )


def _instant(text: str | None = None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


_NOBODY = SourceState(id="", url="", next_poll_at=datetime(2000, 1, 1, tzinfo=UTC))
BRIEF = tuple(dump_brief(_NOBODY))
FULL = tuple(dump(_NOBODY))
COLUMNS = tuple(schema.sources.c[name] for name in FULL)  # which `load` reads
_OFTEN = {"id", "url", "config_digest", "rhythm", "interval", *BRIEF}
_seldom = attrgetter(*(each.name for each in fields(SourceState) if each.name not in _OFTEN))
