"""How many arrivals a source's past lets us expect in a span of time: an hour-by-hour forecast.

Each hour of the week is believed as much as the weeks it has been watched; what is missing is taken
from the same hour of the other days, and what those lack from the mean. So a habit shows after a week,
and no hour is ever ruled out.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from aggregator.model import HOURS, Rhythm
from aggregator.polling.observing import hour_of_week, into_hour

_MIN_WEEKS = 1.0
_MIN_ARRIVALS = 2.0  # faded; fewer are accidents, not a habit
_NEIGHBOUR = 0.1  # share of an hour's arrivals that might as well come in the one before or after
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Forecast:
    """Arrivals to be expected, from the hours of the week."""

    hours: tuple[float, ...]  # as counted
    weeks: float
    mean: float  # arrivals in an hour, were all hours alike

    @classmethod
    def of(cls, rhythm: Rhythm) -> Self | None:
        """Make a forecast; None where too little is known."""
        if len(rhythm.hours) != HOURS or rhythm.weeks < _MIN_WEEKS:
            return None
        total = sum(rhythm.hours)
        return (
            cls(rhythm.hours, rhythm.weeks, total / rhythm.weeks / HOURS) if total >= _MIN_ARRIVALS else None
        )

    def rate(self, hour: int) -> float:
        """Arrivals to be expected in an hour of the week."""
        hour %= HOURS
        hours = self.hours
        counted = (1 - 2 * _NEIGHBOUR) * hours[hour] + _NEIGHBOUR * (
            hours[hour - 1] + hours[(hour + 1) % HOURS]
        )
        of_other_days = (sum(hours[hour % 24 :: 24]) + self.mean) / (7 * self.weeks + 1)
        return (counted + of_other_days) / (self.weeks + 1)

    def until(self, now: datetime, share: float, longest: timedelta, *, is_served: bool = False) -> timedelta:
        """Return how long it takes until `share` arrivals are expected, `longest` at most.

        Of an hour that is served already, nothing more is expected.
        """
        hour, left, passed = hour_of_week(now), 1 - into_hour(now), 0.0
        if is_served:
            hour, left, passed = hour + 1, 1.0, left
        limit = min(longest / _HOUR, HOURS)  # what a week does not bring needs no exact hour
        while passed < limit:
            rate = self.rate(hour)
            if rate * left >= share:
                return min((passed + share / rate) * _HOUR, longest)
            share -= rate * left
            passed += left
            hour, left = hour + 1, 1.0
        return longest

    def missed(self, since: datetime, now: datetime) -> float:
        """Return how many arrivals were to be expected between two instants."""
        if now <= since:
            return 0.0
        weeks, rest = divmod((now - since) / _HOUR, HOURS)
        hour, part = hour_of_week(now), into_hour(now)
        expected = weeks * self.mean * HOURS
        while rest > 0:
            step = min(part, rest)
            expected += self.rate(hour) * step
            rest -= step
            hour, part = hour - 1, 1.0
        return expected
