"""`run` and `poll`: the daemon, one pass of it, and polls on demand."""

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from aggregator.cli.names import source_names
from aggregator.cli.options import AsJson, Places, application

if TYPE_CHECKING:
    from aggregator.app import Plan
    from aggregator.model import SourceState
    from aggregator.pipeline.source import PollReport

    Say = Callable[[dict[str, object]], None]

_REQUEST_SECONDS = 120  # how long `poll` waits for a running daemon


@application.command(rich_help_panel="Run")
def run(
    context: typer.Context,
    once: Annotated[
        bool, typer.Option("--once", help="Poll what is due, finish its articles, publish, and exit.")
    ] = False,
) -> None:
    """Run the daemon in the foreground until TERM or Ctrl-C."""
    _end_cleanly()
    from aggregator import daemon, loop
    from aggregator.clock import Clock
    from aggregator.systemd import Manager

    places: Places = context.obj
    if once:
        plan = places.plan()
        daemon.say_warnings(plan.config)
        loop.run(daemon.run_once(plan, places.state, Clock()))
    else:
        manager = Manager.of(os.environ)
        loop.run(daemon.run(places.plan, places.config, places.state, Clock(), manager))


@application.command(rich_help_panel="Run")
def poll(
    context: typer.Context,
    sources: Annotated[
        list[str] | None,
        typer.Argument(help="Sources, by id or by address.", show_default=False, autocompletion=source_names),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every source.")] = False,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Show the exchange step by step, for any address too; keep nothing."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Poll sources now, due or not; a running daemon is asked to do it."""
    _end_cleanly()
    from aggregator.errors import BusyError, UsageError

    if bool(sources) == everything:
        raise UsageError("name the sources to poll, or --all")
    places: Places = context.obj
    plan = places.plan(may_be_empty=dry_run)
    if dry_run and as_json:
        raise UsageError("--dry-run is for eyes; source try --json shows what is read")
    if dry_run:
        _rehearse(places, plan, sources or [])
        return
    only = None if everything else [_source_id(plan, name) for name in sources or ()]
    try:
        _poll_here(places, plan, only, _print_json if as_json else _print_line)
    except BusyError:
        _poll_there(places, plan, only, _print_json if as_json else _print_line)


def _end_cleanly() -> None:
    """Let TERM end the start, too, and HUP not; once there is something to finish, others listen."""
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(0))
    signal.signal(signal.SIGHUP, signal.SIG_IGN)


def _rehearse(places: Places, plan: "Plan", names: list[str]) -> None:
    from aggregator.cli.rehearse import rehearse
    from aggregator.errors import UsageError

    if not names:
        raise UsageError("name what to poll: --dry-run shows one source after the other")
    results = [rehearse(places, plan, name) for name in names]
    if not all(results):
        raise typer.Exit(1)


def _poll_here(places: Places, plan: "Plan", only: list[str] | None, say: "Say") -> None:
    from aggregator import daemon, loop
    from aggregator.clock import Clock

    reports: list[PollReport] = []
    troubles: list[OSError] = []

    def report(each: "PollReport") -> None:
        reports.append(each)
        if not troubles:
            try:
                say(_report(each))
            except OSError as error:  # nobody reads on (`| head`): the polls are done all the same
                troubles.append(error)

    loop.run(daemon.run_once(plan, places.state, Clock(), only=only, is_forced=True, report=report))
    if troubles:
        raise troubles[0]
    if reports and all(each.failure is not None for each in reports):
        raise typer.Exit(1)


def _poll_there(places: Places, plan: "Plan", only: list[str] | None, say: "Say") -> None:
    """Leave a request with the running daemon and wait until each source was polled."""
    from aggregator.clock import Clock
    from aggregator.errors import BusyError, UsageError
    from aggregator.store import database, requests, sources
    from aggregator.store.engine import reading, writing

    engine = database.open_existing(plan.config.store.url, places.state)
    with reading(engine) as connection:
        before = {state.id: state.polls for state in sources.all_states(connection)}
    unknown = [source_id for source_id in only or () if source_id not in before]
    if unknown:
        raise UsageError(
            f"the running daemon does not know {', '.join(unknown)} yet; aggregator status tells why"
        )
    with writing(engine) as connection:
        request = requests.leave(connection, "poll", {"sources": only}, Clock().now())
    waiting = {source_id for source_id in before if only is None or source_id in only}
    deadline = time.monotonic() + _REQUEST_SECONDS
    while waiting:
        if time.monotonic() > deadline:
            raise BusyError(
                f"the daemon has not polled {', '.join(sorted(waiting))} yet; see aggregator status"
            )
        time.sleep(0.25)
        with reading(engine) as connection:
            is_taken = requests.result(connection, request) is not None
            states = sources.all_states(connection)
        for state in states:
            is_polled = state.id in before and state.polls > before[state.id]
            is_held = is_taken and state.reason != sources.ASKED_FOR
            if state.id in waiting and (is_polled or is_held):
                waiting.discard(state.id)
                say(_state(state, is_polled=is_polled))


def _source_id(plan: "Plan", name: str) -> str:
    from aggregator.cli.trial import configured
    from aggregator.errors import UsageError
    from aggregator.urls import redact

    source = configured(plan.config, name)
    if source is None:
        raise UsageError(f"no source {redact(name)!r} in the configuration; aggregator status lists them")
    if not source.enabled:
        raise UsageError(f"source {source.id} has enabled = false in {source.file}")
    return source.id


def _report(report: "PollReport") -> dict[str, object]:
    """Return what a poll came to."""
    from aggregator.pipeline.queries import iso

    return {
        "source": report.source_id,
        "outcome": report.outcome.value,
        "new_items": report.new_items,
        "error": report.failure.detail if report.failure else None,
        "error_kind": report.failure.kind.value if report.failure else None,
        "next_poll_at": iso(report.next_poll_at),
        "reason": report.reason,
    }


def _state(state: "SourceState", *, is_polled: bool) -> dict[str, object]:
    """Return what a poll by the running daemon came to, as far as its source tells."""
    from aggregator.pipeline.queries import iso

    has_failed = is_polled and state.failures > 0
    done = "failed" if has_failed else "polled by the daemon"
    return {
        "source": state.id,
        "outcome": done if is_polled else "held",
        "new_items": None,
        "error": state.last_error if has_failed else None,
        "error_kind": state.last_error_kind.value if has_failed and state.last_error_kind else None,
        "next_poll_at": iso(state.next_poll_at),
        "reason": state.reason,
    }


def _print_json(found: dict[str, object]) -> None:
    """Print one poll as a line of JSON: it stands there as soon as it is done."""
    print(json.dumps(found, ensure_ascii=False), flush=True)


def _print_line(found: dict[str, object]) -> None:
    what = found["outcome"]
    if found["error"] is not None:
        what = f"failed ({found['error_kind']}): {found['error']}"
    elif found["new_items"]:
        what = f"{found['new_items']} new"
    when = str(found["next_poll_at"])[:16].replace("T", " ")
    print(f"{found['source']}: {what}; next {when} UTC, {found['reason']}")
