"""When a source is polled next, from its habits, its failures and what its server asks for."""

from datetime import datetime, timedelta

from aggregator.config.schema import PollConfig
from aggregator.model import LONGEST_WISH, Failure
from aggregator.polling.failing import after_failure, is_temporary
from aggregator.polling.interval import usual
from aggregator.polling.records import History, Plan, Wishes
from aggregator.polling.words import spell

OFFLINE_WAIT = timedelta(minutes=1)
_JITTER = 0.1  # share of the wait that chance may add, so that sources do not march in step …
_JITTER_LIMIT = timedelta(minutes=6)  # … but never past the hour that the wait is aimed at
_AFTER_SKIP = timedelta(minutes=30)  # over which sources are spread that leave a skipped hour together
_HOUR = timedelta(hours=1)


def plan(
    *,
    now: datetime,
    settings: PollConfig,
    fixed: timedelta | None,
    history: History,
    failure: Failure | None,
    wishes: Wishes,
    chance: float,
) -> Plan:
    """Decide when a source is polled next.

    `chance` is in 0…1. The result is never before what a hint asks for (up to 7 days) and never
    beyond the ceiling of its case, the longest hint, jitter (6 min) and the hours that the feed skips.
    """
    interval, reason = usual(now=now, settings=settings, fixed=fixed, history=history)
    wait = interval
    asked = [(hint.wait, hint.source) for hint in wishes.hints]
    if failure is not None:
        if fixed is None and is_temporary(failure):
            # A source that is asked once a day and fails by accident is not left alone for two days.
            interval = min(interval, settings.interval)
        wait, reason = after_failure(interval, history, failure)
        if failure.retry_after is not None:
            asked.append((failure.retry_after, "Retry-After"))
    for span, name in asked:
        if min(span, LONGEST_WISH) > wait:
            wait = min(span, LONGEST_WISH)
            reason = f"the server asks for {spell(wait)} ({name})"
    due = later(now, wait + min(wait * _JITTER, _JITTER_LIMIT) * chance)
    permitted = allowed(due, wishes, chance)
    if permitted != due:
        reason = f"{reason}; not in its skipHours or skipDays"
    return Plan(permitted, interval, reason)


def offline(now: datetime, chance: float) -> Plan:
    """Plan for a source that could not be reached because we ourselves are offline: no penalty."""
    due = later(now, OFFLINE_WAIT * (1 + chance))
    return Plan(due, OFFLINE_WAIT, "no connection to the internet here; tried again as soon as there is")


def later(instant: datetime, span: timedelta) -> datetime:
    """Return an instant a span later; at the end of the calendar, that end."""
    end = datetime.max.replace(tzinfo=instant.tzinfo)
    return instant + span if span <= end - instant else end


def allowed(due: datetime, wishes: Wishes, chance: float) -> datetime:
    """Move an instant forward out of the hours and days that the feed asks to leave out.

    A week of them is no wish.

    RSS 2.0 counts them in GMT. Where they end, chance spreads the sources that waited for it.
    """
    hours = {hour % 24 for hour in wishes.skip_hours}  # the 24 of RSS 0.91 is midnight
    moved = due
    for _hour in range(7 * 24):
        if moved.hour not in hours and moved.weekday() not in wishes.skip_days:
            return due if moved == due else later(moved, _AFTER_SKIP * chance)
        moved = later(moved.replace(minute=0, second=0, microsecond=0), _HOUR)
    return due
