"""What people ask about topics: which there are, what they nearly took, what an edit would change.

Reads only. The shapes are those that scripts lean on; new keys may be added, none renamed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from aggregator.config.schema import SourceConfig, TopicConfig
from aggregator.match import Topics, run_test, sample
from aggregator.model import Document, Explanation, Item, Match, Verdict
from aggregator.pipeline import archive
from aggregator.pipeline.feeds import outlets
from aggregator.pipeline.queries import Json, brief, iso, reasons
from aggregator.store import Connection, items, lookup, matches, publications, reviews, search
from aggregator.urls import canonical_url

MOST = 20_000  # items that a trial looks at
_BATCH = 200


def listed(connection: Connection | None, topics: Topics, configs: Sequence[TopicConfig]) -> list[Json]:
    """Return every topic with its query as it was understood and, once there is a database, its counts."""
    counted = matches.counts(connection) if connection else {}
    carried = publications.counts(connection) if connection else {}
    pending = reviews.topics(connection) if connection else frozenset()
    return [
        {
            "id": topic.id,
            "title": topic.title,
            "query": topics.printed(topic.id),
            "version": topics.version(topic.id),
            "threshold": topics.threshold(topic.id),
            "langs": list(topic.langs),
            "sources": list(topic.sources),
            "tests": len(topic.tests),
            "file": topic.file,
            "matches": counted.get((topic.id, True), 0) if connection else None,
            "near_misses": counted.get((topic.id, False), 0) if connection else None,
            "entries": (carried[topic.id][0] if topic.id in carried else 0) if connection else None,
            "is_under_review": topic.id in pending if connection else None,
        }
        for topic in configs
    ]


def misses(
    connection: Connection,
    topics: Topics,
    sources: Mapping[str, SourceConfig],
    topic_id: str,
    since: datetime | None,
    limit: int,
) -> Json:
    """Return what a topic nearly took of what was first seen since, the nearest first."""
    found = matches.near_misses(connection, topic_id, since, limit)
    stored = items.by_ids(connection, [item_id for item_id, _ in found], with_html=False)
    named = outlets(connection, sources, {item.source_id for item in stored.values()})
    return {
        "topic": topic_id,
        "threshold": topics.threshold(topic_id),
        "since": iso(since),
        "items": [
            {
                **brief(stored[item_id], named),
                "score": round(kept.match.score, 2),
                "version": kept.match.topic_version,
                "is_current": kept.match.topic_version == topics.version(topic_id),
                "decided_at": iso(kept.decided_at),
                "reasons": reasons(kept.match.reasons),
            }
            for item_id, kept in found
        ],
    }


@dataclass(frozen=True, slots=True)
class Window:
    """How much of the archive a trial looks at, and what of it would be published."""

    since: datetime | None
    announced_since: datetime  # older items open no entry
    most: int = MOST


def trial(
    connection: Connection,
    topics: Topics,
    sources: Mapping[str, SourceConfig],
    topic_id: str,
    window: Window,
) -> Json:
    """Return what a topic as it is written in `topics` would add to the stored decisions and take from them.

    Newest first sight first; after `most` items it says how far it came.
    """
    edited = topics.only([topic_id])
    narrowing = edited.narrowing([topic_id])
    named = outlets(connection, sources)
    added: list[Json] = []
    removed: list[Json] = []
    looked_at = kept = 0
    oldest: Item | None = None
    while looked_at < window.most:
        below = oldest.id if oldest else None
        size = min(_BATCH, window.most - looked_at)
        ids = {
            *search.candidates(connection, narrowing, limit=size, below=below, since=window.since),
            *matches.matched(connection, topic_id, limit=size, below=below, since=window.since),
        }
        chosen = sorted(ids, reverse=True)[:size]
        if not chosen:
            break
        stored = items.by_ids(connection, chosen, with_html=False)
        was = _matches(connection, chosen, topic_id)
        for oldest in (stored[item_id] for item_id in chosen):
            looked_at += 1
            now = _explained(edited, oldest, topic_id, sources)
            is_match = now.verdict is Verdict.MATCHED
            before = was.get(oldest.id)
            kept += is_match and before is not None
            if is_match == (before is not None):
                continue
            row = {**brief(oldest, named), "score": now.score, "reasons": reasons(now.reasons)}
            if before is None:
                is_new = oldest.first_seen_at >= window.announced_since and not oldest.is_backlog
                added.append({**row, "is_announced": is_new})
            else:
                removed.append({**row, "score_was": round(before.score, 2), "why": now.why})
    return {
        "topic": topic_id,
        "version": topics.version(topic_id),
        "query": topics.printed(topic_id),
        "since": iso(window.since),
        "looked_at": looked_at,
        "looked_back_to": iso(oldest.first_seen_at) if oldest else None,
        "is_complete": looked_at < window.most,
        "kept": kept,
        "added": added,
        "removed": removed,
    }


def _matches(connection: Connection, ids: Sequence[int], topic_id: str) -> dict[int, Match]:
    return {
        item_id: match
        for item_id, decisions in matches.of_items(connection, ids).items()
        for match in decisions
        if match.topic_id == topic_id and match.is_match
    }


def _explained(topics: Topics, item: Item, topic_id: str, sources: Mapping[str, SourceConfig]) -> Explanation:
    (found,) = topics.explain(archive.read(archive.unread(item, sources)), [topic_id])
    return found


def cases(
    connection: Connection | None,
    topics: Topics,
    sources: Mapping[str, SourceConfig],
    topic_ids: Sequence[str],
) -> list[Json]:
    """Run the tests of topics; one on a page is held against the stored text of that page."""
    found: list[Json] = []
    for topic_id in topic_ids:
        config = topics.config(topic_id)
        only = topics.only([topic_id])
        for test in config.tests:
            document = sample(test.text) if test.text is not None else page(connection, test.url, sources)
            tried = run_test(only, topic_id, test, document) if document else None
            found.append(
                {
                    "topic": topic_id,
                    "file": config.file,
                    "line": test.line,
                    "text": test.text,
                    "url": test.url,
                    "expected": test.match,
                    "matched": tried.is_match if tried else None,
                    "score": round(tried.score, 2) if tried and tried.score is not None else None,
                    "has_passed": tried.has_passed if tried else None,
                }
            )
    return found


def page(
    connection: Connection | None, url: str | None, sources: Mapping[str, SourceConfig]
) -> Document | None:
    """Return what is stored of a page, as the matcher looks at it; None if nothing is."""
    ids = lookup.find(connection, url, canonical_url(url)) if connection and url else ()
    if connection is None or not ids:
        return None
    item = items.by_ids(connection, ids[:1], with_html=False)[ids[0]]
    return archive.read(archive.unread(item, sources))
