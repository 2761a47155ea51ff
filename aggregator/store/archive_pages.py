"""The pages of a topic's archive: which are complete, and which say something else than their files.

A page holds the entries of 200 places (`seq // 200`) and is there once the last of them is taken. It
counts the changes of its entries, so that a change which comes while it is being written is not lost.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, insert, select, tuple_, update

from aggregator.store import schema

SIZE = 200  # places

_a = schema.archive_pages
_p = schema.publications


@dataclass(frozen=True, slots=True)
class Page:
    """A complete page and what its file says."""

    number: int
    changes: int  # how often one of its entries changed
    written: str  # what the file was made from; "": there is none


def of_topic(connection: Connection, topic_id: str) -> tuple[Page, ...]:
    """Return the complete pages of a topic, the newest first."""
    rows = connection.execute(select(_a).where(_a.c.topic_id == topic_id).order_by(_a.c.page.desc()))
    return tuple(Page(row.page, row.changes, row.written) for row in rows)


def opened(connection: Connection, topic_id: str, next_seq: int) -> None:
    """Note that the place before `next_seq` is taken, which completes a page if it was the last of one."""
    page, rest = divmod(next_seq, SIZE)
    if rest == 0:
        connection.execute(insert(_a).values(topic_id=topic_id, page=page - 1))


def changed(connection: Connection, publications: ColumnElement[bool]) -> None:
    """Note that some entries changed, in the pages that hold them."""
    places = select(_p.c.topic_id, _p.c.seq // SIZE).where(publications)
    connection.execute(
        update(_a).where(tuple_(_a.c.topic_id, _a.c.page).in_(places)).values(changes=_a.c.changes + 1)
    )


def written(connection: Connection, topic_id: str, pages: Sequence[Page]) -> None:
    """Note what the files of some pages are made from now."""
    for page in pages:
        here = (_a.c.topic_id == topic_id) & (_a.c.page == page.number)
        connection.execute(update(_a).where(here).values(written=page.written))
