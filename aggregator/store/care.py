"""Looking after a database: whether it is whole, a copy of it while it is used, a copy put back.

Repairs nothing and deletes nothing: what is found is told, and a database that a copy replaces is kept
beside it. PostgreSQL is copied by its own pg_dump, where that is installed.
"""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, Engine, Select, func, literal, select, text
from sqlalchemy.orm import aliased

from aggregator.errors import OutputError, ServiceDownError, UsageError
from aggregator.model import Stage
from aggregator.store import meta, schema
from aggregator.store.engine import describe, explained, reading
from aggregator.store.migrate import HEAD

_PAGES = 2_000  # of a database that are copied at a time
_MOST = 20  # findings of one kind that are told one by one
_COPY_ANEW = "restore the last copy: aggregator db restore FILE"

_i = schema.items
_p = schema.publications
_m = schema.publication_members
_t = schema.topics


@dataclass(frozen=True, slots=True)
class Finding:
    """Something in a database that must not be so, and what to do about it."""

    what: str
    advice: str


def check(engine: Engine) -> Iterator[Finding]:
    """Look at the whole of a database: pages and indexes, dangling rows, and what the ledger promises."""
    with reading(engine) as connection:
        if engine.dialect.name == "sqlite":
            yield from _of_the_file(connection)
        for what, advice, statement in _invariants(connection):
            count = connection.scalar(statement) or 0
            if count:
                yield Finding(f"{count} {what}", advice)


def _of_the_file(connection: Connection) -> Iterator[Finding]:
    with explained(connection.engine):
        for (said,) in connection.exec_driver_sql(f"PRAGMA integrity_check({_MOST})").all():
            if said != "ok":
                yield Finding(f"damaged: {said}", _COPY_ANEW)
        for table, row, parent, _ in connection.exec_driver_sql("PRAGMA foreign_key_check").all()[:_MOST]:
            yield Finding(f"row {row} of {table} belongs to a row of {parent} that is gone", _COPY_ANEW)


def _invariants(connection: Connection) -> Iterator[tuple[str, str, Select[int]]]:
    """Give what must count to nothing: a description, what to do, the question."""
    prefix = meta.get(connection, "tag_prefix") or ""
    lead = (_m.c.publication_id == _p.c.id) & (_m.c.item_id == _p.c.lead_item_id)
    root = aliased(_i)
    counted = func.count()
    yield (
        "published entries do not carry the article that leads them",
        _COPY_ANEW,
        select(counted).select_from(_p).outerjoin(_m, lead).where(_m.c.item_id.is_(None)),
    )
    yield (
        "published entries belong to no known topic",
        _COPY_ANEW,
        select(counted).select_from(_p).outerjoin(_t, _t.c.id == _p.c.topic_id).where(_t.c.id.is_(None)),
    )
    yield (
        "published entries have a number that their topic would give again",
        _COPY_ANEW,
        select(counted).select_from(_p).join(_t, _t.c.id == _p.c.topic_id).where(_p.c.seq >= _t.c.next_seq),
    )
    yield (
        "published entries have an id of another database",
        "nothing: readers know these entries by it",
        select(counted).select_from(_p).where(~_p.c.entry_id.startswith(prefix, autoescape=True)),
    )
    yield (
        "items copy an item that is itself a copy",
        "nothing: the next copy of them puts it right",
        select(counted)
        .select_from(_i)
        .join(root, root.c.id == _i.c.root_id)
        .where(func.coalesce(root.c.root_id, root.c.id) != root.c.id),
    )
    key = "rowid" if connection.dialect.name == "sqlite" else "item_id"
    yield (
        "decided items are not found by search",
        "start the daemon of this version once: it indexes what is missing",
        select(counted)
        .select_from(_i)
        .join(schema.articles, schema.articles.c.item_id == _i.c.id)
        .where(
            _i.c.stage == literal(Stage.DONE.value),
            text(f"items.id NOT IN (SELECT {key} FROM search_index)"),  # noqa: S608 - one of two words
        ),
    )


def backup(engine: Engine, target: Path, progress: Callable[[int, int], None]) -> None:
    """Copy a database into a new file, as it is at this instant, while others go on writing.

    `progress` hears of pages done and pages in all. Raises OutputError, ServiceDownError, UsageError.
    """
    if target.exists():
        raise UsageError(f"{target} is there already: name a new file")
    temporary = target.with_name(f".{target.name}.tmp")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(temporary, os.O_CREAT | os.O_TRUNC | os.O_WRONLY | os.O_CLOEXEC, 0o600))
        try:
            if engine.dialect.name == "sqlite":
                _copy(Path(str(engine.url.database)), temporary, progress)
            else:
                _dump(engine, temporary)
            _flush(temporary)
            temporary.rename(target)
            _flush(target.parent)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(f"cannot write {target}: {error.strerror}; name another file") from error


def restore(engine: Engine, source: Path, now: datetime) -> Path | None:
    """Put a copy in the place of a SQLite database; return where the one before is kept, if there was one.

    The caller holds the database, so that no daemon runs on it. Raises UsageError for a file that is no
    copy of ours, OutputError, ServiceDownError.
    """
    if engine.dialect.name != "sqlite":
        raise UsageError(
            "a PostgreSQL database is restored by its own tool:"
            f" pg_restore --clean --if-exists --dbname={engine.url.database} {source}"
        )
    is_usable(source)
    place = Path(str(engine.url.database))
    kept = place.with_name(f"{place.name}.before-{now:%Y%m%d-%H%M%S}")
    temporary = place.with_name(f".{place.name}.restored.tmp")
    try:
        os.close(os.open(temporary, os.O_CREAT | os.O_TRUNC | os.O_WRONLY | os.O_CLOEXEC, 0o600))
        _copy(source, temporary, lambda _done, _all: None)
        _flush(temporary)
        engine.dispose()
        is_kept = place.exists() and place.stat().st_size > 0
        if is_kept:
            _fold_log(place)
        _set_log_aside(place, kept)  # also one whose database is gone: it would be played into the new one
        if is_kept:
            _link(place, kept)
        _flush(place.parent)
        temporary.rename(place)  # the one instant: before it all is old, after it all is new
        _flush(place.parent)
    except OSError as error:
        raise OutputError(f"cannot replace {place}: {error.strerror}") from error
    finally:
        temporary.unlink(missing_ok=True)
    return kept if is_kept else None


def _fold_log(place: Path) -> None:
    """Let a sound database take in its own log; ServiceDownError while it is read."""
    try:
        with closing(sqlite3.connect(place, timeout=5)) as connection:
            (is_busy, *_) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorcode", None) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            is_busy = True
        else:
            is_busy = False  # damaged: nothing of it can be trusted, and all of it is kept
    if is_busy:
        raise ServiceDownError(f"{place} is being read; try again once nothing reads it")


def _set_log_aside(place: Path, kept: Path) -> None:
    """Leave no log that SQLite would play into the database that comes: one that holds anything is kept."""
    log, shared = (place.with_name(f"{place.name}{ending}") for ending in ("-wal", "-shm"))
    if log.exists() and log.stat().st_size:
        log.rename(kept.with_name(f"{kept.name}-wal"))
    for ended in (log, shared):
        ended.unlink(missing_ok=True)


def _link(place: Path, kept: Path) -> None:
    """Give a database a second name; where the file system has none, a copy, damaged or not."""
    try:
        os.link(place, kept)
    except OSError:
        shutil.copyfile(place, kept)
        _flush(kept)
    kept.chmod(0o600)


def is_usable(source: Path) -> None:
    """Make sure that a file is a whole database of this version or an earlier one. Raises UsageError."""
    if not source.is_file():
        raise UsageError(f"there is no file {source}")
    try:
        with closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            (said,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            (version,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except (sqlite3.Error, TypeError) as error:
        raise UsageError(f"{source} is no copy of a database of ours: {error}") from error
    if said != "ok":
        raise UsageError(f"{source} is damaged: {said}")
    if version > HEAD:
        raise UsageError(f"{source} was written by a newer version of aggregator (schema {version})")


def _copy(source: Path, target: Path, progress: Callable[[int, int], None]) -> None:
    """Copy a SQLite database with what its log holds. An open read keeps the copy one snapshot."""
    try:
        with (
            closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as read,
            closing(sqlite3.connect(target)) as write,
        ):
            read.isolation_level = None
            read.execute("BEGIN")
            read.execute("SELECT count(*) FROM sqlite_master").fetchone()
            read.backup(
                write, pages=_PAGES, progress=lambda _status, left, total: progress(total - left, total)
            )
            write.execute("PRAGMA journal_mode=DELETE")  # one file, and no log beside it
            (said,) = write.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.Error as error:
        raise ServiceDownError(f"cannot copy {source}: {error}") from error
    if said != "ok":
        raise ServiceDownError(f"{source} is damaged, and so is its copy: {said}; see aggregator db check")


def _dump(engine: Engine, target: Path) -> None:
    """Let pg_dump copy a PostgreSQL database, in its own format."""
    tool = shutil.which("pg_dump")
    if tool is None:
        raise UsageError(
            f"{describe(engine.url)} is copied by pg_dump, which is not installed here"
            " (Debian: apt install postgresql-client); run it where the server is"
        )
    url = engine.url.set(drivername="postgresql", password=None).render_as_string(hide_password=False)
    secret = {"PGPASSWORD": str(engine.url.password)} if engine.url.password else {}
    command = [tool, "--format=custom", f"--file={target}", f"--dbname={url}"]
    done = subprocess.run(  # noqa: S603 - a tool of the system on an address of the configuration, no shell
        command, env={**os.environ, **secret}, capture_output=True, check=False
    )
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().partition("\n")[0]
        raise ServiceDownError(f"{describe(engine.url)}: {said}")


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        with suppress(OSError):  # not every file system flushes folders
            os.fsync(handle)
    finally:
        os.close(handle)
