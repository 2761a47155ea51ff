"""`check`, `status` and `export`: looking without touching; they work beside a running daemon."""

import json
import sys
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aggregator.cli.options import AsJson, Places, application

if TYPE_CHECKING:
    from rich.table import Table

    from aggregator.app import Plan
    from aggregator.errors import Problem

_ENDLESS = 10_000  # columns
_STYLES = {"ok": "green", "failing": "red", "waiting": "yellow", "retired": "magenta", "paused": "dim"}


class Format(StrEnum):
    """How items are exported."""

    JSONL = "jsonl"


@application.command(rich_help_panel="Look")
def check(context: typer.Context, as_json: AsJson = False) -> None:
    """Check the configuration: every mistake with file, line and column; exit 78 if there is one.

    The tests in topic files run too, those on pages where the page is stored. A warning is about an OPML
    file: what of it is passed over. It changes nothing about the exit code.
    """
    from aggregator.errors import ConfigError

    places: Places = context.obj
    try:
        plan = places.plan()
        _check_pages(places, plan)
    except ConfigError as error:
        if not as_json:
            raise
        _print_check(places, None, error.problems)
        raise typer.Exit(error.exit_code) from None
    if as_json:
        _print_check(places, plan, ())
        return
    config = plan.config
    for warning in config.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    warned = f", {len(config.warnings)} warnings" if config.warnings else ""
    rules = f", {len(config.sites)} site rules" if config.sites else ""
    counted = f"{len(config.sources)} sources, {len(config.topics)} topics{rules}"
    print(f"{places.config}: {counted}, no mistakes{warned}")


def _print_check(places: Places, plan: "Plan | None", problems: "Sequence[Problem]") -> None:
    from dataclasses import asdict

    from aggregator.cli.stored import dump

    config = plan.config if plan else None
    found = {
        "config": str(places.config),
        "is_valid": not problems,
        "sources": len(config.sources) if config else None,
        "topics": len(config.topics) if config else None,
        "site_rules": len(config.sites) if config else None,
        "mistakes": [asdict(each) for each in problems],
        "warnings": [asdict(each) for each in config.warnings] if config else [],
    }
    print(dump(found, config.redact if config else None))


def _check_pages(places: Places, plan: "Plan") -> None:
    """Run the tests on stored pages. Raises ConfigError with those that fail."""
    if not any(test.url for topic in plan.config.topics for test in topic.tests):
        return
    from aggregator.cli.stored import opened_if_there
    from aggregator.errors import ConfigError
    from aggregator.match import run_tests
    from aggregator.pipeline.topics import page

    with opened_if_there(places, plan) as archive:
        if archive is None:
            return
        problems = run_tests(plan.topics, lambda url: page(archive.connection, url, archive.sources))
    if problems:
        raise ConfigError(problems)


@application.command(rich_help_panel="Look")
def status(
    context: typer.Context,
    as_json: AsJson = False,
) -> None:
    """Show each source's health, next poll and why, and what each topic carries."""
    from aggregator.clock import Clock
    from aggregator.pipeline.queries import status as ask
    from aggregator.store import database
    from aggregator.store.engine import reading

    places: Places = context.obj
    # It may be edited just now: the daemon goes on with the last good one.
    plan, mistakes = places.readable()
    config = plan.config
    engine = database.open_existing(config.store.url, places.state)
    with reading(engine) as connection:
        found = ask(connection, config, Clock().now(), is_partial=bool(mistakes))
    if as_json:
        print(json.dumps(found, ensure_ascii=False, indent=2))
        return
    from rich.console import Console
    from rich.markup import escape

    # Not on a terminal nothing is folded: lines are for grep then.
    console = Console() if sys.stdout.isatty() else Console(width=_ENDLESS, soft_wrap=True)
    console.print(_sources_table(found["sources"]))
    console.print(_topics_table(found["topics"]))
    for each in found["notices"]:
        console.print(f"[yellow]needs a look since {_minute(each['since'])} UTC:[/] {escape(each['title'])}")
    configuration = found["configuration"]
    if configuration and configuration["refused_at"]:
        since = _minute(configuration["refused_at"])
        console.print(f"[red]configuration refused since {since} UTC, the last good one is live:[/]")
        for problem in configuration["problems"]:
            console.print(escape(problem))
    if configuration and configuration["at_next_start"]:
        console.print(f"changed, live from the next start on: {', '.join(configuration['at_next_start'])}")
    waiting = sum(found["unfinished"].values())
    console.print(f"{found['items']} items, {waiting} still being worked on")


@application.command(rich_help_panel="The archive")
def export(
    context: typer.Context,
    _format: Annotated[Format, typer.Option("--format", help="jsonl: one item a line.")] = Format.JSONL,
) -> None:
    """Write every stored item to stdout, with its text, its copies and the decisions on it."""
    from aggregator.pipeline.queries import export as ask
    from aggregator.store import database
    from aggregator.store.engine import reading

    places: Places = context.obj
    plan, _ = places.readable()
    config = plan.config
    engine = database.open_existing(config.store.url, places.state)
    with reading(engine) as connection:
        for item in ask(connection, config):
            print(json.dumps(item, ensure_ascii=False))


def _sources_table(sources: Iterable[dict[str, Any]]) -> "Table":
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("source", "state", "last success", "next poll (UTC)"):
        table.add_column(title, no_wrap=True)
    table.add_column("why", overflow="fold")
    for source in sources:
        why = source["reason"]
        if source["state"] in ("failing", "retired") or _is_in_error(source):
            why = f"{source['last_error']} ({why})"
        why = "; ".join([why, *_remarks(source)])
        style = _STYLES[source["state"]]
        due = "soon" if source["state"] == "waiting" else "never"
        row = (_minute(source["last_success_at"]), _minute(source["next_poll_at"], due), escape(why))
        table.add_row(escape(source["id"]), f"[{style}]{source['state']}[/]", *row)
    return table


def _is_in_error(source: dict[str, Any]) -> bool:
    """Tell whether the last try failed, though it is held against nobody: we were offline."""
    if source["last_error_kind"] is None or source["last_error_at"] is None:
        return False
    return source["last_success_at"] is None or bool(source["last_error_at"] > source["last_success_at"])


def _remarks(source: dict[str, Any]) -> list[str]:
    """Say what the user may want to do something about although the source works."""
    from aggregator.polling.words import times

    found = []
    if source["feed_url"] and source["feed_url"] != source["url"]:
        found.append(f"feed found at {source['feed_url']}")
    if source["note"] and source["state"] == "ok":
        found.append(source["note"])
    if source["moved_url"]:
        found.append(f"moved for good to {source['moved_url']}: write that into url")
    if source["holes"]:
        missed = times(source["holes"], "time")
        found.append(f"entries may have been missed {missed}, last {_minute(source['last_hole_at'])}")
    return found


def _topics_table(topics: Iterable[dict[str, Any]]) -> "Table":
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("topic", "entries", "newest (UTC)", "feed"):
        table.add_column(title, no_wrap=True)
    for topic in topics:
        table.add_row(topic["id"], str(topic["entries"]), _minute(topic["newest_at"]), escape(topic["feed"]))
    return table


def _minute(instant: str | None, none: str = "never") -> str:
    return instant[:16].replace("T", " ") if instant else none
