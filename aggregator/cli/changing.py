"""`source pause`, `resume` and `remove`: one table of the user's own files, changed where it stands.

What a source has brought stays stored. A change after which the configuration does not load is taken back.
"""

import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from aggregator.cli.names import source_names
from aggregator.cli.options import Places
from aggregator.cli.sources import sources

if TYPE_CHECKING:
    from aggregator.config.schema import SourceConfig

_Name = Annotated[
    str, typer.Argument(metavar="ID|URL", help="The source, by id or address.", autocompletion=source_names)
]


@sources.command()
def pause(context: typer.Context, name: _Name) -> None:
    """Stop polling a source: `enabled = false` is written into its table. Its items stay."""
    from aggregator.config import change

    places: Places = context.obj
    source = _source(places, name)
    if source.file.endswith(".opml"):
        _pause_listed(places, source)
        return
    _change(places, source, change.pause, "paused")


@sources.command()
def resume(context: typer.Context, name: _Name) -> None:
    """Poll a paused source again; it goes on with its history."""
    from aggregator.config import change

    places: Places = context.obj
    source = _source(places, name)
    if source.enabled:
        print(f"{source.id} is not paused", file=sys.stderr)
        return
    _change(places, source, change.resume, "resumed")


@sources.command()
def remove(context: typer.Context, name: _Name) -> None:
    """Take a source out of the configuration, with the comments above it. Its items stay."""
    from aggregator.config import change
    from aggregator.errors import UsageError

    places: Places = context.obj
    source = _source(places, name)
    if source.file.endswith(".opml"):
        raise UsageError(
            f"{source.id} comes from {source.file}, which another program keeps: unsubscribe there, or"
            f" stop it here with: aggregator source pause {source.id}"
        )
    _change(places, source, change.remove, "removed")


def _source(places: Places, name: str) -> "SourceConfig":
    from aggregator.cli.trial import configured
    from aggregator.errors import UsageError
    from aggregator.urls import redact

    source = configured(places.plan(may_be_empty=True).config, name)
    if source is None:
        raise UsageError(
            f"no source {redact(name)!r} in the configuration; aggregator source list shows them"
        )
    return source


def _change(places: Places, source: "SourceConfig", how: Callable[[str, int], str], done: str) -> None:
    from aggregator.config import change, edit
    from aggregator.config.files import shown
    from aggregator.errors import ConfigError, UsageError

    found = change.find(places.config, source, os.environ)
    if found is None:
        raise UsageError(f"{source.id} has changed its place in {source.file} meanwhile: try again")
    path, number = found
    try:
        made = edit.rewrite(path, lambda text: how(text, number))
    except UsageError as error:
        raise UsageError(f"{shown(path)}: {error}") from error
    if made is None:
        print(f"{source.id} is {done} already", file=sys.stderr)
        return
    try:
        places.plan(may_be_empty=True)
    except ConfigError:
        edit.take_back(made)
        print("taken back, since the configuration would have these mistakes:", file=sys.stderr)
        raise
    print(f"{source.id} {done} in {shown(path)}")


def _pause_listed(places: Places, source: "SourceConfig") -> None:
    """Write a paused table for a source of an OPML file, over which TOML wins."""
    from aggregator.cli.sources import write
    from aggregator.config import edit
    from aggregator.config.references import literal

    table: dict[str, edit.Value] = {
        "url": literal(source.url),
        "id": source.id,
        "title": source.title or "",
        "tags": list(source.tags),
    }
    text = f"{edit.source_tables([table])}enabled = false\n"
    path = edit.place(places.config, "added.toml")
    place = write(places, path, text, is_private=any(source.secrets))
    print(f"{source.id} paused in {place}, which wins over {source.file}")
