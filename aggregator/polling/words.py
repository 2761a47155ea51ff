"""How spans, counts and hours are spelt in a reason that a user reads."""

from datetime import timedelta

_DAYS = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")


def spell(span: timedelta) -> str:
    """Write a span as people say it: 45 s, 5 min, 2 h, 3 d."""
    seconds = span.total_seconds()
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:.3g} s"


def times(number: int, what: str) -> str:
    """Write a count with its noun: 1 poll, 3 polls."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def hour_of_day(hour_of_week: int) -> str:
    """Write an hour of the week without its day: 06:00 UTC."""
    return f"{hour_of_week % 24:02}:00 UTC"


def day_of(hour_of_week: int) -> str:
    """Write the day that an hour of the week belongs to: Mondays."""
    return _DAYS[hour_of_week // 24 % 7]
