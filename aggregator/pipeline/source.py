"""One poll of one source, from the request to the rows: fetch, parse, identify, save.

The order stands here and nowhere else; what an answer means for the source is decided in `outcomes`.
Expected failures become outcomes; anything else is a bug and leaves this module as an exception.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from aggregator.config.schema import SourceConfig
from aggregator.logs import get_logger
from aggregator.model import (
    Failure,
    FailureKind,
    NewItem,
    Outcome,
    SourceState,
)
from aggregator.pipeline import moves, outcomes
from aggregator.pipeline.asking import Arrived, Watch, ask
from aggregator.pipeline.connectivity import UNREACHED
from aggregator.pipeline.network import learn, rest_with_host
from aggregator.pipeline.outcomes import Decided, Rules
from aggregator.pipeline.parts import Parts
from aggregator.store import Connection, items, publications, sources
from aggregator.store.items import Edit
from aggregator.store.states import Change
from aggregator.urls import registrable_domain

PAGE_TRIES = 3  # times that an article's page is asked for before the feed's text stands

log = get_logger("source")


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
    is_news: bool = True  # false: it fails or works as it did at the poll before


async def poll(parts: Parts, state: SourceState, leave: Callable[[], None] | None = None) -> PollReport:
    """Poll a source that this process holds the lease of, and store what came of it.

    One that comes late, in an hour or on a day that its document asks to leave out, is put off, unless
    the user wants it now. `leave` is called when only writing is left to be done.
    """
    decided = None
    if state.reason != sources.ASKED_FOR:
        decided = outcomes.out_of_hours(state, _rules(parts, parts.sources[state.id]))
    return await _keep(parts, state, decided or await rehearse(parts, state), leave)


async def rehearse(parts: Parts, state: SourceState, watch: Watch | None = None) -> Decided:
    """Ask a source and decide what would come of it, storing nothing."""
    source = parts.sources[state.id]
    answer = await ask(parts, source, state, watch)
    rules = _rules(parts, source)
    if isinstance(answer, Failure):
        decide = outcomes.held if answer.kind is FailureKind.HELD else outcomes.failed
        return decide(state, answer, rules)
    if isinstance(answer, Arrived):
        identities = [keys.identity for keys in answer.parsed.keys]
        stored = await parts.gate.read(items.known, state.id, identities)
        return outcomes.arrived(state, answer, stored, parts.new_uid, rules)
    return outcomes.unchanged(state, answer, rules)


async def fail(parts: Parts, state: SourceState, failure: Failure) -> PollReport:
    """Record that a poll failed, and when to try again."""
    rules = _rules(parts, parts.sources[state.id])
    return await _keep(parts, state, outcomes.failed(state, failure, rules))


def wants_pages(parts: Parts, source: SourceConfig) -> bool:
    """Say whether the pages behind a source's entries are fetched."""
    return parts.config.articles.full_text if source.full_text is None else source.full_text


def _rules(parts: Parts, source: SourceConfig) -> Rules:
    return Rules(
        settings=parts.config.poll,
        fixed=source.interval,
        now=parts.clock.now(),
        chance=parts.chance(),
        redact=parts.config.redact,
    )


async def _keep(
    parts: Parts, before: SourceState, decided: Decided, leave: Callable[[], None] | None = None
) -> PollReport:
    """Store what a poll came to, and learn from it about its host and about our own network."""
    after = decided.state
    asked = moves.address(before)
    if decided.outcome is not Outcome.HELD:
        await learn(parts, asked, decided.failure, blamed=None if before.failures else before.id)
    if leave is not None:
        leave()
    if parts.connectivity.is_offline and decided.failure and decided.failure.kind in UNREACHED:
        rules = _rules(parts, parts.sources[before.id])
        after = outcomes.offline(before, decided.failure, rules).state
    after = rest_with_host(parts, after)
    if after.moved_url and after.moved_url != before.moved_url:
        log.warning(
            "moved for good: polled there from now on; write it into url",
            source=after.id,
            url=parts.sources[after.id].shown_url,
            moved_to=parts.config.redact(after.moved_url),
        )
    change = Change(before, after, registrable_domain(moves.address(after)))
    count, topics = 0, frozenset[str]()
    if decided.new or decided.edits:
        now = parts.clock.now()
        count, topics = await parts.gate.write(_save, change, decided.new, decided.edits, now)
    else:
        await parts.gate.write_row(sources.save, change)
    kind = decided.failure.kind.value if decided.failure else None
    parts.metrics.polled(decided.outcome.value, kind, count)
    return PollReport(
        source_id=after.id,
        outcome=decided.outcome,
        new_items=count,
        failure=decided.failure,
        next_poll_at=after.next_poll_at,
        reason=after.reason,
        topics=topics,
        is_news=is_news(before, decided, parts.clock.now()),
    )


def is_news(before: SourceState, decided: Decided, now: datetime) -> bool:
    """Tell whether a poll changes how its source is: it fails, fails in another way, works again.

    One that goes on failing is news once a day.
    """
    if decided.failure is None:
        return decided.outcome is not Outcome.HELD and before.failures > 0
    if not before.failures or decided.failure.kind is not before.last_error_kind:
        return True
    return before.last_error_at is None or before.last_error_at.date() < now.date()


def _save(
    connection: Connection,
    change: Change,
    new: Sequence[NewItem],
    edits: Sequence[Edit],
    now: datetime,
) -> tuple[int, frozenset[str]]:
    """Store what a poll brought: items and the state of their source in one transaction.

    A source that got another name meanwhile is asked again under that: its validators are still the old ones.
    """
    if not sources.is_there(connection, change.after.id):
        return 0, frozenset()
    count = items.add(connection, new)
    items.edit(connection, edits, now, no_more_tries=PAGE_TRIES)
    sources.save(connection, (change,))
    return count, publications.changed_topics(connection, [edit.item_id for edit in edits])
