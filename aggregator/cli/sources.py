"""`source add`, `try` and `list`: sources from the command line, written into the user's own files."""

import json
import sys
from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from aggregator.cli.names import source_names
from aggregator.cli.options import AsJson, Places, application
from aggregator.cli.writing import Written, described, write

if TYPE_CHECKING:
    from aggregator.app import Plan
    from aggregator.cli.trial import Trial
    from aggregator.config.edit import Value
    from aggregator.config.schema import SourceConfig

_PREVIEW = 5  # entries
_TITLE = 200  # characters
_ENDLESS = 10_000  # columns

sources = typer.Typer(no_args_is_help=True, help="Add, try and list sources; import and export OPML.")
application.add_typer(sources, name="source", rich_help_panel="Manage")


class Kind(StrEnum):
    """How a document is read."""

    AUTO = "auto"
    FEED = "feed"
    LISTING = "listing"
    SITEMAP = "sitemap"


_Url = Annotated[str, typer.Argument(help="Address of a feed, a page that has one, or a page to read.")]
_KindOption = Annotated[
    Kind | None, typer.Option(help="How it is read.", show_default="auto; listing with --item")
]
_Item = Annotated[str | None, typer.Option(help="CSS selector of one entry, for a page without a feed.")]
_Link = Annotated[str | None, typer.Option(help="Its link, inside the item.", show_default="a")]
_Heading = Annotated[
    str | None, typer.Option("--heading", help="Its title, inside the item.", show_default="first heading")
]
_Date = Annotated[str | None, typer.Option(help="Its date, inside the item.")]
_Summary = Annotated[str | None, typer.Option(help="Its text, inside the item.")]


@sources.command()
def add(
    context: typer.Context,
    url: _Url,
    source_id: Annotated[
        str | None, typer.Option("--id", help="Permanent name.", show_default="made of the address")
    ] = None,
    title: Annotated[
        str | None, typer.Option(help="Name of the outlet.", show_default="what it calls itself")
    ] = None,
    tag: Annotated[list[str] | None, typer.Option(help="Word to select it by; may be repeated.")] = None,
    lang: Annotated[str | None, typer.Option(help="Language, where detection needs help.")] = None,
    file: Annotated[str, typer.Option(help="File of sources.d to write it into.")] = "added.toml",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be written.")] = False,
    kind: _KindOption = None,
    item: _Item = None,
    link: _Link = None,
    heading: _Heading = None,
    date: _Date = None,
    summary: _Summary = None,
    as_json: AsJson = False,
) -> None:
    """Find the feed of an address, show its newest entries, and write it into the configuration."""
    from aggregator.cli import trial
    from aggregator.config import edit
    from aggregator.config.files import shown

    places: Places = context.obj
    plan = places.plan(may_be_empty=True)
    path = edit.place(places.config, file)
    rule = _rule(item, link, heading, date, summary)
    table: dict[str, Value] = {
        "url": completed(url),
        "id": source_id or "",
        "title": title or "",
        "kind": _kind(kind, rule),
        "tags": tag or [],
        "lang": lang or "",
        "listing": rule,
    }
    source = _made(places, table)
    _refuse_known(plan, source, None)
    tried = trial.ask(places, plan, source)
    _refuse_known(plan, source, tried)
    if not as_json:
        trial.show(tried, _PREVIEW)
    if tried.failure is not None or (rule and not tried.decided.new):
        if as_json:
            _print_added(tried, None, None)
        _end(trial.advise(tried))
    found = _found(table, tried)
    renamed = "" if source_id else _free_id(places, plan, found)
    found["id"] = renamed or found["id"]
    text = edit.source_tables([found])
    is_private = _has_secret(str(found["url"]), source)
    written = None if dry_run else write(places, path, text, is_private=is_private)
    if as_json:
        made = _made(places, found).model_copy(update={"file": shown(path)})
        _print_added(tried, made, written)
    elif written is None:
        print(f"\nWould be added to {shown(path)}:\n\n{text}", end="")
    else:
        why = f" Its id is {renamed}, since another source has the shorter one." if renamed else ""
        print(f"\nAdded to {written}.{why} A running daemon follows it within seconds.")


def _print_added(tried: "Trial", made: "SourceConfig | None", written: Written | None) -> None:
    from aggregator.cli.stored import dump
    from aggregator.cli.trial import described as read

    answer = {
        **read(tried, _PREVIEW),
        "source": described(made) if made else None,
        "is_written": written is not None,
        "line": written.line if written else None,
    }
    print(dump(answer, tried.redact))


@sources.command("try")
def try_(
    context: typer.Context,
    url: Annotated[
        str, typer.Argument(help="Any address, or the id of a source.", autocompletion=source_names)
    ],
    entries: Annotated[int, typer.Option(min=0, help="How many entries are shown.")] = 10,
    kind: _KindOption = None,
    item: _Item = None,
    link: _Link = None,
    heading: _Heading = None,
    date: _Date = None,
    summary: _Summary = None,
    as_json: AsJson = False,
) -> None:
    """Show what is read of an address, with these selectors or those configured; keep nothing."""
    from dataclasses import asdict

    from aggregator.cli import trial
    from aggregator.config import edit
    from aggregator.urls import is_http

    places: Places = context.obj
    plan = places.plan(may_be_empty=True)
    rule = _rule(item, link, heading, date, summary)
    source = trial.configured(plan.config, url) or trial.configured(plan.config, completed(url))
    if source is None and not is_http(completed(url)) and "${" not in url:
        raise trial.neither(url)
    if source is None or rule or kind:
        address = source.url if source else completed(url)
        if source and source.listing and rule:
            configured = {name: value for name, value in asdict(source.listing).items() if value}
            rule = {**configured, **rule}
        table: dict[str, Value] = {"url": address, "kind": _kind(kind, rule), "listing": rule}
        made = _made(places, table)
        kept = {"kind": made.kind, "listing": made.listing}
        source = source.model_copy(update=kept) if source else made
    tried = trial.ask(places, plan, source)
    if as_json:
        from aggregator.cli.stored import dump

        print(dump(trial.described(tried, entries), tried.redact))
    else:
        trial.show(tried, entries)
    if tried.failure is not None or (rule and not tried.decided.new):
        _end(trial.advise(tried))
    if rule and not as_json:
        tables = edit.source_tables([{"url": source.shown_url, "kind": source.kind, "listing": rule}])
        print(f"\nAs it would stand in a file of sources.d (source add writes it):\n\n{tables}", end="")


@sources.command("list")
def list_(
    context: typer.Context,
    as_json: AsJson = False,
) -> None:
    """List the configured sources."""
    places: Places = context.obj
    plan, _ = places.readable()
    config = plan.config
    if as_json:
        found = [described(source) for source in config.sources]
        print(config.redact(json.dumps(found, ensure_ascii=False, indent=2)))
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    # Not on a terminal nothing is folded: lines are for grep then.
    console = Console() if sys.stdout.isatty() else Console(width=_ENDLESS, soft_wrap=True)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("source", "kind", "tags", "address"):
        table.add_column(name, overflow="fold")
    for source in config.sources:
        kind = source.kind if source.enabled else f"{source.kind}, off"
        cells = (source.id, kind, ", ".join(source.tags), source.shown_url)
        table.add_row(*(escape(config.redact(cell)) for cell in cells))
    console.print(table)
    print(f"{len(config.sources)} sources")


def completed(url: str) -> str:
    """Add what people leave out when they type an address, and drop what readers put before it."""
    from aggregator.urls import without_feed_scheme

    url = without_feed_scheme(url)
    return url if "://" in url or "." not in url else f"https://{url}"


def _rule(*selectors: str | None) -> dict[str, str]:
    names = ("item", "link", "title", "date", "summary")
    return {name: selector for name, selector in zip(names, selectors, strict=True) if selector}


def _kind(kind: Kind | None, rule: dict[str, str]) -> str:
    if kind is None:
        return Kind.LISTING.value if rule else ""
    return "" if kind is Kind.AUTO else kind.value


def _refuse_known(plan: "Plan", source: "SourceConfig", tried: "Trial | None") -> None:
    """Refuse an address that is followed already, itself or by the feed that was found behind it."""
    from aggregator.cli.trial import follower
    from aggregator.errors import AggregatorError

    known = follower(plan.config.sources, tried.states if tried else ())
    found = (tried.decided.state.feed_url, tried.decided.state.moving_url) if tried else ()
    for url in (source.url, *found):
        twin = known(url) if url else None
        if twin is None:
            continue
        way = "" if url == source.url else f"{source.shown_url} leads to {plan.config.redact(url or '')}: "
        raise AggregatorError(f"{way}{twin.id} follows {twin.shown_url} already: see {twin.file}")


def _found(table: dict[str, "Value"], tried: "Trial") -> dict[str, "Value"]:
    """Return the table that is written: with the feed's own address and title, where none was given."""
    from aggregator.config.references import literal
    from aggregator.text.xmlchars import one_line

    state = tried.decided.state
    title = table["title"] or one_line(tried.redact(state.title or ""))[:_TITLE].strip()
    # The address of a feed found with a secret may hold it: then the page stays, with its reference.
    if state.feed_url and not any(tried.source.secrets):
        return {**table, "url": literal(state.feed_url), "title": title}
    return {**table, "title": title}


def _made(places: Places, table: Mapping[str, "Value"]) -> "SourceConfig":
    from aggregator.cli.trial import make_source

    return make_source(places, {name: value for name, value in table.items() if value})


def _free_id(places: Places, plan: "Plan", table: Mapping[str, "Value"]) -> str:
    """Return an id for a source whose own is taken; "" if it is free."""
    from aggregator.config.sources import renamed

    source = _made(places, table)
    is_taken = any(source.id == each.id for each in plan.config.sources)
    return renamed(source).id if is_taken else ""


def _has_secret(url: str, source: "SourceConfig") -> bool:
    """Tell whether an address that is written holds a secret itself, and not by a reference."""
    from aggregator.config import hidden

    known = [secret for secret in source.secrets if secret] or hidden.in_url(url)
    return any(secret in url for secret in known)


def _end(advice: str) -> NoReturn:
    if advice:
        print(f"\n{advice}", file=sys.stderr)
    raise typer.Exit(1)
