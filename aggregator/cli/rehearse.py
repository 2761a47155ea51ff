"""`poll --dry-run`: one poll shown step by step, of which nothing is kept."""

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from aggregator.cli.options import Places

if TYPE_CHECKING:
    from aggregator.app import Plan
    from aggregator.config.schema import SourceConfig
    from aggregator.model import SourceState, Step
    from aggregator.pipeline.outcomes import Decided

_SHOWN = 5  # entries


def rehearse(places: Places, plan: "Plan", name: str) -> bool:
    """Show what polling a source (an id, or any address) does and what would follow; False if it fails."""
    from aggregator.app import Plan

    source = _source(plan, name)
    rest = tuple(each for each in plan.config.sources if each.id != source.id)
    config = plan.config.model_copy(update={"sources": (*rest, source)})
    return asyncio.run(_rehearse(Plan(config, plan.topics), places, source))


async def _rehearse(plan: "Plan", places: Places, source: "SourceConfig") -> bool:
    from aggregator import app
    from aggregator.clock import Clock
    from aggregator.model import SourceState
    from aggregator.pipeline.source import rehearse
    from aggregator.store import sources

    clock = Clock()
    async with app.looking(plan, places.state, clock) as parts:
        known = {state.id: state for state in await parts.gate.read(sources.all_states)}
        fresh = SourceState(source.id, source.url, clock.now(), config_digest=source.digest)
        state = known.get(source.id, fresh)
        if state.config_digest != source.digest:
            state = fresh
        _say_known(state)
        decided = await rehearse(parts, state, _print_step)
    _say_decided(decided)
    return decided.failure is None


def _source(plan: "Plan", name: str) -> "SourceConfig":
    """Return the configured source of that id or address, or make one of an address."""
    from pydantic import ValidationError

    from aggregator.config.schema import SourceConfig
    from aggregator.errors import UsageError
    from aggregator.urls import canonical_url, is_http

    key = canonical_url(name) if is_http(name) else None
    for source in plan.config.sources:
        if source.id == name or (key and source.canonical_url == key):
            return source
    if key is None:
        raise UsageError(f"no source {name!r} in the configuration, and it is no http or https address")
    try:
        return SourceConfig(url=name)
    except ValidationError as error:
        raise UsageError(f"{name}: {error.errors()[0]['msg']}") from error


def _print_step(step: "Step") -> None:
    print(f"{step.after:7.3f} s  {step.what:<10}  {step.detail}", flush=True)


def _say_known(state: "SourceState") -> None:
    from aggregator.urls import redact

    print(f"source      {state.id}  {redact(state.url)}")
    if state.moved_url:
        print(f"moved       for good to {redact(state.moved_url)}")
    if state.feed_url:
        print(f"feed        {redact(state.feed_url)}, named by the page")
    if not state.polls:
        print("known       nothing: never polled")
        return
    age = f", of {_at(state.validated_at)}" if state.validated_at else ""
    given = [value for value in (state.validators.etag, state.validators.last_modified) if value]
    print(f"known       validators {' and '.join(given)}{age}" if given else "known       no validators")
    print(f"known       next poll {_at(state.next_poll_at)}: {state.reason}")


def _say_decided(decided: "Decided") -> None:
    state = decided.state
    if decided.failure is not None:
        print(f"outcome     failed ({decided.failure.kind.value}): {decided.failure.detail}")
    else:
        counts = (
            f": {len(decided.new)} new, {len(decided.edits)} edited" if decided.new or decided.edits else ""
        )
        print(f"outcome     {decided.outcome.value}{counts}")
    if state.note:
        print(f"note        {state.note}")
    for item in reversed(decided.new[-_SHOWN:]):
        print(f"entry       {_at(item.published_at)}  {item.entry.title or item.entry.url or item.identity}")
    for hint in state.hints:
        print(f"hint        the document asks for {hint.wait} ({hint.source})")
    print(f"next poll   {_at(state.next_poll_at)}: {state.reason}")
    print("nothing of this was kept")


def _at(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
