"""What a poll's answer makes of a source: its new state, its new items, its edits. Pure.

Nothing here fetches or stores. Time, chance and ids come in with the rules.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any, TypedDict

from aggregator import polling
from aggregator.analysis import Keys
from aggregator.config.schema import PollConfig
from aggregator.model import (
    DateOrigin,
    Entry,
    Failure,
    FailureKind,
    Fetched,
    Hint,
    NewItem,
    NotModified,
    Outcome,
    Rhythm,
    SourceState,
    Stage,
    Validators,
)
from aggregator.pipeline import moves
from aggregator.pipeline.asking import Arrived, Same
from aggregator.store.items import Edit, Known
from aggregator.text.xmlchars import one_line
from aggregator.urls import redact

_DETAIL = 500  # characters of an error that are kept


@dataclass(frozen=True, slots=True)
class Rules:
    """What decides beside the answer."""

    settings: PollConfig
    fixed: timedelta | None  # the interval that the source is configured with
    now: datetime
    chance: float  # 0…1
    redact: Callable[[str], str] = redact  # hides the secrets of the configuration


@dataclass(frozen=True, slots=True)
class Decided:
    """What one poll came to, before anything of it is stored."""

    state: SourceState
    outcome: Outcome
    failure: Failure | None = None
    new: tuple[NewItem, ...] = ()
    edits: tuple[Edit, ...] = ()


class _Success(TypedDict):
    """What every poll that succeeded changes in a state."""

    polls: int
    failures: int
    last_success_at: datetime
    is_retired: bool
    arrivals: tuple[datetime, ...]
    empty_polls: int
    rhythm: Rhythm
    holes: int
    hole_at: datetime | None
    validators: Validators
    validated_at: datetime


_TOUCHED = {"next_poll_at", "interval", "reason", "polls_not_modified", "children", "note"}
_UNTOUCHED = tuple(
    each.name for each in fields(SourceState) if each.name not in _TOUCHED | _Success.__annotations__.keys()
)  # by a poll that finds the document unchanged
_untouched = attrgetter(*_UNTOUCHED)


def unchanged(state: SourceState, same: Same, rules: Rules) -> Decided:
    """Decide on a document that is the one we have: by the server's word, or by its bytes."""
    answer = same.answer
    is_304 = isinstance(answer, NotModified)
    seen = polling.observe(_history(state), now=rules.now, is_in_turn=counts(state, rules.now))
    plan = _plan(state, seen, rules, None, (*answer.hints, *same.hints))
    # One record for all that changes: this is what nearly every poll comes to, and `replace` takes long.
    kept: dict[str, Any] = dict(zip(_UNTOUCHED, _untouched(state), strict=True))
    after = SourceState(
        next_poll_at=plan.next_poll_at,
        interval=plan.interval,
        reason=plan.reason,
        polls_not_modified=state.polls_not_modified + is_304,
        children=same.children,
        note=rules.redact(same.note) if same.note else None if same.children else state.note,
        **_succeeded(state, answer, seen, rules.now),
        **kept,
    )
    after = moves.followed(after, answer.redirects, rules.now)
    return Decided(after, Outcome.NOT_MODIFIED if is_304 else Outcome.UNCHANGED)


def arrived(
    state: SourceState,
    document: Arrived,
    stored: Mapping[str, Known],
    new_uid: Callable[[], str],
    rules: Rules,
) -> Decided:
    """Decide on a document that was read; `stored` holds those of its entries that are known.

    A known entry that has become blank stays as it was.
    """
    feed, answer = document.parsed.feed, document.answer
    pairs = list(zip(feed.entries, document.parsed.keys, strict=True))
    blank = sum(keys.is_blank for keys in document.parsed.keys)
    new = new_items(
        [(entry, keys) for entry, keys in pairs if keys.identity not in stored],
        source_id=state.id,
        settings=rules.settings if state.first_polled_at is None else None,
        now=rules.now,
        uids=[new_uid() for _pair in pairs],
    )
    edits = edited([(entry, keys) for entry, keys in pairs if not keys.is_blank], stored)
    total = len({keys.identity for keys in document.parsed.keys})
    seen = polling.observe(
        _history(state),
        now=rules.now,
        published=[date for item in new if (date := item.entry.published_at or item.entry.updated_at)],
        known=total - len(new),
        total=total,
        is_in_turn=counts(state, rules.now),
    )
    notes = [note for note in (feed.note, document.note, _unpublished(blank, len(pairs))) if note]
    after = replace(
        state,
        title=feed.title or state.title,
        site_url=feed.site_url or state.site_url,
        feed_url=document.feed_url,
        body_digest=document.digest,
        first_polled_at=state.first_polled_at or rules.now,
        note=rules.redact("; ".join(notes)) if notes else None,
        children=document.children,
        hints=feed.hints,
        skip_hours=feed.skip_hours,
        skip_days=feed.skip_days,
        **_succeeded(state, answer, seen, rules.now),
    )
    after = moves.followed(after, answer.redirects, rules.now)
    outcome = Outcome.NEW if new else Outcome.EDITED if edits else Outcome.NOTHING
    hints = (*answer.hints, *document.hints)
    return Decided(_planned(after, rules, None, hints), outcome, None, new, edits)


def _unpublished(blank: int, total: int) -> str | None:
    """Say how many entries of a document are kept but never published, and why."""
    return (
        f"{blank} of {total} entries have no title, link or text: they are not published" if blank else None
    )


def failed(state: SourceState, failure: Failure, rules: Rules) -> Decided:
    """Decide on a poll that brought nothing; nothing that is stored is lost by it."""
    # The words may be the server's own: one line, nothing that moves a terminal's cursor.
    failure = replace(failure, detail=rules.redact(one_line(failure.detail))[:_DETAIL])
    now = rules.now
    is_gone_again = (
        failure.kind is FailureKind.GONE
        and state.failures > 0
        and state.last_error_kind is FailureKind.GONE
        and state.last_error_at is not None
        and now - state.last_error_at >= polling.GONE_RECHECK
    )
    after = replace(
        state,
        polls=state.polls + 1,
        failures=max(1, state.failures + counts(state, now)),
        last_error=failure.detail,
        last_error_kind=failure.kind,
        last_error_at=now,
        is_retired=state.is_retired or is_gone_again,
    )
    after = moves.lost(after, failure)
    return Decided(_planned(after, rules, failure, failure.hints), Outcome.FAILED, failure)


def offline(state: SourceState, failure: Failure, rules: Rules) -> Decided:
    """Decide on a poll that failed because we are offline: it is said, and held against nobody."""
    plan = polling.offline(rules.now, rules.chance)
    after = replace(
        state,
        last_error=failure.detail,
        last_error_kind=failure.kind,
        last_error_at=rules.now,
        next_poll_at=plan.next_poll_at,
        reason=plan.reason,
    )
    return Decided(after, Outcome.FAILED, failure)


def held(state: SourceState, failure: Failure, rules: Rules) -> Decided:
    """Decide on a poll that was not made, since a host asks for less: it is no failure of the source."""
    span = failure.retry_after or timedelta(0)
    reason = f"{failure.detail}: left alone for {polling.spell(span)}"
    after = replace(state, next_poll_at=rules.now + span, reason=reason)
    return Decided(after, Outcome.HELD)


def out_of_hours(state: SourceState, rules: Rules) -> Decided | None:
    """Put off a poll that comes in an hour or on a day that the document asks to leave out, else None.

    It was planned for another time, and we are late: held up, busy, or not running then.
    """
    allowed_at = polling.allowed(rules.now, _wishes(state, ()), rules.chance)
    if allowed_at == rules.now:
        return None
    reason = "put off: the document asks for it by skipHours or skipDays"
    return Decided(replace(state, next_poll_at=allowed_at, reason=reason), Outcome.HELD)


def new_items(
    fresh: Sequence[tuple[Entry, Keys]],
    *,
    source_id: str,
    settings: PollConfig | None,
    now: datetime,
    uids: Sequence[str],
) -> tuple[NewItem, ...]:
    """Make items of the entries that are not stored yet, oldest first.

    With `settings` this is the first poll of the source: only the newest `first_items`, none older
    than `first_age`, may be published; the rest is backlog.
    """
    made: dict[str, NewItem] = {}
    for (entry, keys), uid in zip(fresh, uids, strict=False):
        if keys.identity in made:
            continue
        claimed = entry.published_at
        made[keys.identity] = NewItem(
            uid=uid,
            source_id=source_id,
            identity=keys.identity,
            entry=entry,
            canonical_url=keys.canonical_url,
            host=keys.host,
            content_digest=keys.content_digest,
            published_at=claimed or now,
            published_from=DateOrigin.FEED if claimed else DateOrigin.FIRST_SEEN,
            first_seen_at=now,
            stage=Stage.NEW,
            is_backlog=False,
        )
    # Stable: entries of one date keep the document's order, which is newest first.
    ordered = sorted(made.values(), key=lambda item: _place(item, now), reverse=True)
    if settings is not None:
        oldest = now - settings.first_age
        ordered = [
            replace(item, is_backlog=place >= settings.first_items or _place(item, now) < oldest)
            for place, item in enumerate(ordered)
        ]
    return tuple(reversed(ordered))


def _place(item: NewItem, now: datetime) -> datetime:
    """Return where an item stands in time: a sitemap tells when a page changed, which is not its date."""
    changed_at = min(item.entry.updated_at, now) if item.entry.updated_at else now
    return changed_at if item.published_from is DateOrigin.FIRST_SEEN else item.published_at


def edited(pairs: Sequence[tuple[Entry, Keys]], stored: Mapping[str, Known]) -> tuple[Edit, ...]:
    """Return the known entries whose text differs from what is stored."""
    return tuple(
        Edit(stored[keys.identity].item_id, entry, keys.content_digest)
        for entry, keys in pairs
        if keys.identity in stored and stored[keys.identity].content_digest != keys.content_digest
    )


def counts(state: SourceState, now: datetime) -> bool:
    """Tell whether a poll says anything of its source's rhythm: one long before its time does not."""
    tried = [instant for instant in (state.last_success_at, state.last_error_at) if instant is not None]
    return not tried or state.interval is None or now - max(tried) >= state.interval / 2


def _history(state: SourceState) -> polling.History:
    return polling.History(
        arrivals=state.arrivals,
        empty_polls=state.empty_polls,
        failures=state.failures,
        is_retired=state.is_retired,
        rhythm=state.rhythm,
        holes=state.holes,
        hole_at=state.hole_at,
    )


def _succeeded(
    state: SourceState, answer: Fetched | NotModified, seen: polling.History, now: datetime
) -> _Success:
    return {
        "polls": state.polls + 1,
        "failures": 0,
        "last_success_at": now,
        "is_retired": False,
        "arrivals": seen.arrivals,
        "empty_polls": seen.empty_polls,
        "rhythm": seen.rhythm,
        "holes": seen.holes,
        "hole_at": seen.hole_at,
        "validators": answer.validators,
        "validated_at": now if isinstance(answer, Fetched) else state.validated_at or now,
    }


def _planned(
    state: SourceState, rules: Rules, failure: Failure | None, hints: tuple[Hint, ...]
) -> SourceState:
    plan = _plan(state, _history(state), rules, failure, hints)
    return replace(state, next_poll_at=plan.next_poll_at, interval=plan.interval, reason=plan.reason)


def _plan(
    state: SourceState,
    history: polling.History,
    rules: Rules,
    failure: Failure | None,
    hints: tuple[Hint, ...],
) -> polling.Plan:
    return polling.plan(
        now=rules.now,
        settings=rules.settings,
        fixed=rules.fixed,
        history=history,
        failure=failure,
        wishes=_wishes(state, hints),
        chance=rules.chance,
    )


def _wishes(state: SourceState, hints: tuple[Hint, ...]) -> polling.Wishes:
    return polling.Wishes((*hints, *state.hints), state.skip_hours, state.skip_days)
