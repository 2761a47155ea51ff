"""The composition root: a configuration becomes the rooms that the stages work with.

Reports every mistake in the configuration at once, those of shape and those of meaning.
"""

import asyncio
import gc
import random
import secrets
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from itertools import chain, zip_longest
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from aggregator import analysis, logs, polling
from aggregator.clock import Clock
from aggregator.config.load import load
from aggregator.config.schema import Config, FetchConfig, TermList, TopicConfig
from aggregator.errors import ConfigError, OutputError, Problem, ServiceDownError
from aggregator.fetch.client import Client
from aggregator.fetch.robots import Robots
from aggregator.logs import get_logger
from aggregator.match import Topics, compile_topics, run_tests
from aggregator.model import SourceState
from aggregator.pipeline.parts import Parts
from aggregator.store import (
    Connection,
    Engine,
    database,
    leases,
    lock,
    publications,
    resting,
    reviews,
    sources,
)
from aggregator.store.engine import writing
from aggregator.store.gate import Gate
from aggregator.urls import registrable_domain
from aggregator.workers import Workers

_NAMED = 5  # topics
_COLLECTED_AT = (10_000, 20, 20)  # objects made, and collections of the younger generation, see `gc`

log = get_logger("app")


@dataclass(frozen=True, slots=True)
class Plan:
    """A configuration without mistakes, ready to run."""

    config: Config
    topics: Topics


def prepare(
    folder: Path,
    state: Path,
    environ: Mapping[str, str],
    overrides: Mapping[str, object],
    *,
    may_be_empty: bool = False,
    is_tested: bool = True,
) -> Plan:
    """Read and check a configuration whole; relative folders are laid into the state folder.

    Raises ConfigError with all mistakes; having no source or no topic is none if it `may_be_empty`, and
    the topics' own tests are left to others unless it `is_tested`.
    """
    compiled: list[Topics] = []

    def compile_all(wanted: Sequence[TopicConfig], lists: Mapping[str, TermList]) -> Sequence[Problem]:
        topics, mistakes = compile_topics(wanted, lists)
        compiled.append(topics)
        return mistakes

    config = load(folder, environ, overrides, also=compile_all, may_be_empty=may_be_empty)
    topics = compiled[0]
    problems = [*_not_yet(config), *_selectors(config)]
    if not problems and is_tested:
        problems += run_tests(topics)
    if problems:
        raise ConfigError(tuple(problems))
    logs.hide(config.redact)
    publish = config.publish.model_copy(update={"folder": (state / config.publish.folder).absolute()})
    return Plan(config.model_copy(update={"publish": publish}), topics)


def prepare_in_part(folder: Path, state: Path, environ: Mapping[str, str]) -> Plan:
    """Read what can be read of a configuration with mistakes, for looking at what is stored; never to run.

    Raises ConfigError if there is no such folder.
    """
    config = load(folder, environ, {}, may_be_empty=True, is_partial=True)
    topics, _mistakes = compile_topics(config.topics, config.lists)
    logs.hide(config.redact)
    publish = config.publish.model_copy(update={"folder": (state / config.publish.folder).absolute()})
    whole = tuple(topic for topic in config.topics if topic.id in topics.ids)
    return Plan(config.model_copy(update={"publish": publish, "topics": whole}), topics)


def _not_yet(config: Config) -> list[Problem]:
    """Refuse, rather than ignore, what this version cannot do."""
    file = str(config.folder / "aggregator.toml")
    found = []
    if config.engine.kind != "embedded":
        found.append(
            Problem(
                '[engine] kind = "procrastinate" is not available in this version',
                file,
                hint='write "embedded"',
            )
        )
    return found


def _selectors(config: Config) -> list[Problem]:
    """Return the CSS selectors of listing pages that cannot be read."""
    listings = [source for source in config.sources if source.listing is not None]
    if not listings:
        return []
    # Loads the parsers, which the daemon's own process otherwise never needs.
    from aggregator.parse import listing

    return [
        Problem(f"source {source.id}: [source.listing] {name}: {message}", source.file)
        for source in listings
        if source.listing is not None
        for name, message in listing.check(source.listing)
    ]


@dataclass(slots=True)
class App:
    """A running composition; `close` gives everything back."""

    parts: Parts
    engine: Engine
    hold: lock.Hold

    async def close(self) -> None:
        """End workers, connections and threads, and let the database go."""
        await self.parts.client.__aexit__(None, None, None)
        await self.parts.workers.close()
        await self.parts.gate.close()
        self.hold.release()
        self.engine.dispose()


async def start(
    plan: Plan,
    state: Path,
    clock: Clock,
    *,
    connect: Callable[[FetchConfig, Clock], Client] | None = None,
    chance: Callable[[], float] = random.random,
) -> App:
    """Open the database for this process alone, bring it in line with the configuration, compose the rest.

    `connect` makes the client: one with a name resolution and a time of its own simulates a day in a minute.
    Raises BusyError beside another daemon, ServiceDownError, OutputError.
    """
    # Off the loop: a database that another program has locked is waited for, and signals are heard meanwhile.
    engine, hold = await asyncio.to_thread(_open, plan, state, clock)
    # What a poll makes is gone with it, by the count of references: nothing to look for every 700 objects.
    gc.set_threshold(*_COLLECTED_AT)
    parts = await _compose(plan, engine, clock, connect or partial(Client, spool=state), chance)
    left_alone = await parts.gate.read(resting.hosts, clock.now())
    parts.throttling.resume(left_alone)
    for name, until in left_alone.items():
        parts.client.leave_alone(name, until)
    return App(parts, engine, hold)


def _open(plan: Plan, state: Path, clock: Clock) -> tuple[Engine, lock.Hold]:
    config = plan.config
    try:
        config.publish.folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"cannot create {config.publish.folder}: {error.strerror}; set [publish] folder"
        ) from error
    engine = database.open_for_writing(config.store.url, state)
    hold = lock.hold(engine)  # before the schema is touched: another daemon may be running on it
    host = urlsplit(config.publish.base_url).hostname or ""
    database.prepare(engine, host=host, token=secrets.token_hex(6), now=clock.now())
    with writing(engine) as connection:
        leases.release(connection)  # what a killed daemon held
        bring_in_line(connection, plan, clock.now())
    return engine, hold


async def _compose(
    plan: Plan,
    engine: Engine,
    clock: Clock,
    connect: Callable[[FetchConfig, Clock], Client] | None = None,
    chance: Callable[[], float] = random.random,
) -> Parts:
    config = plan.config
    client = await (connect or Client)(config.fetch, clock).__aenter__()
    return Parts(
        config=config,
        sources={source.id: source for source in config.sources},
        topic_configs={topic.id: topic for topic in config.topics},
        topics=plan.topics,
        gate=Gate(engine),
        client=client,
        robots=Robots(client, clock),
        workers=Workers(config.workers, clock, preload=analysis.PRELOAD, warm=analysis.warm),
        clock=clock,
        new_uid=_new_uid,
        chance=chance,
    )


@asynccontextmanager
async def looking(plan: Plan, state: Path, clock: Clock) -> AsyncIterator[Parts]:
    """Compose the rooms for somebody who only looks, beside a running daemon or before the first one.

    What is stored can be read; where nothing is stored yet, there is an empty database for the time.
    """
    with ExitStack() as stack:
        try:
            engine = database.open_existing(plan.config.store.url, state)
        except ServiceDownError:
            folder = Path(stack.enter_context(TemporaryDirectory()))
            engine = database.open_for_writing("sqlite:///empty.db", folder)
            database.prepare(engine, host="", token="", now=clock.now())
        stack.callback(engine.dispose)
        parts = await _compose(plan, engine, clock)
        try:
            yield parts
        finally:
            await parts.client.__aexit__(None, None, None)
            await parts.workers.close()
            await parts.gate.close()


def with_plan(parts: Parts, plan: Plan) -> Parts:
    """Return the same rooms for another configuration; what was begun with the old one keeps that."""
    config = plan.config
    return replace(
        parts,
        config=config,
        sources={source.id: source for source in config.sources},
        topic_configs={topic.id: topic for topic in config.topics},
        topics=plan.topics,
    )


def bring_in_line(connection: Connection, plan: Plan, now: datetime) -> None:
    """Make the sources and topics of the database follow the configuration."""
    config = plan.config
    enabled = [source for source in config.sources if source.enabled]
    wanted = [
        sources.Wanted(
            SourceState(id=source.id, url=source.url, next_poll_at=now, config_digest=source.digest),
            canonical_url=source.canonical_url,
            host=registrable_domain(source.url),
        )
        for source in enabled
    ]
    sources.sync(connection, wanted, now)
    versions = {topic.id: plan.topics.version(topic.id) for topic in config.topics}
    changed = publications.sync_topics(connection, versions, now)
    if changed:
        count = reviews.begin(connection, changed, now - config.poll.first_age)
        if count:
            log.info(
                "topics changed: holding them against the archive",
                topics=len(changed),
                first=list(changed[:_NAMED]),
                items=count,
            )


def spread(connection: Connection, config: Config, now: datetime) -> None:
    """Let what is due at a start come one after the other, neighbours from different hosts."""
    queues: dict[str, list[tuple[str, datetime]]] = {}
    for source_id, host, due_at in sources.overdue(connection, now):
        queues.setdefault(host, []).append((source_id, due_at))
    mixed = [each for each in chain.from_iterable(zip_longest(*queues.values())) if each is not None]
    times = polling.resume([due_at for _id, due_at in mixed], now=now, interval=config.poll.interval)
    sources.put_off(connection, {source_id: at for (source_id, _due), at in zip(mixed, times, strict=True)})


def _new_uid() -> str:
    return secrets.token_hex(8)
