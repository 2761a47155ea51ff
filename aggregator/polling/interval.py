"""The interval that fits a source's habits, before failures and hints: DESIGN, when to poll.

Two rules. The plain one asks for half the usual gap and grows with each empty poll. Once the hours of
the week are known, the next poll comes when a share of an arrival is expected: minutes apart around
the hour of a morning paper, hours apart in its night. Neither leaves floor and ceiling.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from math import sqrt

from aggregator.config.schema import PollConfig
from aggregator.model import HOURS
from aggregator.polling.expecting import Forecast
from aggregator.polling.observing import BATCH, hour_of_week, into_hour
from aggregator.polling.records import History
from aggregator.polling.words import day_of, hour_of_day, spell, times

_GROWTH = 1.5  # after each empty poll
_SHARE = 0.5  # of an arrival: half the usual gap where all hours are alike
_BUSY = timedelta(hours=2)  # a source with longer gaps can be asked oftener for each arrival …
_MIN_SHARE = 0.1  # … up to ten times
_PATIENCE = 2.0  # arrivals that may fail to come before a source is said to be silent
_BOUND = 4  # times the plain interval: the longest that the hours of the week may make it
_STANDS_OUT = 8  # times the mean: an hour in which a source keeps an appointment
_WEEKLY = 2 / HOURS  # arrivals an hour, below which the day is said beside the hour
_HOUR = timedelta(hours=1)
_HOLE_MEMORY = timedelta(days=14)


def usual(
    *, now: datetime, settings: PollConfig, fixed: timedelta | None, history: History
) -> tuple[timedelta, str]:
    """Return the interval that fits a source's rhythm, and why."""
    if fixed is not None:
        return fixed, f"every {spell(fixed)} as configured"
    gap = usual_gap(history.arrivals, now)
    if gap is None:
        base, reason = settings.interval, f"every {spell(settings.interval)} until its rhythm is known"
    else:
        base, reason = gap / 2, f"it publishes about every {spell(gap)}"
    # Divided, not multiplied: no span may grow beyond what a timedelta can hold.
    growth = min(_GROWTH ** min(history.empty_polls, 40), settings.max_interval / base)
    wait = plain = base * growth
    forecast = Forecast.of(history.rhythm)
    if forecast is not None:
        wait, reason = _shaped(now, forecast, history, min(plain * _BOUND, settings.max_interval))
    elif history.empty_polls:
        reason = f"{reason}; {times(history.empty_polls, 'poll')} without news"
    hurry = _hurry(now, history)
    if hurry < 1:
        wait, reason = wait * hurry, f"{reason}; sooner, as it drops entries quickly"
    return max(settings.min_interval, min(wait, settings.max_interval)), reason


def usual_gap(arrivals: Sequence[datetime], now: datetime) -> timedelta | None:
    """Return the median time between a source's arrivals, the silence since the last included.

    None with fewer than three arrivals: they show no rhythm.
    """
    past = [arrival for arrival in arrivals if arrival <= now]
    if len(past) < 3:
        return None
    gaps = sorted(later - earlier for later, earlier in zip((now, *past), past, strict=False))
    median = (gaps[(len(gaps) - 1) // 2] + gaps[len(gaps) // 2]) / 2
    return max(median, timedelta(seconds=1))


def _shaped(now: datetime, forecast: Forecast, history: History, longest: timedelta) -> tuple[timedelta, str]:
    """Return the time until a share of an arrival is expected.

    The share does not grow with empty polls, which are cheap and many around a usual hour, but with
    arrivals that did not come: so a streak of empty polls never skips the next usual hour.
    """
    gap = timedelta(hours=1 / forecast.mean)
    share = max(_MIN_SHARE, min(1.0, sqrt(_BUSY / gap)) * _SHARE)
    missed = forecast.missed(history.arrivals[0], now) if history.arrivals else 0.0
    silence = max(1.0, missed / _PATIENCE)
    is_served = _is_served(now, forecast, history)
    wait = forecast.until(now, share * silence, longest, is_served=is_served)
    if silence > 1:
        wait = min(wait, _end_of_next_appointment(now, forecast))
    reason = _why(forecast, hour_of_week(now), wait, gap, is_served=is_served)
    if silence > 1:
        reason = f"{reason}; silent for longer than usual"
    return wait, reason


def _is_served(now: datetime, forecast: Forecast, history: History) -> bool:
    """Tell whether this hour stands out in the week and has brought what it usually brings."""
    hour = hour_of_week(now)
    rate = forecast.rate(hour)
    if rate < _STANDS_OUT * forecast.mean:
        return False
    # Of a batch that has just begun, the rest may follow: it is looked at once more.
    fresh = (arrival for arrival in history.arrivals if BATCH < now - arrival < _HOUR)
    return sum(hour_of_week(arrival) == hour for arrival in fresh) >= rate


def _end_of_next_appointment(now: datetime, forecast: Forecast) -> timedelta:
    """Return how long it takes until the next hour that stands out is over, within a day or so."""
    hour = hour_of_week(now)
    for ahead in range(1, 25):
        if forecast.rate(hour + ahead) >= _STANDS_OUT * forecast.mean:
            return (ahead + 1 - into_hour(now)) * _HOUR
    return timedelta.max


def _why(forecast: Forecast, hour: int, wait: timedelta, gap: timedelta, *, is_served: bool) -> str:
    """Say what the hours of the week had to do with a wait; an hour that is served had nothing."""
    last = hour + min(int(wait / _HOUR) + 2, HOURS)
    ahead = {number: forecast.rate(number) for number in range(hour + is_served, last + 1)}
    best = max(ahead, key=ahead.__getitem__)
    if ahead[best] < 2 * forecast.mean:
        if forecast.rate(hour) < forecast.mean / 3:
            return "it is usually silent at this hour"
        return f"it publishes about every {spell(gap)}"
    if forecast.mean < _WEEKLY:
        best = forecast.hours.index(max(forecast.hours))
        return f"it usually publishes on {day_of(best)} around {hour_of_day(best)}"
    return f"it usually publishes around {hour_of_day(best)}"


def _hurry(now: datetime, history: History) -> float:
    """Return the factor by which waits shrink where polls hardly overlap, 1/4 at least."""
    overlap = history.rhythm.overlap
    factor = 1.0 if overlap is None else min(1.0, 0.5 + overlap)
    if history.hole_at is not None and now - history.hole_at <= _HOLE_MEMORY:
        factor /= 2
    return factor
