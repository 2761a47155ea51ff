"""`import`: an archive that `export` wrote, or subscriptions from another reader, by what the file holds."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aggregator.cli.options import AsJson, Places, application

if TYPE_CHECKING:
    from aggregator.cli.progress import Advance
    from aggregator.pipeline.importing import Imported

_SHOWN = 10  # lines that cannot be read, of which each is named


@application.command("import", rich_help_panel="The archive")
def import_(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="What export wrote (JSON Lines), or an OPML file.")],
    as_json: AsJson = False,
) -> None:
    """Take in the items of an export, without announcing any; or the feeds of an OPML file.

    Items that are stored already stay as they are, so that it can be done again. A running daemon decides
    what was imported at its next tick. OPML is imported, and answered, as source import does it.
    """
    from aggregator.errors import UsageError

    places: Places = context.obj
    try:
        with file.open("rb") as opened:
            start = opened.read(1_000)
    except OSError as error:
        raise UsageError(f"cannot read {file}: {error.strerror}") from error
    if start.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<"):
        from aggregator.cli.opml import import_ as import_opml

        import_opml(context, file, as_json=as_json)
        return
    _import_items(places, file, as_json=as_json)


def _import_items(places: Places, file: Path, *, as_json: bool) -> None:
    import secrets
    from functools import partial

    from aggregator.cli.progress import bar
    from aggregator.cli.stored import print_json
    from aggregator.clock import Clock
    from aggregator.pipeline.importing import batches, store
    from aggregator.store import database
    from aggregator.store.engine import writing

    plan = places.plan(may_be_empty=True, is_tested=False)
    now, new_uid = Clock().now(), partial(secrets.token_hex, 8)
    engine = database.open_existing(plan.config.store.url, places.state)
    seen = _Lines(file)
    added = 0
    try:
        with bar("importing") as progress:
            for batch in batches(seen.read(progress)):
                with writing(engine) as connection:
                    added += store(connection, batch, now, new_uid)
    finally:
        engine.dispose()
    answer = {"read": seen.good, "added": added, "known": seen.good - added, "wrong": seen.wrong}
    if as_json:
        print_json(answer, plan)
    else:
        print(
            f"{added} items imported, {seen.good - added} known already, {len(seen.wrong)} lines passed over"
        )
    for each in seen.wrong[:_SHOWN]:
        print(f"{file}:{each['line']}: {each['message']}", file=sys.stderr)
    if seen.wrong:
        raise typer.Exit(1)


class _Lines:
    """Reads a file line by line, and keeps what is wrong with which."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.good = 0
        self.wrong: list[dict[str, object]] = []

    def read(self, progress: "Advance") -> "Iterator[Imported]":
        """Give the items of the lines that can be read."""
        import secrets
        from functools import partial

        from aggregator.clock import Clock
        from aggregator.pipeline.importing import LONGEST, read

        size, done = self._file.stat().st_size, 0
        now, new_uid = Clock().now(), partial(secrets.token_hex, 8)
        with self._file.open("rb") as opened:
            number = 0
            while line := opened.readline(4 * LONGEST):
                number, done = number + 1, done + len(line)
                progress(done, size)
                if not line.strip():
                    continue
                try:
                    item = read(line.decode("utf-8-sig"), now, new_uid)
                except ValueError as error:
                    self.wrong.append({"line": number, "message": str(error)})
                else:
                    self.good += 1
                    yield item
