"""`run` and `poll`: the daemon, one pass of it, and polls on demand."""

import os
import signal
import sys
import time
from typing import TYPE_CHECKING, Annotated

import typer

from aggregator.cli.options import Places, application

if TYPE_CHECKING:
    from aggregator.app import Plan
    from aggregator.pipeline.source import PollReport

_REQUEST_SECONDS = 120  # how long `poll` waits for a running daemon


@application.command()
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


@application.command()
def poll(
    context: typer.Context,
    sources: Annotated[
        list[str] | None, typer.Argument(help="Sources, by id or by address.", show_default=False)
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every source.")] = False,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Show the exchange step by step, for any address too; keep nothing."),
    ] = False,
) -> None:
    """Poll sources now, due or not; a running daemon is asked to do it."""
    _end_cleanly()
    from aggregator.errors import BusyError, UsageError

    if bool(sources) == everything:
        raise UsageError("name the sources to poll, or --all")
    places: Places = context.obj
    plan = places.plan(may_be_empty=dry_run)
    if dry_run:
        _rehearse(places, plan, sources or [])
        return
    only = None if everything else [_source_id(plan, name) for name in sources or ()]
    try:
        _poll_here(places, plan, only)
    except BusyError:
        _poll_there(places, plan, only)


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


def _poll_here(places: Places, plan: "Plan", only: list[str] | None) -> None:
    from aggregator import daemon, loop
    from aggregator.clock import Clock

    reports: list[PollReport] = []
    troubles: list[OSError] = []

    def report(each: "PollReport") -> None:
        reports.append(each)
        if not troubles:
            try:
                _print_report(each)
            except OSError as error:  # nobody reads on (`| head`): the polls are done all the same
                troubles.append(error)

    loop.run(daemon.run_once(plan, places.state, Clock(), only=only, is_forced=True, report=report))
    if troubles:
        raise troubles[0]
    if reports and all(each.failure is not None for each in reports):
        raise typer.Exit(1)


def _poll_there(places: Places, plan: "Plan", only: list[str] | None) -> None:
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
                failed = f"failed: {state.last_error}" if state.failures else "polled by the daemon"
                what = failed if is_polled else "held"
                print(f"{state.id}: {what}; next {state.next_poll_at:%Y-%m-%d %H:%M} UTC, {state.reason}")


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


def _print_report(report: "PollReport") -> None:
    if report.failure is not None:
        what = f"failed ({report.failure.kind.value}): {report.failure.detail}"
    elif report.new_items:
        what = f"{report.new_items} new"
    else:
        what = report.outcome.value
    print(f"{report.source_id}: {what}; next {report.next_poll_at:%Y-%m-%d %H:%M} UTC, {report.reason}")
