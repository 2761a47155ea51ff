"""Why an item is where it is: what it copies, and for every topic whether it matches and on what grounds.

Decisions that were kept are shown as they were taken; all others are worked out again from the stored text.
"""

from collections.abc import Collection, Mapping
from dataclasses import asdict

from aggregator.config.schema import Config, SourceConfig
from aggregator.errors import UsageError
from aggregator.match import Topics
from aggregator.model import Explanation, Item, Stage, Verdict
from aggregator.pipeline import archive
from aggregator.pipeline.feeds import outlets
from aggregator.pipeline.queries import Json, brief, iso, reasons
from aggregator.pipeline.stories import origin_of
from aggregator.store import Connection, items, lookup, matches, publications
from aggregator.store.matches import Kept
from aggregator.store.publications import Publication
from aggregator.urls import canonical_url, is_http, redact

_WAITING = {
    Stage.NEW: "not decided for good yet: its page is still to be read",
    Stage.SETTLED: "not decided yet: it is next",
    Stage.DONE: "",
}


def explain(
    connection: Connection,
    config: Config,
    topics: Topics,
    name: str,
    topic_ids: Collection[str] | None = None,
) -> Json:
    """Explain the item of an address, an id or an entry's id, for some topics or (None) for all.

    Raises UsageError where there is no such item, or an id's beginning is that of several.
    """
    sources = {source.id: source for source in config.sources}
    item, others = named_item(connection, name)
    named = outlets(connection, sources)
    return {
        "item": {
            **brief(item, named),
            "quality": item.article.quality.value if item.article else None,
            "characters": len(item.article.text) if item.article else 0,
            "stage": item.stage.value,
            "note": _WAITING[item.stage],
        },
        **origin_of(connection, config, item.id),
        "same_address": [brief(other, named) for other in others],
        "topics": _topics(connection, topics, sources, item, topic_ids),
    }


def named_item(
    connection: Connection, name: str, *, with_html: bool = False
) -> tuple[Item, tuple[Item, ...]]:
    """Return the item of an address, an id or an entry's id, and the others of that address.

    Raises UsageError where there is no such item, or an id's beginning is that of several.
    """
    ids = lookup.find(connection, name, canonical_url(name) if is_http(name) else "")
    if not ids:
        raise UsageError(
            f"no stored item is called {redact(name)!r}: give its address, its id or its entry's id"
        )
    found = items.by_ids(connection, ids, with_html=with_html)
    stored = [found[item_id] for item_id in ids]
    if len(stored) > 1 and not is_http(name):
        raise UsageError(f"{name!r} begins several ids: {', '.join(item.uid for item in stored)}")
    return stored[0], tuple(stored[1:])


def _topics(
    connection: Connection,
    topics: Topics,
    sources: Mapping[str, SourceConfig],
    item: Item,
    topic_ids: Collection[str] | None,
) -> list[Json]:
    shown = archive.read(archive.unread(item, sources))
    kept = matches.kept(connection, item.id)
    carried = publications.of_item(connection, item.id)
    return [
        _topic(each, kept.get(each.topic_id), carried.get(each.topic_id))
        for each in topics.explain(shown, topic_ids)
    ]


def _topic(now: Explanation, kept: Kept | None, entry: Publication | None) -> Json:
    match = kept.match if kept and kept.match.topic_version == now.topic_version else None
    verdict, why = now.verdict, now.why
    if match is not None and match.is_match != (verdict is Verdict.MATCHED):
        verdict = Verdict.MATCHED if match.is_match else Verdict.NEAR_MISS
        why = f"as it was decided then; its text has changed since, and now: {now.why}"
    return {
        "topic": now.topic_id,
        "version": now.topic_version,
        "verdict": verdict.value,
        "why": why,
        "score": round(match.score, 2) if match else now.score,
        "threshold": now.threshold,
        "near_miss": now.near_miss,
        "is_kept": match is not None,
        "decided_at": iso(kept.decided_at) if match and kept else None,
        "reasons": reasons(match.reasons if match else now.reasons),
        "query": [
            {
                "clause": clause.shown,
                "is_held": clause.is_held,
                "note": clause.note,
                "found": [asdict(passage) for passage in clause.passages],
            }
            for clause in now.clauses
        ],
        "entry": {"id": entry.entry_id, "published_at": iso(entry.first_published_at)} if entry else None,
    }
