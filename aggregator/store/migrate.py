"""Brings a database to the schema of this version, or refuses it clearly.

Alembic on SQLite is not transactional by default, and a table rebuilt with foreign keys on empties
its children: so foreign keys are off, everything is one explicit transaction, and keys are checked
before the commit. A SQLite database is kept beside as it was before; of PostgreSQL its owner keeps dumps.
"""

import os
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.exc import DatabaseError, OperationalError

from aggregator.errors import ServiceDownError
from aggregator.store.engine import describe, down, reading

if TYPE_CHECKING:
    from alembic.config import Config

HEAD = "0009"  # the newest migration; known without loading alembic, which most starts do not need
_LOCK_KEY = 0x61676D67  # "agmg": one migration at a time on PostgreSQL


@dataclass(frozen=True, slots=True)
class Upgrade:
    """What became of a schema."""

    is_changed: bool
    kept: Path | None = None  # a SQLite database as it was before


def settings() -> "Config":
    """Return alembic's settings: the migrations shipped with this version."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    return config


def migrate(engine: Engine) -> Upgrade:
    """Bring the database to the newest schema and say what was done.

    Raises ServiceDownError if it does not answer, is damaged, or was written by a newer version.
    """
    try:
        with engine.connect() as connection:
            if engine.dialect.name == "sqlite":
                return _migrate_sqlite(connection)
            with connection.begin():
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK_KEY})
                return Upgrade(_upgrade(connection))
    except (OperationalError, DatabaseError) as error:
        raise down(engine, error) from error


def tidy(engine: Engine) -> None:
    """Let SQLite fold its log into the file and renew what its planner knows; PostgreSQL does so itself."""
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA optimize")
            connection.rollback()  # a checkpoint needs to stand outside of any transaction
            raw = connection.connection.dbapi_connection
            if raw is not None:
                raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def revision(engine: Engine) -> str | None:
    """Return the schema that a database has; None for an empty one."""
    with reading(engine) as connection:
        return _revision(connection)


def check(engine: Engine) -> None:
    """Make sure that a database has this version's schema, without changing it.

    Raises ServiceDownError, saying what to do.
    """
    name = describe(engine.url)
    current = revision(engine)
    if current is None:
        raise ServiceDownError(f"{name} holds nothing yet: start the daemon first (aggregator run)")
    if current > HEAD:
        raise _newer(name, current)
    if current != HEAD:
        raise ServiceDownError(
            f"{name} belongs to another version of aggregator (schema {current}); "
            "start this version's daemon to bring it up to date (aggregator run)"
        )


def _migrate_sqlite(connection: Connection) -> Upgrade:
    raw = connection.connection.dbapi_connection
    if raw is None:
        raise AssertionError("a connected engine has a connection")
    cursor = raw.cursor()
    # WAL is a property of the file: set once; both pragmas are ignored inside a transaction.
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA foreign_keys=OFF")
    try:
        with connection.begin():
            current = _revision(connection)
            is_old = current not in (None, HEAD) and _is_ours(connection, current)
        kept = _keep_copy(Path(connection.engine.url.database or ""), cursor) if is_old else None
        connection = connection.execution_options(is_write=True)
        with connection.begin():
            is_changed = _upgrade(connection)
            broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
            if broken is not None:
                raise ServiceDownError(f"migration left dangling rows in {broken[0]}; nothing was changed")
    finally:
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()
    return Upgrade(is_changed, kept)


def _upgrade(connection: Connection) -> bool:
    current = _revision(connection)
    if current == HEAD:
        return False
    from alembic import command

    _is_ours(connection, current)
    config = settings()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    return True


def _is_ours(connection: Connection, current: str | None) -> bool:
    """Make sure that we know how to bring this schema up to date. Raises ServiceDownError if not."""
    from alembic.script import ScriptDirectory

    known = {script.revision for script in ScriptDirectory.from_config(settings()).walk_revisions()}
    if current is not None and current not in known:
        raise _newer(describe(connection.engine.url), current)
    return True


def _newer(name: str, current: str) -> ServiceDownError:
    return ServiceDownError(
        f"{name} was written by a newer version of aggregator "
        f"(schema {current}); install that version again. Nothing was changed"
    )


def _keep_copy(database: Path, cursor: Any) -> Path:
    """Keep the database as it is, beside it, before its schema changes; without that nothing begins."""
    copy = database.with_name(f"{database.name}.before-{HEAD}")
    part = copy.with_name(f"{copy.name}.part")
    try:
        part.unlink(missing_ok=True)  # of a try that was cut short
        os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600))
        cursor.execute("VACUUM INTO ?", (str(part),))
        part.replace(copy)
    except (OSError, sqlite3.Error) as error:
        raise ServiceDownError(
            f"{database} needs this version's schema, and no copy of it can be kept before that "
            f"at {copy}: {error}. Make room there; nothing was changed"
        ) from error
    return copy


def _revision(connection: Connection) -> str | None:
    """Return the schema that a database has, as alembic writes it down; None for an empty database."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return revision
