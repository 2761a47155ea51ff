"""Items by the names that people have for them: an address, an entry's id, the first digits of their own."""

import re
from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, func, select

from aggregator.store import schema
from aggregator.store.items import chunks

_i = schema.items
_a = schema.articles
_p = schema.publications
_MOST = 20
_DIGITS = re.compile("[0-9a-f]{4,16}")


def find(connection: Connection, name: str, canonical_url: str) -> tuple[int, ...]:
    """Return the items of a name, those that copy no other first, then the oldest.

    `name` is an id of an item, at least its first four digits, or of a published entry; `canonical_url`
    is what it is as an address, "" where it is none. Of an address there may be an item in each source.
    """
    if name.startswith("tag:"):
        return _some(connection, _i.c.id.in_(select(_p.c.lead_item_id).where(_p.c.entry_id == name)))
    if _DIGITS.fullmatch(name):
        return _some(connection, (_i.c.uid >= name) & (_i.c.uid < name + "g"))
    if not canonical_url:
        return ()
    by_page = select(_a.c.item_id).where(_a.c.canonical_key == canonical_url)
    # One look-up an index: an OR over two tables makes both databases scan.
    found = _some(connection, _i.c.canonical_url == canonical_url)
    return found or _some(connection, _i.c.id.in_(by_page))


def _some(connection: Connection, condition: ColumnElement[bool]) -> tuple[int, ...]:
    is_copy = func.coalesce(_i.c.root_id, _i.c.id) != _i.c.id
    statement = select(_i.c.id).where(condition).order_by(is_copy, _i.c.id).limit(_MOST)
    return tuple(connection.scalars(statement))


def taken(connection: Connection, uids: Sequence[str]) -> frozenset[str]:
    """Return those of the ids that some item has."""
    found: set[str] = set()
    for chunk in chunks(uids):
        found.update(connection.scalars(select(_i.c.uid).where(_i.c.uid.in_(chunk))))
    return frozenset(found)
