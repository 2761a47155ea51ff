"""The configuration while the daemon runs: read again when its files change, adopted as a difference.

It is read whole, off the loop. One with mistakes is refused whole, and said so until it is mended; what was
live before stays. Whatever is under way is finished with the configuration that it began with. Never ends the
daemon.
"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path

from aggregator import app, logs
from aggregator.app import App, Plan
from aggregator.config.schema import SECTIONS, Config, SourceConfig, TopicConfig
from aggregator.config.watch import Rest, Snapshot, snapshot
from aggregator.dispatch import Dispatcher
from aggregator.errors import ConfigError, OutputError, Problem, ServiceDownError
from aggregator.logs import get_logger
from aggregator.model import Configured
from aggregator.pipeline import ops
from aggregator.store import Connection, running

LOOK = 0.25  # seconds between two looks at the folder
_SHOWN = 5  # names or mistakes in the log
# Made once at the start: the connections, the port, the processes.
_FIXED = frozenset(("serve.listen", "fetch", "workers", "engine", "store.url", "publish.folder"))

log = get_logger("config")


def merge(live: Config, wanted: Config) -> tuple[Config, tuple[str, ...]]:
    """Return what of a configuration can be live now, and the changed keys that wait for the next start."""
    sections: dict[str, object] = {}
    waiting = []
    for section in SECTIONS:
        old, new = getattr(live, section), getattr(wanted, section)
        keys = [key for key in type(old).model_fields if _FIXED & {section, f"{section}.{key}"}]
        changed = [key for key in keys if getattr(old, key) != getattr(new, key)]
        waiting += [f"{section}.{key}" for key in changed]
        if keys == list(type(old).model_fields):
            sections[section] = old
        elif changed:
            sections[section] = new.model_copy(update={key: getattr(old, key) for key in changed})
    return wanted.model_copy(update=sections), tuple(waiting)


def difference(live: Config, wanted: Config) -> dict[str, list[str]]:
    """Return what a configuration adds, removes and changes, by name; what is empty is left out."""
    sources = _difference(
        "sources", {each.id: each for each in live.sources}, {each.id: each for each in wanted.sources}
    )
    topics = _difference(
        "topics", {each.id: each for each in live.topics}, {each.id: each for each in wanted.topics}
    )
    others = [name for name in (*SECTIONS, "lists", "sites") if getattr(live, name) != getattr(wanted, name)]
    found = sources | topics | {"changed": others}
    return {kind: names for kind, names in found.items() if names}


def _difference(
    what: str,
    old: Mapping[str, SourceConfig] | Mapping[str, TopicConfig],
    new: Mapping[str, SourceConfig] | Mapping[str, TopicConfig],
) -> dict[str, list[str]]:
    return {
        f"new_{what}": sorted(new.keys() - old.keys()),
        f"removed_{what}": sorted(old.keys() - new.keys()),
        f"changed_{what}": sorted(name for name in new.keys() & old.keys() if new[name] != old[name]),
    }


class Live:
    """Keeps the running daemon in line with the files of its configuration."""

    def __init__(
        self, running: App, dispatcher: Dispatcher, read: Callable[[], Plan], folder: Path, seen: Snapshot
    ) -> None:
        """`read` reads the files; `seen` is how they looked before that was done for the start."""
        self._app = running
        self._dispatcher = dispatcher
        self._read = read
        self._folder = folder
        self._rest = Rest(seen)
        self._asked = asyncio.Event()
        self._is_said = False
        self._clock = running.parts.clock
        self.state = Configured(self._clock.now())
        self.on_begin: Callable[[], None] = lambda: None
        self.on_end: Callable[[], None] = lambda: None

    def ask(self) -> None:
        """Read the configuration now, changed or not."""
        self._asked.set()

    async def watch(self) -> None:
        """Follow the files for as long as the daemon runs."""
        while True:
            seen = await asyncio.to_thread(snapshot, self._folder)
            is_asked = self._asked.is_set()
            if self._rest.look(seen, self._clock.monotonic()) or is_asked:
                self._asked.clear()
                await self.reload(seen, is_asked=is_asked)
            if not self._is_said:
                await self._say()
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK):
                    await self._asked.wait()

    async def reload(self, seen: Snapshot, *, is_asked: bool) -> None:
        """Read the files, which look as in `seen`; go on with what they say, or say why not.

        One that `is_asked` for is answered in any case.
        """
        self.on_begin()
        try:
            if problems := await self._renew(is_asked=is_asked):
                if not is_asked and await asyncio.to_thread(snapshot, self._folder) != seen:
                    return  # somebody is writing just now: the mistakes may be half of a save
                self._refuse(problems, is_asked=is_asked)
        except ServiceDownError as error:
            log.warning("the configuration is good; it waits for the database", error=str(error))
            if is_asked:
                self.ask()
            return
        finally:
            self.on_end()
        self._rest.done(seen)

    async def _renew(self, *, is_asked: bool) -> tuple[Problem, ...]:
        """Read the files and go on with what they say; return the mistakes that keep us from it."""
        try:
            await self._adopt(await asyncio.to_thread(self._read), is_asked=is_asked)
        except ConfigError as error:
            return error.problems
        except ServiceDownError:
            raise
        except Exception as error:  # a bug that some file brings out must not end the daemon, nor be silent
            log.error("bug", exc_info=error)
            return (Problem(f"a bug in aggregator: {type(error).__name__}: {error}", str(self._folder)),)
        return ()

    async def _adopt(self, plan: Plan, *, is_asked: bool) -> None:
        live = self._app.parts.config
        config, waiting = merge(live, plan.config)
        changes = difference(live, config)
        now = self._clock.now()
        state = Configured(now, at_next_start=waiting)
        if changes:
            parts = app.with_plan(self._app.parts, replace(plan, config=config))
            plan = replace(plan, config=config)
            await self._dispatcher.adopt(parts, partial(_bring, plan, state, now))
            self._app.parts = parts
            shown = {kind: names[:_SHOWN] for kind, names in changes.items()}
            log.info("configuration live", **shown)
        elif is_asked or self.state.refused_at is not None:
            log.info("configuration live: nothing of it has changed")
        logs.hide(config.redact)  # what waits for a start is not in use yet, what it replaces still is
        if waiting and waiting != self.state.at_next_start:
            log.warning("changed, but live from the next start on only", keys=list(waiting))
        if config.warnings != live.warnings:
            say_warnings(config)
        self._is_said = self._is_said and bool(changes) and state.remark == self.state.remark
        self.state = state

    def _refuse(self, problems: tuple[Problem, ...], *, is_asked: bool) -> None:
        """Say what is wrong, once for each state of the files."""
        texts = tuple(str(problem) for problem in problems)
        if texts != self.state.problems or is_asked:
            log.error("configuration refused: the last good one stays live", mistakes=len(problems))
            for problem in problems[:_SHOWN]:
                place = {"file": problem.file, "line": problem.line, "column": problem.column}
                log.error(problem.message, **{key: value for key, value in place.items() if value})
        since = self.state.refused_at or self._clock.now()
        self.state = replace(self.state, refused_at=since, problems=texts)
        self._is_said = False

    async def _say(self) -> None:
        """Say what is live to those who ask the database, and in the operator's feed."""
        parts = self._app.parts
        self._is_said = True
        try:
            await parts.gate.write(running.say, self.state)
            await ops.tell_refusal(parts, self.state)
        except (ServiceDownError, OutputError):
            self._is_said = False  # at the next look
        except Exception as error:  # what is said of it must not end the daemon either
            log.error("bug", exc_info=error)


def _bring(plan: Plan, state: Configured, now: datetime, connection: Connection) -> None:
    """Tell the database of a configuration, in one transaction."""
    app.bring_in_line(connection, plan, now)
    app.spread(connection, plan.config, now)
    running.say(connection, state)


def say_warnings(config: Config) -> None:
    """Log what of a configuration was passed over, the first few."""
    for warning in config.warnings[:_SHOWN]:
        log.warning(warning.message, file=warning.file, line=warning.line)
    if len(config.warnings) > _SHOWN:
        log.warning("aggregator check shows all warnings", count=len(config.warnings))
