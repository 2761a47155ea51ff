"""Opens the database: SQLite or PostgreSQL by URL, with the settings each needs.

Transactions are explicit: `reading()` sees one snapshot, `writing()` takes the write lock at once
(BEGIN IMMEDIATE), so that two writers wait for each other instead of failing half-way.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, NoSuchModuleError, OperationalError

from aggregator.errors import ServiceDownError

BUSY_SECONDS = 60  # how long a write waits for another process before it gives up


def resolve(url: str, state: Path) -> URL:
    """Return the URL with the driver we use, relative SQLite paths laid into the state folder.

    Raises ServiceDownError for a URL that names no database we know.
    """
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise ServiceDownError(
            "[store] url is not a database URL; write sqlite:///aggregator.db or postgresql+psycopg://…"
        ) from error
    kind = parsed.get_backend_name()
    if kind == "sqlite":
        if not parsed.database or parsed.database == ":memory:":
            raise ServiceDownError("[store] url must name a file: sqlite:///aggregator.db")
        return parsed.set(drivername="sqlite", database=str((state / parsed.database).absolute()))
    if kind == "postgresql":
        return parsed.set(drivername="postgresql+psycopg")
    raise ServiceDownError(
        f"[store] url: {kind} is not supported; write sqlite:///aggregator.db or postgresql+psycopg://…"
    )


def connect(url: URL) -> Engine:
    """Return an engine whose connections are set up; nothing is dialled yet.

    Raises ServiceDownError where the driver of the database is not installed.
    """
    try:
        if url.get_backend_name() == "sqlite":
            engine = sa.create_engine(url, connect_args={"timeout": BUSY_SECONDS})
        else:
            engine = sa.create_engine(url, pool_pre_ping=True, connect_args={"connect_timeout": 10})
    except (NoSuchModuleError, ModuleNotFoundError) as error:
        raise ServiceDownError("PostgreSQL needs its driver: pip install 'aggregator[postgres]'") from error
    if url.get_backend_name() == "sqlite":
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _set_up_sqlite(connection: Any, _record: object) -> None:
    # The driver's own transaction handling begins too late (at the first write): we say BEGIN ourselves.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA synchronous=NORMAL")  # safe with WAL: a crash loses no committed transaction order
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    is_write = connection.get_execution_options().get("is_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if is_write else "BEGIN")


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Give a connection inside one read transaction, rolled back at the end."""
    with _explained(engine), engine.connect() as connection, connection.begin() as transaction:
        yield connection
        transaction.rollback()


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Give a connection inside one write transaction, committed unless an exception leaves it."""
    with (
        _explained(engine),
        engine.connect().execution_options(is_write=True) as connection,
        connection.begin(),
    ):
        yield connection


@contextmanager
def _explained(engine: Engine) -> Iterator[None]:
    try:
        yield
    except (OperationalError, InterfaceError) as error:
        raise ServiceDownError(f"{describe(engine.url)}: {_first_line(error)}") from error


def describe(url: URL) -> str:
    """Name the database without its password."""
    return url.render_as_string(hide_password=True)


def _first_line(error: DBAPIError) -> str:
    return str(error.orig).strip().partition("\n")[0]
