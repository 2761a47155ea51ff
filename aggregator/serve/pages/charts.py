"""Small charts as paths of SVG: bars for days, squares for the hours of a week. Numbers in, geometry out."""

from collections.abc import Sequence
from dataclasses import dataclass

LEVELS = 4  # shades of the hours of a week
_BAR, _STEP, _HEIGHT = 6, 8, 40
_CELL, _GRID = 9, 11
_HOURS = 24


@dataclass(frozen=True, slots=True)
class Bars:
    """A row of bars, the last one apart."""

    width: int
    height: int
    base: str  # where the bars stand
    path: str
    last: str
    total: int
    most: int
    most_at: int  # place of the first of the highest bars


def bars(counts: Sequence[int]) -> Bars:
    """Draw one bar a count; what is not nothing is to be seen."""
    most = max(counts, default=0)
    parts = []
    for place, count in enumerate(counts):
        height = max(2, round(_HEIGHT * count / most)) if count else 0
        parts.append(f"M{place * _STEP} {_HEIGHT}v-{height}h{_BAR}v{height}z" if height else "")
    return Bars(
        len(counts) * _STEP - _STEP + _BAR,
        _HEIGHT,
        "".join(f"M{place * _STEP} {_HEIGHT}v-1h{_BAR}v1z" for place in range(len(counts))),
        "".join(parts[:-1]),
        parts[-1] if parts else "",
        sum(counts),
        most,
        counts.index(most) if most else 0,
    )


@dataclass(frozen=True, slots=True)
class Week:
    """Squares for the hours of a week, a row a day, from Monday 0 h on, in shades of how much there is."""

    width: int
    height: int
    shades: tuple[str, ...]  # the palest first: hours with nothing
    busiest: int  # hour of the week


def week(hours: Sequence[float]) -> Week:
    """Draw what 168 hours hold."""
    most = max(hours, default=0.0)
    shades = [""] * (LEVELS + 1)
    for number, amount in enumerate(hours):
        level = min(LEVELS, 1 + int(LEVELS * amount / most)) if most > 0 and amount > most / 100 else 0
        x, y = number % _HOURS * _GRID, number // _HOURS * _GRID
        shades[level] += f"M{x} {y}h{_CELL}v{_CELL}h-{_CELL}z"
    busiest = hours.index(most) if most > 0 else 0
    return Week(_HOURS * _GRID - _GRID + _CELL, 7 * _GRID - _GRID + _CELL, tuple(shades), busiest)
