"""`doctor`: what stands in the daemon's way on this machine, a line a check, with what to do."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from aggregator.cli.options import AsJson, Places, application

if TYPE_CHECKING:
    from aggregator.app import Plan
    from aggregator.config.schema import SourceConfig
    from aggregator.pipeline.diagnosis import Finding

_STYLES = {"ok": "green", "warning": "yellow", "bad": "red"}


@application.command(rich_help_panel="Look")
def doctor(context: typer.Context, as_json: AsJson = False) -> None:
    """Check configuration, folders, disk, database, clock, network and service; exit 1 if something is bad.

    Asks up to three sources, of different hosts, as a poll would; keeps nothing and mends nothing.
    """
    from aggregator.cli.progress import busy

    places: Places = context.obj
    with busy("looking and asking"):
        found, plan = _examine(places)
    if as_json:
        from dataclasses import asdict

        from aggregator.cli.stored import dump

        print(dump([asdict(each) for each in found], plan.config.redact if plan else None))
    else:
        _show(found, plan)
    if any(each.verdict.value == "bad" for each in found):
        raise typer.Exit(1)


def _examine(places: Places) -> "tuple[list[Finding], Plan | None]":
    from aggregator.app import prepare_in_part
    from aggregator.clock import Clock
    from aggregator.config.certainty import is_store_certain
    from aggregator.errors import ConfigError
    from aggregator.pipeline import diagnosis

    found = [diagnosis.versions()]
    is_certain = True
    try:
        plan = places.plan(may_be_empty=True)
        found.append(diagnosis.configuration(places.config, plan.config))
    except ConfigError as error:
        is_certain = is_store_certain(places.config, os.environ)
        found.append(diagnosis.configuration(places.config, error, is_store_certain=is_certain))
        if not places.config.is_dir():
            return found, None
        plan = prepare_in_part(places.config, places.state, os.environ)  # the rest is looked at all the same
    config = plan.config
    found.append(diagnosis.secrets(config.sources))
    found += diagnosis.folders(places.state, config)
    found.append(diagnosis.address(config))
    url = config.store.url if is_certain else None
    found += diagnosis.stored(url, places.state, Clock().now())
    found.append(diagnosis.unit(os.environ, Path.home()))
    chosen = diagnosis.chosen(config.sources)
    found.append(diagnosis.network(_asked(places, plan, chosen) if chosen else {}))
    return found, plan


def _asked(places: Places, plan: "Plan", chosen: "tuple[SourceConfig, ...]") -> Mapping[str, str]:
    """Return what each source answered: "" where it could be read."""
    from aggregator import loop

    return loop.run(_ask(places, plan, chosen))


async def _ask(places: Places, plan: "Plan", chosen: "tuple[SourceConfig, ...]") -> Mapping[str, str]:
    import asyncio

    from aggregator import app
    from aggregator.clock import Clock
    from aggregator.model import SourceState
    from aggregator.pipeline.source import rehearse
    from aggregator.store import sources

    clock = Clock()
    async with app.looking(plan, places.state, clock) as parts:
        known = {state.id: state for state in await parts.gate.read(sources.all_states)}
        states = []
        for source in chosen:
            fresh = SourceState(source.id, source.url, clock.now(), config_digest=source.digest)
            state = known.get(source.id, fresh)
            states.append(state if state.config_digest == source.digest else fresh)
        decided = await asyncio.gather(*(rehearse(parts, state) for state in states))
    return {
        state.id: each.failure.detail if each.failure else ""
        for state, each in zip(states, decided, strict=True)
    }


def _show(found: "list[Finding]", plan: "Plan | None") -> None:
    from rich.text import Text

    from aggregator.cli.stored import console
    from aggregator.text.xmlchars import one_line

    screen = console()
    for each in found:
        said = one_line(plan.config.redact(each.found) if plan else each.found)
        line = Text(f"{each.verdict.value:<8} ", style=_STYLES[each.verdict.value])
        screen.print(line.append(f"{each.check:<14} {said}", style="default"))
        if each.advice:
            screen.print(Text(f"{'':<23} → {each.advice}"))
