"""A clock that stands still until a test moves it."""

from datetime import datetime, timedelta

from aggregator.clock import Clock


class FakeClock(Clock):
    """Tells the time that the test has set."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._monotonic = 0.0

    def now(self) -> datetime:
        """Return the instant that was set last."""
        return self._now

    def monotonic(self) -> float:
        """Return the seconds that the test has let pass."""
        return self._monotonic

    def advance(self, span: timedelta) -> None:
        """Let `span` pass."""
        self._now += span
        self._monotonic += span.total_seconds()
