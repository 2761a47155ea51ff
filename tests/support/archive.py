"""An archive of texts, stored and indexed as the daemon would have left them, without pages or workers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby

from sqlalchemy import select

from aggregator.model import CopyEvidence, Entry, Stage
from aggregator.store import Connection, families, items, schema, search, sources
from aggregator.text.indexing import index_keys
from aggregator.text.tokens import tokenise
from tests.support.records import article, new_item, source_state, stand_alone


@dataclass(frozen=True, slots=True)
class Piece:
    """A stored text."""

    title: str
    text: str = ""
    lang: str = "en"
    source_id: str = "press"
    age: timedelta = timedelta(0)
    tags: tuple[str, ...] = ()
    is_backlog: bool = False
    copy_of: int = field(default=0)  # number of the item that it copies


def store(connection: Connection, pieces: Sequence[Piece], now: datetime, *, first: int = 1) -> None:
    """Store pieces as items `first` and on, decided against no topic at all."""
    names = dict.fromkeys(piece.source_id for piece in pieces)
    states = [source_state(name, now) for name in names]
    wanted = [sources.Wanted(state, state.url, state.id) for state in states]
    sources.sync(connection, wanted, now)
    new = [
        new_item(
            number,
            now - piece.age,
            piece.source_id,
            entry=Entry(f"raw-{number}", f"https://press.example/{number}", piece.title, tags=piece.tags),
            published_at=now - piece.age,
            is_backlog=piece.is_backlog,
            stage=Stage.SETTLED,
        )
        for number, piece in enumerate(pieces, first)
    ]
    for _source, group in groupby(new, key=lambda item: item.source_id):
        items.add(connection, list(group))
    for number, piece in enumerate(pieces, first):
        _decide(connection, number, piece, now)
    search.put(connection, list(_indexed(pieces, first)))


def _decide(connection: Connection, number: int, piece: Piece, now: datetime) -> None:
    families.save_article(
        connection,
        number,
        article(piece.text),
        lang=piece.lang,
        digest="",
        bands=(),
        canonical_key="",
        now=now,
    )
    if piece.copy_of:
        evidence = CopyEvidence(piece.copy_of, "text", 0.97, "97 % of the text")
        families.record_likenesses(connection, number, [evidence])
        story_id = connection.scalar(
            select(schema.items.c.story_id).where(schema.items.c.id == piece.copy_of)
        )
        families.assign(connection, piece.copy_of, story_id, [number])
    else:
        stand_alone(connection, number, now)
    items.decided(connection, items.by_ids(connection, [number])[number])


def _indexed(pieces: Sequence[Piece], first: int) -> Iterable[tuple[int, str]]:
    for number, piece in enumerate(pieces, first):
        yield number, index_keys(tokenise(piece.title), tokenise(piece.text))
