"""`source import` and `source export`: subscriptions from other programs, and for them.

Importing writes [[source]] tables, which people can edit; who wants a list to stay as another program
keeps it puts the file itself into sources.d.
"""

import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aggregator.cli.options import AsJson, Places
from aggregator.cli.sources import sources
from aggregator.cli.writing import described, write

if TYPE_CHECKING:
    from aggregator.config.edit import Value
    from aggregator.config.opml import Subscription
    from aggregator.config.schema import Config, SourceConfig
    from aggregator.model import SourceState


@sources.command("import")
def import_(
    context: typer.Context,
    opml: Annotated[Path, typer.Argument(help="OPML file, as readers export it.")],
    tag: Annotated[
        list[str] | None, typer.Option(help="Word to select all of them by; may be repeated.")
    ] = None,
    file: Annotated[
        str | None, typer.Option(help="File of sources.d to write to.", show_default="named like the OPML")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be written.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write the feeds of an OPML file into the configuration, except those that it has already.

    Folders become tags. What cannot be used is named, and does not stop the rest. The file itself may
    lie in sources.d as well: then it is read each time, and nothing needs to be imported.
    """
    from dataclasses import asdict

    from aggregator.cli.stored import dump
    from aggregator.cli.trial import follower
    from aggregator.config import edit
    from aggregator.config.files import read_bytes, shown
    from aggregator.config.opml import MAX_BYTES
    from aggregator.config.sources import subscribed
    from aggregator.errors import AggregatorError, Problem, UsageError
    from aggregator.urls import slug

    places: Places = context.obj
    config = places.plan(may_be_empty=True).config
    path = edit.place(places.config, file or f"{slug(opml.stem)}.toml")
    problems: list[Problem] = []
    warnings: list[Problem] = []
    body = read_bytes(opml, problems, MAX_BYTES + 1)
    if body is None:
        raise UsageError(str(problems[0]))
    found = subscribed(body, shown(opml), warnings)
    if isinstance(found, Problem):
        raise AggregatorError(str(found))
    for warning in warnings:
        print(f"warning: {warning}", file=sys.stderr)
    known = follower(config.sources, _states(places, config))
    listed = [each.record for each in found if not known(each.record.url)]
    fresh = list(_named(listed, config.sources, tag or []))
    tables = edit.source_tables(map(_table, listed, fresh))
    written = None
    if fresh and not dry_run:
        is_private = any(any(source.secrets) for source in fresh)
        written = write(places, path, tables, is_private=is_private)
    count = f"{len(fresh)} sources"
    rest = f"{len(found) - len(fresh)} followed already, {len(warnings)} warnings"
    if as_json:
        answer = {
            "read": len(found),
            "added": len(fresh),
            "known": len(found) - len(fresh),
            "warnings": [asdict(each) for each in warnings],
            "sources": [{**described(source), "file": shown(path)} for source in fresh],
            "is_written": written is not None,
            "line": written.line if written else None,
        }
        print(dump(answer, config.redact))
    elif dry_run:
        print(tables, end="")
        print(f"{count} would be written to {shown(path)}; {rest}", file=sys.stderr)
    elif written is None:
        print(f"nothing to write: {rest}")
    else:
        print(f"{count} written to {written}; {rest}")


@sources.command("export")
def export(context: typer.Context) -> None:
    """Write all sources as OPML to stdout, without secrets: tags are folders and categories."""
    from aggregator.config.opml import write as write_opml
    from aggregator.urls import is_masked

    places: Places = context.obj
    config = places.plan(may_be_empty=True).config
    states = {state.id: state for state in _states(places, config)}
    listed = [_subscription(source, states.get(source.id), config) for source in config.sources]
    sys.stdout.buffer.write(write_opml("Sources", listed))
    sys.stdout.buffer.flush()
    if masked := sum(is_masked(each.url) for each in listed):
        print(
            f"warning: {masked} of {len(listed)} addresses hold secrets, which are written as ***:"
            " complete them by hand where they are to be followed",
            file=sys.stderr,
        )


def _states(places: Places, config: "Config") -> Sequence["SourceState"]:
    """Return what is known of the sources; nothing before the first run."""
    from aggregator.errors import ServiceDownError
    from aggregator.store import database
    from aggregator.store import sources as stored
    from aggregator.store.engine import reading

    with suppress(ServiceDownError):
        engine = database.open_existing(config.store.url, places.state)
        try:
            with reading(engine) as connection:
                return stored.all_states(connection)
        finally:
            engine.dispose()
    return ()


def _named(
    listed: Sequence["SourceConfig"], others: Sequence["SourceConfig"], tags: Sequence[str]
) -> Iterator["SourceConfig"]:
    """Give sources as they are to be configured: with these tags too, and ids that nobody else has."""
    from aggregator.config.sources import renamed

    taken = {source.id for source in others}
    for each in listed:
        source = renamed(each) if each.id in taken else each
        taken.add(source.id)
        yield source.model_copy(update={"tags": tuple(dict.fromkeys((*source.tags, *tags)))})


def _table(listed: "SourceConfig", source: "SourceConfig") -> dict[str, "Value"]:
    """Return the table of a source; its id is written only where it is not the one made of the address."""
    from aggregator.config.references import literal

    return {
        "url": literal(source.url),
        "id": source.id if source.id != listed.id else "",
        "title": source.title or "",
        "tags": list(source.tags),
    }


def _subscription(source: "SourceConfig", state: "SourceState | None", config: "Config") -> "Subscription":
    from aggregator.config.opml import Subscription

    feed_url = state.feed_url if state else None
    site_url = (state.site_url if state else None) or (source.url if feed_url else "")
    shown = config.redact
    return Subscription(
        url=shown(feed_url) if feed_url else shown(source.shown_url),
        title=shown(source.title or (state.title if state else None) or ""),
        tags=tuple(shown(tag) for tag in source.tags),
        site_url=source.redact(shown(site_url)),
        is_page=source.kind in ("listing", "sitemap"),
        is_enabled=source.enabled,
    )
