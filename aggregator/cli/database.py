"""`db`: the database brought up to date, copied, put back and looked through."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aggregator.cli.options import AsJson, Places, application

if TYPE_CHECKING:
    from aggregator.app import Plan
    from aggregator.store import Engine

db = typer.Typer(no_args_is_help=True, help="Copy the database, put a copy back, look whether it is whole.")
application.add_typer(db, name="db", rich_help_panel="Manage")


@db.command()
def upgrade(context: typer.Context, as_json: AsJson = False) -> None:
    """Bring the database to the schema of this version, as a start of the daemon does."""
    from aggregator.cli.stored import print_json
    from aggregator.config.files import shown
    from aggregator.errors import ServiceDownError
    from aggregator.store.migrate import HEAD, migrate, revision

    places: Places = context.obj
    plan = _plan(places)
    with _held(places, plan) as engine:
        before = revision(engine)
        if before is None:
            raise ServiceDownError("there is no database yet: the first start of the daemon makes it")
        done = migrate(engine)
    if as_json:
        kept = shown(done.kept) if done.kept else None
        print_json(
            {"schema": HEAD, "schema_before": before, "is_changed": done.is_changed, "kept": kept}, plan
        )
    elif done.is_changed:
        where = f"; the database before is kept as {done.kept}" if done.kept else ""
        print(f"schema {before} brought to {HEAD}{where}")
    else:
        print(f"schema {HEAD} already")


@db.command()
def backup(
    context: typer.Context,
    file: Annotated[
        Path | None,
        typer.Argument(help="New file.", show_default="backups/aggregator-TIME in the state folder"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Copy the database into one file, as it is at this instant; the daemon may go on running.

    SQLite copies itself; PostgreSQL is copied by pg_dump, in the format that pg_restore reads.
    """
    from aggregator.cli.progress import bar
    from aggregator.cli.stored import print_json
    from aggregator.clock import Clock
    from aggregator.config.files import shown
    from aggregator.store import care

    places: Places = context.obj
    plan = _plan(places)
    with _opened(places, plan) as engine, bar("copying") as progress:
        ending = "db" if engine.dialect.name == "sqlite" else "dump"
        name = f"aggregator-{Clock().now():%Y%m%d-%H%M%S}.{ending}"
        target = (file or places.state / "backups" / name).absolute()
        care.backup(engine, target, progress)
    size = target.stat().st_size
    if as_json:
        print_json({"file": shown(target), "bytes": size}, plan)
    else:
        print(f"{target}: {size / 1e6:.1f} MB")


@db.command()
def restore(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="A copy that db backup made.")],
    as_json: AsJson = False,
) -> None:
    """Put a copy in the place of the database; refuses while a daemon runs. The one before is kept."""
    from aggregator.cli.stored import print_json
    from aggregator.clock import Clock
    from aggregator.config.files import shown
    from aggregator.store import care

    places: Places = context.obj
    plan = _plan(places)
    source = file.absolute()
    with _held(places, plan) as engine:
        kept = care.restore(engine, source, Clock().now())
    if as_json:
        print_json({"file": shown(source), "kept": shown(kept) if kept else None}, plan)
    else:
        print(f"restored {file}{f'; the database before is kept as {kept}' if kept else ''}")


@db.command("check")
def check_(context: typer.Context, as_json: AsJson = False) -> None:
    """Look whether the database is whole: pages, dangling rows, what the feeds promise; exit 1 if not.

    Reads all of it, which takes a while where it is large; the daemon may go on running.
    """
    from dataclasses import asdict

    from aggregator.cli.progress import busy
    from aggregator.cli.stored import print_json
    from aggregator.store import care
    from aggregator.store.engine import describe

    places: Places = context.obj
    plan = _plan(places)
    with _opened(places, plan) as engine, busy("looking through the database"):
        found = list(care.check(engine))
        name = describe(engine.url)
    if as_json:
        print_json({"is_whole": not found, "findings": [asdict(each) for each in found]}, plan)
    else:
        for each in found:
            print(f"{each.what}\n  {each.advice}")
        print(f"{name}: {f'{len(found)} findings' if found else 'whole'}", file=sys.stderr)
    if found:
        raise typer.Exit(1)


def _plan(places: Places) -> "Plan":
    return places.readable(needs_store=True)[0]


@contextmanager
def _opened(places: Places, plan: "Plan") -> "Iterator[Engine]":
    """Open the database for looking, beside a daemon or without one."""
    from aggregator.store import database

    engine = database.open_existing(plan.config.store.url, places.state)
    try:
        yield engine
    finally:
        engine.dispose()


@contextmanager
def _held(places: Places, plan: "Plan") -> "Iterator[Engine]":
    """Open the database for this command alone. Raises BusyError beside a daemon."""
    from aggregator.store import database, lock

    engine = database.open_for_writing(plan.config.store.url, places.state)
    try:
        hold = lock.hold(engine)
        try:
            yield engine
        finally:
            hold.release()
    finally:
        engine.dispose()
