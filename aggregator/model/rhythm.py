"""What polls have shown of a source's habits."""

from dataclasses import dataclass
from datetime import datetime

HOURS = 168  # of a week


@dataclass(frozen=True, slots=True)
class Rhythm:
    """When a source brings entries, and whether our polls keep up with it."""

    hours: tuple[float, ...] = ()  # arrivals in each hour of the week, UTC, Monday 0 h first; older ones fade
    weeks: float = 0.0  # how many weeks these arrivals stand for, faded likewise
    counted_until: datetime | None = None  # arrivals up to here are in `hours`
    overlap: float | None = None  # share of the last changed document that was known before; 0 is a hole
