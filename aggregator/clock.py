"""The only place that reads the wall clock; everything else is handed a `Clock` or a `now`."""

import time
from datetime import UTC, datetime


class Clock:
    """Tells the time; tests hand in one that they move by hand."""

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return seconds that never go backwards, for measuring spans."""
        return time.monotonic()
