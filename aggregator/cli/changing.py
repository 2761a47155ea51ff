"""`source pause`, `resume` and `remove`: one table of the user's own files, changed where it stands.

What a source has brought stays stored. A change after which the configuration does not load is taken back.
"""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal, Self

import typer

from aggregator.cli.names import source_names
from aggregator.cli.options import AsJson, Places
from aggregator.cli.sources import sources
from aggregator.cli.writing import described, keep_if_it_loads, write

if TYPE_CHECKING:
    from aggregator.app import Plan
    from aggregator.config.schema import SourceConfig

_Name = Annotated[
    str, typer.Argument(metavar="ID|URL", help="The source, by id or address.", autocompletion=source_names)
]


_State = Literal["paused", "resumed", "removed"]


@sources.command()
def pause(context: typer.Context, name: _Name, as_json: AsJson = False) -> None:
    """Stop polling a source: `enabled = false` is written into its table. Its items stay."""
    from aggregator.config import change

    found = _Found.of(context.obj, name, as_json=as_json)
    if found.is_listed:
        _pause_listed(found)
        return
    _change(found, change.pause, "paused")


@sources.command()
def resume(context: typer.Context, name: _Name, as_json: AsJson = False) -> None:
    """Poll a paused source again; it goes on with its history."""
    from aggregator.config import change

    found = _Found.of(context.obj, name, as_json=as_json)
    if found.source.enabled:
        print(f"{found.source.id} is not paused", file=sys.stderr)
        found.answer("resumed", is_changed=False)
        return
    _change(found, change.resume, "resumed")


@sources.command()
def remove(context: typer.Context, name: _Name, as_json: AsJson = False) -> None:
    """Take a source out of the configuration, with the comments above it. Its items stay."""
    from aggregator.config import change
    from aggregator.errors import UsageError

    found = _Found.of(context.obj, name, as_json=as_json)
    if found.is_listed:
        raise UsageError(
            f"{found.source.id} comes from {found.source.file}, which another program keeps: unsubscribe"
            f" there, or stop it here with: aggregator source pause {found.source.id}"
        )
    _change(found, change.remove, "removed")


@dataclass(frozen=True, slots=True)
class _Found:
    """A configured source that is to change, and who wants to hear of it."""

    places: Places
    plan: "Plan"
    source: "SourceConfig"
    as_json: bool

    @classmethod
    def of(cls, places: Places, name: str, *, as_json: bool) -> Self:
        """Find a source by id or address. Raises ConfigError, UsageError."""
        from aggregator.cli.trial import configured
        from aggregator.errors import UsageError
        from aggregator.urls import redact

        plan = places.plan(may_be_empty=True)
        source = configured(plan.config, name)
        if source is None:
            raise UsageError(
                f"no source {redact(name)!r} in the configuration; aggregator source list shows them"
            )
        return cls(places, plan, source, as_json)

    @property
    def is_listed(self) -> bool:
        """Whether it stands in an OPML file, which is never written."""
        return self.source.file.endswith(".opml")

    def answer(
        self, state: _State, *, is_changed: bool = True, file: str = "", wins_over: str | None = None
    ) -> None:
        """Tell a program what the source is now; removed ones as they were."""
        if not self.as_json:
            return
        from aggregator.cli.stored import print_json

        source = described(self.source)
        if state != "removed":
            source["enabled"] = state == "resumed"
        source["file"] = file or self.source.file
        changed = {"source": source, "state": state, "is_changed": is_changed, "wins_over": wins_over}
        print_json(changed, self.plan)


def _change(found: _Found, how: Callable[[str, int], str], state: _State) -> None:
    from aggregator.config import change, edit
    from aggregator.config.files import shown
    from aggregator.errors import UsageError

    source = found.source
    place = change.find(found.places.config, source, os.environ)
    if place is None:
        raise UsageError(f"{source.id} has changed its place in {source.file} meanwhile: try again")
    path, number = place
    try:
        made = edit.rewrite(path, lambda text: how(text, number))
    except UsageError as error:
        raise UsageError(f"{shown(path)}: {error}") from error
    if made is None:
        print(f"{source.id} is {state} already", file=sys.stderr)
    else:
        keep_if_it_loads(found.places, made)
        if not found.as_json:
            print(f"{source.id} {state} in {shown(path)}")
    found.answer(state, is_changed=made is not None)


def _pause_listed(found: _Found) -> None:
    """Write a paused table for a source of an OPML file, over which TOML wins."""
    from aggregator.config import edit
    from aggregator.config.references import literal

    source = found.source
    table: dict[str, edit.Value] = {
        "url": literal(source.url),
        "id": source.id,
        "title": source.title or "",
        "tags": list(source.tags),
    }
    text = f"{edit.source_tables([table])}enabled = false\n"
    path = edit.place(found.places.config, "added.toml")
    written = write(found.places, path, text, is_private=any(source.secrets))
    if not found.as_json:
        print(f"{source.id} paused in {written}, which wins over {source.file}")
    found.answer("paused", file=written.file, wins_over=source.file)
