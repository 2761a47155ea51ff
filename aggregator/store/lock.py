"""One daemon a database: a lock that dies with its holder, and the holder's name for the others.

SQLite: an advisory lock on a file beside the database. PostgreSQL: a session-level advisory lock on
a connection kept for it. Both are gone the moment the process is, however it ends.
"""

import fcntl
import os
from abc import ABC, abstractmethod
from pathlib import Path

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from aggregator.errors import BusyError, OutputError
from aggregator.store.engine import describe, explained, reading

_KEY = 0x61676772  # "aggr"
_HOLDER = """
    SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objid = :key AND granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


class Hold(ABC):
    """The right to run on a database, until released."""

    def keep(self) -> None:  # noqa: B027 - most locks need no looking after
        """Make sure that the right is still ours.

        Raises BusyError if another process has taken it meanwhile, ServiceDownError if the database
        does not answer.
        """

    @abstractmethod
    def release(self) -> None:
        """Let another process have the database."""


def hold(engine: Engine) -> Hold:
    """Take the database for this process.

    Raises BusyError, naming the holder, if another process runs on it; OutputError if the lock file
    cannot be made.
    """
    if engine.dialect.name == "sqlite":
        return _hold_file(Path(f"{engine.url.database}.lock"))
    return _hold_session(engine)


def holder(engine: Engine) -> str:
    """Name the process that runs on a database, "" if none does; nothing is taken from anybody."""
    if engine.dialect.name != "sqlite":
        with reading(engine) as connection:
            pid = connection.scalar(text(_HOLDER), {"key": _KEY})
        return f"the session with server process {pid}" if pid else ""
    try:
        descriptor = os.open(f"{engine.url.database}.lock", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return ""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return f"process {os.read(descriptor, 32).decode('ascii', 'replace').strip() or 'unknown'}"
    else:
        return ""
    finally:
        os.close(descriptor)


def _hold_file(path: Path) -> Hold:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise OutputError(
            f"cannot write {path}: {error.strerror}; check the folder's owner and rights"
        ) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = os.read(descriptor, 32).decode("ascii", "replace").strip() or "unknown"
        os.close(descriptor)
        raise BusyError(_busy(f"process {holder}", str(path.with_suffix("")))) from error
    os.ftruncate(descriptor, 0)
    os.write(descriptor, f"{os.getpid()}\n".encode())
    return _FileHold(descriptor)


class _FileHold(Hold):
    """A lock that the system keeps for as long as the file is open."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def release(self) -> None:
        # The file stays: removing it would let two processes lock two files of one name.
        os.close(self._descriptor)


def _hold_session(engine: Engine) -> Hold:
    return _SessionHold(engine)


class _SessionHold(Hold):
    """A lock that lives as long as one connection: it has to be looked after."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Connection | None = self._take()

    def keep(self) -> None:
        with explained(self._engine):
            if self._connection is not None:
                try:
                    self._connection.execute(text("SELECT 1"))
                except DBAPIError:
                    # The server was restarted, or the way to it cut: the lock went with the session.
                    self._drop()
            self._connection = self._connection or self._take()

    def release(self) -> None:
        if self._connection is None:
            return
        try:
            self._connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _KEY})
            self._connection.close()
        except DBAPIError:
            self._drop()  # the server is gone, and the lock with it

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.invalidate()
            connection.close()

    def _take(self) -> Connection:
        with explained(self._engine):
            connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            if not connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": _KEY}):
                pid = connection.scalar(text(_HOLDER), {"key": _KEY})
                connection.close()
                raise BusyError(_busy(f"the session with server process {pid}", describe(self._engine.url)))
            return connection


def _busy(holder: str, name: str) -> str:
    return f"a daemon is running on {name} ({holder}); stop it first, or use another --state"
