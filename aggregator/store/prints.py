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

from sqlalchemy import Connection, bindparam, delete, insert, select

from aggregator.store import schema
from aggregator.urls import canonical_url, site_root

PAGES = 32  # of a site
_AGE = timedelta(days=90)
_p = schema.prints
_newest = _p.c.seen_at.desc(), _p.c.page
_site_is = _p.c.site == bindparam("of")
# Written once: building a statement costs more than running it.
_OTHERS = select(_p.c.prints).where(_site_is, _p.c.page != bindparam("but")).order_by(*_newest).limit(PAGES)
_KEPT = select(_p.c.page).where(_site_is, _p.c.page != bindparam("but")).order_by(*_newest).limit(PAGES - 1)
_MAKE_ROOM = delete(_p).where(_site_is, _p.c.page.not_in(_KEPT))
_ADD = insert(_p)


def others(connection: Connection, page: str) -> tuple[tuple[int, ...], ...]:
    """Return the prints of the other pages of a site, newest first, given the address a page came from."""
    found = connection.scalars(_OTHERS, {"of": _site(page), "but": _number(page)})
    return tuple(_loaded(prints) for prints in found)


def note(connection: Connection, page: str, prints: Sequence[int], now: datetime) -> None:
    """Keep the prints of a page in place of earlier ones, and forget the site's oldest."""
    site, number = _site(page), _number(page)
    if not site:
        return
    connection.execute(_MAKE_ROOM, {"of": site, "but": number})
    connection.execute(_ADD, {"site": site, "page": number, "seen_at": now, "prints": _dumped(prints)})


def forget(connection: Connection, now: datetime) -> None:
    """Forget what has not been seen for a season."""
    connection.execute(delete(_p).where(_p.c.seen_at < now - _AGE))


def _site(page: str) -> str:
    """Return host and port: what an outlet repeats on one host it does not on another.

    Those of the address itself: a canonical one may name a host that had no part in the page.
    """
    return urlsplit(site_root(page).lower()).netloc.removesuffix(":443").removesuffix(":80")[:260]


def _number(page: str) -> int:
    """Return a number for the article at an address, however the address is written."""
    return int.from_bytes(blake2b(canonical_url(page).encode(), digest_size=8).digest(), "big", signed=True)


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
