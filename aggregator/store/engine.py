"""Opens the database: SQLite or PostgreSQL by URL, with the settings each needs.

Transactions are explicit: `reading()` sees one snapshot, `writing()` takes the write lock at once
(BEGIN IMMEDIATE), so that two writers wait for each other instead of failing half-way.
"""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DatabaseError,
    DBAPIError,
    InterfaceError,
    InternalError,
    NoSuchModuleError,
    OperationalError,
)

from aggregator.errors import ServiceDownError

# A server that has gone silent must not hold us for the hours that TCP would.
_POSTGRES = {
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,  # milliseconds
    "options": "-c statement_timeout=60000 -c lock_timeout=30000",
}
BUSY_SECONDS = 60  # how long a write waits for another process before it gives up


_TROUBLE = (OperationalError, InterfaceError, InternalError)


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
            engine = sa.create_engine(
                url, connect_args={"timeout": BUSY_SECONDS}, json_deserializer=_read_json
            )
        else:
            engine = sa.create_engine(url, pool_pre_ping=True, connect_args=_POSTGRES)
    except (NoSuchModuleError, ModuleNotFoundError) as error:
        raise ServiceDownError("PostgreSQL needs its driver: pip install 'aggregator[postgres]'") from error
    if url.get_backend_name() == "sqlite":
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _read_json(text: str) -> Any:
    """Read what stands in a column; most are empty, which needs no parser."""
    if text == "[]":
        return []
    return {} if text == "{}" else json.loads(text)


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
    options = {} if engine.dialect.name == "sqlite" else {"isolation_level": "REPEATABLE READ"}
    with (
        explained(engine),
        engine.connect().execution_options(**options) as connection,
        connection.begin() as transaction,
    ):
        yield connection
        transaction.rollback()


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Give a connection inside one write transaction, committed unless an exception leaves it."""
    with (
        explained(engine),
        engine.connect().execution_options(is_write=True) as connection,
        connection.begin(),
    ):
        yield connection


@contextmanager
def explained(engine: Engine) -> Iterator[None]:
    """Turn what a database says when it cannot work into a ServiceDownError that names it."""
    try:
        yield
    except DBAPIError as error:
        if not is_trouble(error):
            raise
        raise down(engine, error) from error


def is_trouble(error: DBAPIError) -> bool:
    """Tell whether the database cannot work (gone, locked, full, damaged), or we asked it nonsense."""
    # A bare DatabaseError is what SQLite says of a file that is damaged or no database at all.
    return isinstance(error, _TROUBLE) or type(error) is DatabaseError


def down(engine: Engine, error: DBAPIError) -> ServiceDownError:
    """Make a message of what a database said: gone, locked, read-only, full."""
    return ServiceDownError(f"{describe(engine.url)}: {told(error)}")


def told(error: DBAPIError) -> str:
    """Say in a line what a database said, and what to do where it is damaged."""
    said = _first_line(error)
    # SQLite's own word for a file that is damaged, or no database at all.
    is_damaged = type(error.orig) is sqlite3.DatabaseError
    return f"{said}; put a copy in its place: aggregator db restore FILE" if is_damaged else said


def describe(url: URL) -> str:
    """Name the database without its password."""
    return url.render_as_string(hide_password=True)


def _first_line(error: DBAPIError) -> str:
    return str(error.orig).strip().partition("\n")[0]
