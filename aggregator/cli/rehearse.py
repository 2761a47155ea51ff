"""`poll --dry-run`: one poll shown step by step, of which nothing is kept."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
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
    from aggregator import loop
    from aggregator.app import Plan

    source = _source(places, plan, name)
    rest = tuple(each for each in plan.config.sources if each.id != source.id)
    config = plan.config.model_copy(update={"sources": (*rest, source)})
    return loop.run(_rehearse(Plan(config, plan.topics), places, source))


async def _rehearse(plan: "Plan", places: Places, source: "SourceConfig") -> bool:
    from aggregator import app
    from aggregator.clock import Clock
    from aggregator.model import SourceState
    from aggregator.pipeline.source import rehearse
    from aggregator.store import resting, sources

    clock = Clock()
    printer = _Printer(plan.config.redact)
    async with app.looking(plan, places.state, clock) as parts:
        known = {state.id: state for state in await parts.gate.read(sources.all_states)}
        fresh = SourceState(source.id, source.url, clock.now(), config_digest=source.digest)
        state = known.get(source.id, fresh)
        if state.config_digest != source.digest:
            state = fresh
        printer.known(source, state)
        printer.waits(state, await parts.gate.read(resting.hosts, clock.now()), clock.now())
        decided = await rehearse(parts, state, printer.step)
    printer.decided(decided)
    return decided.failure is None


def _source(places: Places, plan: "Plan", name: str) -> "SourceConfig":
    """Return the configured source of that id or address, or make one of an address."""
    from aggregator.cli.trial import configured, make_source, neither
    from aggregator.urls import is_http

    source = configured(plan.config, name)
    if source is None and not is_http(name):
        raise neither(name)
    return source or make_source(places, {"url": name})


class _Printer:
    """Prints lines of `label  text`, without secrets and without anything that moves a cursor."""

    def __init__(self, redact: Callable[[str], str]) -> None:
        self._redact = redact

    def line(self, label: str, text: str) -> None:
        from aggregator.text.xmlchars import one_line

        print(f"{label:<21}  {one_line(self._redact(text))}", flush=True)

    def step(self, step: "Step") -> None:
        self.line(f"{step.after:7.3f} s  {step.what}", step.detail)

    def known(self, source: "SourceConfig", state: "SourceState") -> None:
        self.line("source", f"{state.id}  {source.shown_url}")
        if state.moved_url:
            self.line("moved", f"for good to {state.moved_url}")
        if state.feed_url:
            self.line("feed", f"{state.feed_url}, named by the page")
        if not state.polls:
            self.line("known", "nothing: never polled")
            return
        given = [value for value in (state.validators.etag, state.validators.last_modified) if value]
        age = f", whole document of {_at(state.validated_at)}" if state.validated_at else ""
        self.line("known", f"validators {' and '.join(given)}{age}" if given else "no validators")
        self.line("known", f"next poll {_at(state.next_poll_at)}: {state.reason}")

    def waits(self, state: "SourceState", resting: Mapping[str, datetime], now: datetime) -> None:
        """Say why a poll would not be made now; a rehearsal is the user's own wish, and goes on."""
        from aggregator import polling
        from aggregator.pipeline import moves
        from aggregator.urls import registrable_domain

        host = registrable_domain(moves.address(state))
        goes_on = "a poll would wait, this rehearsal does not"
        if host in resting:
            self.line("waits", f"{host} asks for less until {_at(resting[host])}: {goes_on}")
        wishes = polling.Wishes((), state.skip_hours, state.skip_days)
        if (allowed_at := polling.allowed(now, wishes, 0)) > now:
            self.line("waits", f"skipHours or skipDays until {_at(allowed_at)}: {goes_on}")

    def decided(self, decided: "Decided") -> None:
        from aggregator.cli.trial import when

        state = decided.state
        if decided.failure is not None:
            self.line("outcome", f"failed ({decided.failure.kind.value}): {decided.failure.detail}")
        else:
            has_counts = decided.new or decided.edits
            counts = f": {len(decided.new)} new, {len(decided.edits)} edited" if has_counts else ""
            self.line("outcome", f"{decided.outcome.value}{counts}")
        if state.note:
            self.line("note", state.note)
        for item in reversed(decided.new[-_SHOWN:]):
            name = item.entry.title or item.entry.url or item.identity
            self.line("entry", f"{when(item.entry)}  {name}")
        for hint in state.hints:
            self.line("hint", f"the document asks for {_spell(hint.wait)} ({hint.source})")
        self.line("next poll", f"{_at(state.next_poll_at)}: {state.reason}")
        self.line("", "nothing of this was kept")


def _spell(wait: timedelta) -> str:
    from aggregator.polling import spell

    return spell(wait)


def _at(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
