"""What people ask about a running or resting daemon: status and export, as plain data.

Reads only. The shapes are those that scripts lean on; new keys may be added, none renamed.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from aggregator.config.schema import Config, SourceConfig
from aggregator.model import Configured, History, Item, Match, Reason, SourceState
from aggregator.pipeline.feeds import Outlet, outlets
from aggregator.store import (
    Connection,
    families,
    items,
    matches,
    notices,
    publications,
    rereads,
    running,
    sources,
)
from aggregator.urls import redact, scrub

Json = dict[str, Any]
_BATCH = 200
_NEW = "new in the configuration: a running daemon follows it within seconds"


def status(connection: Connection, config: Config, now: datetime, *, is_partial: bool = False) -> Json:
    """Return the state of every source and topic, what is still to be done, and which configuration is live.

    Where `config` is only what can be read of a configuration with mistakes (`is_partial`), the sources that
    it lacks and the daemon follows are named, too.
    """
    configured = running.configured(connection)
    states = {state.id: state for state in sources.all_states(connection)}
    carried = publications.counts(connection)
    named = {source.id for source in config.sources}
    others = [SourceConfig(id=each.id, url=each.url) for each in states.values() if each.id not in named]
    followed = (*config.sources, *(others if is_partial else ()))
    found: Json = {
        "configuration": None if configured is None else _configuration(configured),
        "sources": [source_status(source, states.get(source.id), now) for source in followed],
        "topics": [
            {
                "id": topic.id,
                "title": topic.title,
                "entries": carried[topic.id][0] if topic.id in carried else 0,
                "newest_at": iso(carried[topic.id][1]) if topic.id in carried else None,
                "feed": f"{config.publish.base_url}/feeds/{topic.id}.atom",
            }
            for topic in config.topics
        ],
        "notices": [
            {
                "kind": each.condition.kind.value,
                "subject": each.condition.subject,
                "title": each.condition.title,
                "since": iso(each.opened_at),
            }
            for each in notices.holding(connection)
        ],
        "items": items.count(connection),
        "unfinished": items.unfinished(connection),
        "rereads": rereads.count(connection),
    }
    return scrub(found, config.redact)


def _configuration(configured: Configured) -> Json:
    return {
        "loaded_at": iso(configured.loaded_at),
        "refused_at": iso(configured.refused_at),
        "problems": list(configured.problems),
        "at_next_start": list(configured.at_next_start),
    }


def source_status(source: SourceConfig, state: SourceState | None, now: datetime) -> Json:
    """Return one source: how it is, what went wrong, when it is tried again and why."""
    is_new = state is None
    if state is None:
        state = SourceState(id=source.id, url=source.url, next_poll_at=now, reason=_NEW)
    return {
        "id": source.id,
        "title": source.title or state.title,
        "url": source.shown_url,
        "feed_url": state.feed_url,
        "moved_url": state.moved_url,
        "state": condition(source, state),
        "last_success_at": iso(state.last_success_at),
        "last_error": state.last_error,
        "last_error_kind": state.last_error_kind.value if state.last_error_kind else None,
        "last_error_at": iso(state.last_error_at),
        "next_poll_at": iso(state.next_poll_at) if source.enabled and not is_new else None,
        "reason": state.reason if source.enabled else "enabled = false in the configuration",
        "interval_seconds": state.interval.total_seconds() if state.interval else None,
        "failures": state.failures,
        "polls": state.polls,
        "not_modified_share": round(state.polls_not_modified / state.polls, 3) if state.polls else None,
        "holes": state.holes,
        "last_hole_at": iso(state.hole_at),
        "note": state.note,
    }


def condition(source: SourceConfig, state: SourceState) -> str:
    """Return the one word for how a source is: ok, failing, waiting, retired or paused."""
    if not source.enabled:
        return "paused"
    if state.is_retired:
        return "retired"
    if state.failures:
        return "failing"
    return "ok" if state.last_success_at else "waiting"


def export(connection: Connection, config: Config) -> Iterator[Json]:
    """Give every stored item with its text, family and decisions, in the order of storing."""
    configured = {source.id: source for source in config.sources}
    named = outlets(connection, configured)
    copies = families.copies_of(connection)
    urls = {state.id: redact(state.url) for state in sources.all_states(connection)}
    urls |= {source.id: source.shown_url for source in config.sources}
    batch: list[Item] = []
    for item in items.every(connection):
        batch.append(item)
        if len(batch) == _BATCH:
            yield from _exported(connection, config, batch, copies, urls, named)
            batch = []
    yield from _exported(connection, config, batch, copies, urls, named)


def show(connection: Connection, config: Config, item: Item) -> Json:
    """Return one item as `export` writes it, and the entries by which topics publish it."""
    configured = {source.id: source for source in config.sources}
    urls = {source.id: source.shown_url for source in config.sources}
    copies = families.copies_of(connection)
    named = outlets(connection, configured)
    (found,) = _exported(connection, config, [item], copies, urls, named)
    carried = publications.of_item(connection, item.id)
    found["entries"] = [
        {"topic": topic, "id": entry.entry_id, "published_at": iso(entry.first_published_at)}
        for topic, entry in carried.items()
    ]
    return found


def _exported(
    connection: Connection,
    config: Config,
    batch: list[Item],
    copies: Mapping[int, tuple[str, str | None]],
    urls: Mapping[str, str],
    named: Mapping[str, Outlet],
) -> Iterator[Json]:
    ids = [item.id for item in batch]
    decisions = matches.of_items(connection, ids)
    stories = families.stories_of(connection, ids)
    histories = rereads.histories(connection, ids)
    for item in batch:
        uid, url = copies.get(item.id, (None, None))
        found: Json = {
            "id": item.uid,
            "url": item.entry.url,
            "canonical_url": item.canonical_url or None,
            "source": item.source_id,
            "source_url": urls.get(item.source_id),
            "outlet": item.entry.outlet or named[item.source_id].name,
            "raw_id": item.entry.raw_id,
            "title": item.title,
            "authors": [author.name for author in item.entry.authors],
            "tags": list(item.entry.tags),
            "published_at": iso(item.published_at),
            "published_from": item.published_from.value,
            "updated_at": iso(item.updated_at),
            "first_seen_at": iso(item.first_seen_at),
            "summary_html": item.entry.summary_html,
            "content_html": item.article.html if item.article else item.entry.content_html,
            "enclosures": [
                {"url": file.url, "type": file.type, "length": file.length} for file in item.entry.enclosures
            ],
            "text": item.article.text if item.article else "",
            "lang": item.lang,
            "quality": item.article.quality.value if item.article else None,
            "evidence": list(item.article.evidence) if item.article else [],
            "history": _history(histories.get(item.id)),
            "stage": item.stage.value,
            "copy_of": (url or f"item:{uid}") if uid else None,
            "story": stories.get(item.id),
            "matches": [_match(match) for match in decisions.get(item.id, ())],
        }
        yield scrub(found, config.redact.known) if config.secrets else found


def _history(history: History | None) -> Json | None:
    if history is None:
        return None
    return {
        "changed_at": iso(history.changed_at),
        "change_note": history.change_note,
        "previous_text": history.previous_text,
        "previous_at": iso(history.previous_at),
        "reread_at": iso(history.reread_at),
        "reread_note": history.reread_note,
    }


def brief(item: Item, named: Mapping[str, Outlet]) -> Json:
    """Return what names an item to people."""
    return {
        "id": item.uid,
        "url": item.entry.url,
        "title": item.title,
        "source": item.source_id,
        "outlet": item.entry.outlet or named[item.source_id].name,
        "lang": item.lang,
        "published_at": iso(item.published_at),
        "first_seen_at": iso(item.first_seen_at),
    }


def _match(match: Match) -> Json:
    return {
        "topic": match.topic_id,
        "matched": match.is_match,
        "score": round(match.score, 2),
        "reasons": reasons(match.reasons),
    }


def reasons(parts: Sequence[Reason]) -> list[Json]:
    """Return the parts of a score."""
    return [
        {
            "part": part.part,
            "term": part.term,
            "field": part.field,
            "snippet": part.snippet,
            "points": round(part.points, 2),
        }
        for part in parts
    ]


def iso(instant: datetime | None) -> str | None:
    """Write an instant as all answers do."""
    return instant.isoformat(timespec="seconds") if instant else None
