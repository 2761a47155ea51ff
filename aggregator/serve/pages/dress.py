"""How pages look in HTML: the templates, what they may call, and the one stylesheet. The one door of jinja2.

Every value is escaped; addresses, languages and one-line texts pass the gate of published feeds first. It
refuses to know what a page is about.
"""

import base64
import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from aggregator.publish import legal

_FOLDER = Path(__file__).parent / "templates"
_SPANS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))
_WIDE = "\u2e80"  # from here on most characters are as wide as two Latin ones


def render(name: str, data: Mapping[str, object]) -> str:
    """Render a template of this folder."""
    return _environment().get_template(name).render(data)


@cache
def static(name: str) -> tuple[bytes, str]:
    """Return a file that goes with the pages, and a digest of it."""
    body = (_FOLDER / name).read_bytes()
    digest = hashlib.blake2b(body, digest_size=9).digest()
    return body, base64.urlsafe_b64encode(digest).decode()


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters |= {
        "line": legal.line,
        "href": legal.uri,
        "tag": legal.language,
        "short": short,
        "machine": machine,
        "day": day,
        "hour": hour,
        "minute": minute,
        "moment": moment,
        "is_apart": is_apart,
        "paragraphs": paragraphs,
    }
    environment.globals |= {"style": static("style.css")[1], "icon": static("icon.svg")[1]}
    return environment


def short(text: str, length: int) -> str:
    """Make one line of a text, cut at a word where there are words; wide characters count twice."""
    line = legal.line(text[: 8 * length], 8 * length)
    if 2 * sum(char >= _WIDE for char in line[:length]) > length:
        length //= 2
    if len(line) <= length:
        return line
    cut = line[: length - 1]
    at = cut.rfind(" ")
    return (cut[:at] if at > length // 2 else cut).rstrip(" ,;:.") + "…"


def machine(at: datetime | str) -> str:
    """Write an instant for the `datetime` attribute."""
    return _instant(at).isoformat(timespec="seconds").replace("+00:00", "Z")


def day(at: datetime | str) -> str:
    """Write the day of an instant: Saturday, 14 March 2026."""
    instant = _instant(at)
    return f"{_DAYS[instant.weekday()]}, {instant.day} {_MONTHS[instant.month - 1]} {instant.year:04}"


def hour(at: datetime | str) -> str:
    """Write the time of an instant: 09:26."""
    return f"{_instant(at):%H:%M}"


def minute(at: datetime | str) -> str:
    """Write an instant briefly, in UTC: 14 Mar 2026, 09:26."""
    instant = _instant(at)
    return f"{instant.day} {_MONTHS[instant.month - 1][:3]} {instant.year:04}, {instant:%H:%M}"


def moment(at: datetime | str, now: datetime) -> str:
    """Write an instant as briefly as it is clear now, in UTC: 09:26, or with its day, or with its year."""
    instant, today = _instant(at), _instant(now)
    if instant.date() == today.date():
        return f"{instant:%H:%M}"
    whole = minute(instant)
    return whole.replace(f" {today.year:04},", ",") if instant.year == today.year else whole


def is_apart(one: datetime, other: datetime) -> bool:
    """Tell whether two instants are more than an hour apart, so that it is worth saying both."""
    return abs(_instant(one) - _instant(other)) > timedelta(hours=1)


def paragraphs(text: str) -> list[str]:
    """Part a plain text into its paragraphs."""
    return [part for part in text.split("\n\n") if part.strip()]


def apart(one: datetime, other: datetime) -> str:
    """Write how far two instants lie apart, as people say it: 12 min."""
    seconds = abs((_instant(one) - _instant(other)).total_seconds())
    size, unit = next(((size, unit) for size, unit in _SPANS if seconds >= size), _SPANS[-1])
    return f"{round(seconds / size, 0 if seconds >= 10 * size else 1):g} {unit}"


def _instant(at: datetime | str) -> datetime:
    return legal.utc(datetime.fromisoformat(at) if isinstance(at, str) else at).astimezone(UTC)


# The locale of the machine does not count: pages are in English.
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
