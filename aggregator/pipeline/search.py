"""Search over the archive, for the command line and for HTTP: the index narrows, the matcher decides.

Newest first sight first. Every search ends: after so many texts or so much time it says how far it came.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import islice

from aggregator.config.schema import Config, SourceConfig
from aggregator.errors import Problem, UsageError
from aggregator.match import Search, compile_search
from aggregator.model import Item, Passage
from aggregator.pipeline import archive
from aggregator.pipeline.feeds import outlets
from aggregator.pipeline.queries import Json, brief, iso
from aggregator.store import Connection, items, matches
from aggregator.store import search as index

MOST = 20_000  # items looked at for one search
SECONDS = 30.0
_FIRST, _LARGEST = 25, 500  # items of a batch
_ASKED = 200  # candidates asked of the index at once: a question of a thousand words costs it more than these


@dataclass(frozen=True, slots=True)
class Hit:
    """An item that a search found, without its HTML."""

    item: Item
    passages: tuple[Passage, ...]
    topics: tuple[str, ...]  # that it matches


@dataclass(frozen=True, slots=True)
class Found:
    """What a search came to."""

    hits: tuple[Hit, ...]
    is_narrowed: bool  # false: the index could not help, every item was looked at
    is_complete: bool  # false: there may be more, older than `looked_back_to`
    looked_at: int  # items that could not be told from a match without a look
    looked_back_to: datetime | None  # first sight of the oldest of them


@dataclass(frozen=True, slots=True)
class Bounds:
    """Where to look and when to stop."""

    limit: int = 20
    since: datetime | None = None  # first sight
    topic_id: str | None = None  # only what it matches
    most: int = MOST
    seconds: float = SECONDS


def search(
    connection: Connection,
    wanted: Search,
    sources: Mapping[str, SourceConfig],
    bounds: Bounds,
    monotonic: Callable[[], float],
) -> Found:
    """Return the newest items for which a query holds; reads only, and is meant for a thread."""
    hits: list[Hit] = []
    looked_at, oldest, size = 0, None, _FIRST
    until = monotonic() + bounds.seconds
    is_complete = False
    candidates = _candidates(connection, wanted, bounds)
    while len(hits) < bounds.limit and looked_at < bounds.most and monotonic() < until:
        ids = list(islice(candidates, min(size, bounds.most - looked_at)))
        is_complete = not ids
        if is_complete:
            break
        decisions = matches.topics_of(connection, ids)
        found = items.by_ids(connection, ids, with_html=False)
        for item_id in ids:
            item = found[item_id]
            looked_at, oldest = looked_at + 1, item.first_seen_at
            passages = _passages(wanted, item, decisions.get(item_id, ()), sources)
            if passages is not None:
                hits.append(Hit(item, passages, decisions.get(item_id, ())))
            if len(hits) == bounds.limit or monotonic() >= until:
                break
        size = min(2 * size, _LARGEST)
    return Found(tuple(hits), wanted.narrowing is not None, is_complete, looked_at, oldest)


def _candidates(connection: Connection, wanted: Search, bounds: Bounds) -> Iterator[int]:
    """Give what the index finds, newest first."""
    below = None
    while ids := index.candidates(
        connection,
        wanted.narrowing,
        limit=_ASKED,
        below=below,
        since=bounds.since,
        published=wanted.published,
        topic_id=bounds.topic_id,
    ):
        yield from ids
        below = ids[-1]


def compiled(text: str, config: Config) -> Search:
    """Compile a query with the lists and topics of a configuration.

    Raises UsageError, which says where the mistake is.
    """
    wanted = compile_search(text, config.lists, [topic.id for topic in config.topics])
    if isinstance(wanted, Problem):
        hint = f" ({wanted.hint})" if wanted.hint else ""
        place = f"line {wanted.line}, column {wanted.column}"
        raise UsageError(f"query, {place}: {wanted.message}{hint}\n{wanted.context}")
    return wanted


def described(
    connection: Connection, wanted: Search, found: Found, sources: Mapping[str, SourceConfig]
) -> Json:
    """Return what a search came to, as plain data."""
    named = outlets(connection, sources, {hit.item.source_id for hit in found.hits})
    return {
        "query": wanted.printed,
        "is_narrowed": found.is_narrowed,
        "is_complete": found.is_complete,
        "looked_at": found.looked_at,
        "looked_back_to": iso(found.looked_back_to),
        "items": [
            {
                **brief(hit.item, named),
                "topics": list(hit.topics),
                "found": [asdict(passage) for passage in hit.passages],
            }
            for hit in found.hits
        ],
    }


def _passages(
    wanted: Search, item: Item, topic_ids: tuple[str, ...], sources: Mapping[str, SourceConfig]
) -> tuple[Passage, ...] | None:
    decided = dict.fromkeys(topic_ids, True)
    shown = archive.unread(item, sources)
    if not wanted.may_hold(shown, decided):
        return None
    return wanted.find(archive.read(shown), decided)
