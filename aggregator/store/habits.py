"""What the latest pages of each site held, as prints of their blocks; what recurs is decided elsewhere.

A site has at most as many rows as it has pages worth comparing, a page one, however often it is read;
what has not been seen for a season is forgotten. Prints are numbers that the extraction makes.
"""

from array import array
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import blake2b
from sys import byteorder
from urllib.parse import urlsplit

from sqlalchemy import Connection, delete, insert, select

from aggregator.store import schema

PAGES = 32  # of a site
_AGE = timedelta(days=90)
_h = schema.habits


def others(connection: Connection, page: str) -> tuple[tuple[int, ...], ...]:
    """Return the prints of the other pages of a site, newest first, given a page's canonical address."""
    statement = (
        select(_h.c.prints)
        .where(_h.c.site == _site(page), _h.c.page != _number(page))
        .order_by(_h.c.seen_at.desc(), _h.c.page)
        .limit(PAGES)
    )
    return tuple(_loaded(prints) for prints in connection.scalars(statement))


def note(connection: Connection, page: str, prints: Sequence[int], now: datetime) -> None:
    """Keep the prints of a page in place of earlier ones; forget the site's oldest and all that is old."""
    site = _site(page)
    if not site:
        return
    mine = _h.c.site == site
    connection.execute(delete(_h).where(mine, _h.c.page == _number(page)))
    if prints:
        row = {"site": site, "page": _number(page), "seen_at": now, "prints": _dumped(prints)}
        connection.execute(insert(_h).values(row))
    newest = select(_h.c.page).where(mine).order_by(_h.c.seen_at.desc(), _h.c.page).limit(PAGES)
    connection.execute(delete(_h).where(mine, _h.c.page.not_in(newest)))
    connection.execute(delete(_h).where(_h.c.seen_at < now - _AGE))


def _site(page: str) -> str:
    """Return host and port: what an outlet repeats on one host it does not on another."""
    return urlsplit(page).netloc[:260]


def _number(page: str) -> int:
    return int.from_bytes(blake2b(page.encode(), digest_size=8).digest(), "big", signed=True)


def _dumped(prints: Sequence[int]) -> bytes:
    numbers = array("q", prints)
    if byteorder == "big":
        numbers.byteswap()
    return numbers.tobytes()


def _loaded(prints: bytes) -> tuple[int, ...]:
    numbers = array("q", prints)
    if byteorder == "big":
        numbers.byteswap()
    return tuple(numbers)
