"""One poll of one source, from the request to the rows: fetch, parse, identify, save.

The order stands here and nowhere else. Expected failures become outcomes; anything else is a bug
and leaves this module as an exception.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from aggregator import analysis, polling
from aggregator.analysis import Keys, ParsedSource
from aggregator.config.schema import PollConfig, SourceConfig
from aggregator.model import (
    DateOrigin,
    Entry,
    Failure,
    FailureKind,
    FeedLinks,
    Fetched,
    Hint,
    NewItem,
    NotModified,
    Outcome,
    ParsedFeed,
    Request,
    Sighting,
    SourceState,
    Stage,
    Validators,
)
from aggregator.pipeline.parts import Parts
from aggregator.store import Connection, items, publications, sources
from aggregator.store.items import Edit, Known
from aggregator.text.xmlchars import one_line
from aggregator.urls import registrable_domain

ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9, "
    "application/xml;q=0.8, text/xml;q=0.8, text/html;q=0.5, */*;q=0.1"
)
PAGE_TRIES = 3  # times that an article's page is asked for before the feed's text stands
MAX_ENTRIES = 1000  # newest ones of a document
_MOVED = {FailureKind.NOT_FOUND, FailureKind.GONE, FailureKind.NOT_A_FEED}
_DETAIL = 500  # characters of an error that are kept
_ARRIVALS = 20  # entries that show a source's rhythm


@dataclass(frozen=True, slots=True)
class PollReport:
    """What a poll came to, for whoever asked for it."""

    source_id: str
    outcome: Outcome
    new_items: int
    failure: Failure | None
    next_poll_at: datetime
    reason: str
    topics: frozenset[str] = frozenset()  # whose feeds show an entry that was edited


@dataclass(frozen=True, slots=True)
class _Arrived:
    """A document that could be read, and where it was found."""

    parsed: ParsedSource
    fetched: Fetched
    feed_url: str | None
    digest: str


async def poll(parts: Parts, state: SourceState) -> PollReport:
    """Poll a source that this process holds the lease of, and store what came of it."""
    source = parts.sources[state.id]
    answer = await _ask(parts, source, state)
    now = parts.clock.now()
    if isinstance(answer, Failure):
        return await fail(parts, state, answer)
    if isinstance(answer, _Arrived):
        return await _keep(parts, source, state, answer, now)
    is_304 = isinstance(answer, NotModified)
    after = replace(
        _succeeded(state, now),
        validators=answer.validators,
        empty_polls=state.empty_polls + counts(state, now),
        polls_not_modified=state.polls_not_modified + is_304,
    )
    after = _planned(parts, source, after, failure=None, hints=answer.hints)
    await parts.gate.write(sources.save, after)
    return _report(after, Outcome.NOT_MODIFIED if is_304 else Outcome.UNCHANGED)


async def fail(parts: Parts, state: SourceState, failure: Failure) -> PollReport:
    """Record that a poll failed, and when to try again."""
    # The words may be the server's own: one line, nothing that moves a terminal's cursor.
    failure = replace(failure, detail=one_line(failure.detail)[:_DETAIL])
    now = parts.clock.now()
    is_gone_again = (
        failure.kind is FailureKind.GONE
        and state.last_error_kind is FailureKind.GONE
        and state.last_error_at is not None
        and now - state.last_error_at >= polling.GONE_RECHECK
    )
    after = replace(
        state,
        polls=state.polls + 1,
        failures=max(1, state.failures + counts(state, now)),
        last_error=failure.detail,
        last_error_kind=failure.kind,
        last_error_at=now,
        is_retired=state.is_retired or is_gone_again,
    )
    if failure.kind in _MOVED and state.feed_url is not None:
        # What a page named once may have moved: the next poll asks the page, without the feed's validators.
        after = replace(after, feed_url=None, validators=Validators(), body_digest="")
    after = _planned(parts, parts.sources[state.id], after, failure=failure, hints=())
    await parts.gate.write(sources.save, after)
    return _report(after, Outcome.FAILED, failure=failure)


async def _ask(
    parts: Parts, source: SourceConfig, state: SourceState
) -> Failure | NotModified | Fetched | _Arrived:
    """Fetch and read the document; a page that names its feed is followed once."""
    feed_url = state.feed_url
    validators = state.validators
    for _hop in range(2):
        request = Request(
            url=feed_url or state.url,
            max_bytes=parts.config.fetch.max_feed,
            validators=validators,
            access=source.access,
            accept=ACCEPT,
        )
        answer = await parts.client.fetch(request)
        if not isinstance(answer, Fetched):
            return answer
        digest = hashlib.blake2b(answer.body, digest_size=16).hexdigest()
        if digest == state.body_digest and feed_url == state.feed_url:
            return answer
        seen = await parts.gate.read(items.sightings, state.id, MAX_ENTRIES)
        read = await parts.workers.run(analysis.parse, _job(parts, source, answer, seen))
        if isinstance(read, ParsedSource):
            return _Arrived(read, answer, feed_url, digest)
        if isinstance(read, Failure):
            return read
        if feed_url is not None or source.kind != "auto":
            return _only_names(answer.final_url, read)
        feed_url, validators = read.links[0][0], Validators()
    raise AssertionError("the second hop returns")


def _only_names(url: str, links: FeedLinks) -> Failure:
    names = ", ".join(link for link, _title in links.links[:3])
    return Failure(
        FailureKind.NOT_A_FEED, f"not a feed: {url} is a page that names {names}; put that into url"
    )


def _job(
    parts: Parts, source: SourceConfig, fetched: Fetched, seen: tuple[Sighting, ...]
) -> analysis.ParseJob:
    return analysis.ParseJob(
        body=fetched.body,
        content_type=fetched.content_type,
        charset=fetched.charset,
        url=fetched.final_url,
        kind="auto" if source.kind == "sitemap" else source.kind,  # app refuses sitemaps so far
        listing=source.listing,
        max_entries=MAX_ENTRIES,
        now=parts.clock.now(),
        seen=seen,
    )


async def _keep(
    parts: Parts, source: SourceConfig, state: SourceState, arrived: _Arrived, now: datetime
) -> PollReport:
    feed = arrived.parsed.feed
    stored = await parts.gate.read(items.known, state.id, [keys.identity for keys in arrived.parsed.keys])
    pairs = list(zip(feed.entries, arrived.parsed.keys, strict=True))
    new = new_items(
        [(entry, keys) for entry, keys in pairs if keys.identity not in stored],
        source_id=state.id,
        settings=parts.config.poll if state.first_polled_at is None else None,
        now=now,
        uids=[parts.new_uid() for _pair in pairs],
    )
    edits = edited(pairs, stored)
    after = replace(
        _succeeded(state, now),
        title=feed.title or state.title,
        site_url=feed.site_url or state.site_url,
        feed_url=arrived.feed_url,
        validators=arrived.fetched.validators,
        body_digest=arrived.digest,
        arrivals=_arrivals(feed, now) or state.arrivals,
        empty_polls=0 if new else state.empty_polls + counts(state, now),
        first_polled_at=state.first_polled_at or now,
        note=feed.note,
        hints=feed.hints,
        skip_hours=feed.skip_hours,
        skip_days=feed.skip_days,
    )
    after = _planned(parts, source, after, failure=None, hints=arrived.fetched.hints)
    count, topics = await parts.gate.write(_save, after, new, edits, now)
    outcome = Outcome.NEW if count else Outcome.EDITED if edits else Outcome.NOTHING
    return _report(after, outcome, new_items=count, topics=topics)


def _save(
    connection: Connection, state: SourceState, new: Sequence[NewItem], edits: Sequence[Edit], now: datetime
) -> tuple[int, frozenset[str]]:
    """Store what a poll brought: items and the state of their source in one transaction."""
    count = items.add(connection, new)
    items.edit(connection, edits, now, no_more_tries=PAGE_TRIES)
    sources.save(connection, state)
    return count, publications.topics_of(connection, [change.item_id for change in edits])


def wants_pages(parts: Parts, source: SourceConfig) -> bool:
    """Say whether the pages behind a source's entries are fetched."""
    return parts.config.articles.full_text if source.full_text is None else source.full_text


def new_items(
    fresh: Sequence[tuple[Entry, Keys]],
    *,
    source_id: str,
    settings: PollConfig | None,
    now: datetime,
    uids: Sequence[str],
) -> tuple[NewItem, ...]:
    """Make items of the entries that are not stored yet, oldest first.

    With `settings` this is the first poll of the source: only the newest `first_items`, none older
    than `first_age`, may be published; the rest is backlog.
    """
    made: dict[str, NewItem] = {}
    for (entry, keys), uid in zip(fresh, uids, strict=False):
        if keys.identity in made:
            continue
        claimed = entry.published_at or entry.updated_at
        made[keys.identity] = NewItem(
            uid=uid,
            source_id=source_id,
            identity=keys.identity,
            entry=entry,
            canonical_url=keys.canonical_url,
            host=registrable_domain(entry.url) if entry.url else "",
            content_digest=keys.content_digest,
            published_at=claimed or now,
            published_from=DateOrigin.FEED if claimed else DateOrigin.FIRST_SEEN,
            first_seen_at=now,
            stage=Stage.NEW,
            is_backlog=False,
        )
    # Stable: entries of one date keep the document's order, which is newest first.
    ordered = sorted(made.values(), key=lambda item: item.published_at, reverse=True)
    if settings is not None:
        oldest = now - settings.first_age
        ordered = [
            replace(item, is_backlog=place >= settings.first_items or item.published_at < oldest)
            for place, item in enumerate(ordered)
        ]
    return tuple(reversed(ordered))


def edited(pairs: Sequence[tuple[Entry, Keys]], stored: dict[str, Known]) -> tuple[Edit, ...]:
    """Return the known entries whose text differs from what is stored."""
    return tuple(
        Edit(stored[keys.identity].item_id, entry, keys.content_digest)
        for entry, keys in pairs
        if keys.identity in stored and stored[keys.identity].content_digest != keys.content_digest
    )


def counts(state: SourceState, now: datetime) -> bool:
    """Tell whether a poll says anything of its source's rhythm: one long before its time does not."""
    tried = [instant for instant in (state.last_success_at, state.last_error_at) if instant is not None]
    return not tried or state.interval is None or now - max(tried) >= state.interval / 2


def _arrivals(feed: ParsedFeed, now: datetime) -> tuple[datetime, ...]:
    dates = {entry.published_at for entry in feed.entries if entry.published_at and entry.published_at <= now}
    return tuple(sorted(dates, reverse=True)[:_ARRIVALS])


def _succeeded(state: SourceState, now: datetime) -> SourceState:
    return replace(state, polls=state.polls + 1, failures=0, last_success_at=now, is_retired=False)


def _planned(
    parts: Parts,
    source: SourceConfig,
    state: SourceState,
    *,
    failure: Failure | None,
    hints: tuple[Hint, ...],
) -> SourceState:
    plan = polling.plan(
        now=parts.clock.now(),
        settings=parts.config.poll,
        fixed=source.interval,
        history=polling.History(state.arrivals, state.empty_polls, state.failures, state.is_retired),
        failure=failure,
        wishes=polling.Wishes(
            hints=(*hints, *state.hints),
            skip_hours=state.skip_hours,
            skip_days=state.skip_days,
        ),
        chance=parts.chance(),
    )
    return replace(state, next_poll_at=plan.next_poll_at, interval=plan.interval, reason=plan.reason)


def _report(
    state: SourceState,
    outcome: Outcome,
    *,
    failure: Failure | None = None,
    new_items: int = 0,
    topics: frozenset[str] = frozenset(),
) -> PollReport:
    return PollReport(state.id, outcome, new_items, failure, state.next_poll_at, state.reason, topics)
