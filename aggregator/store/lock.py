"""One daemon a database: a lock that dies with its holder, and the holder's name for the others.

SQLite: an advisory lock on a file beside the database. PostgreSQL: a session-level advisory lock on
a connection kept for it. Both are gone the moment the process is, however it ends.
"""

import fcntl
import os
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from aggregator.errors import BusyError, OutputError
from aggregator.store.engine import describe

_KEY = 0x61676772  # "aggr"
_HOLDER = """
    SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objid = :key AND granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


class Hold:
    """The right to run on a database, until released."""

    def __init__(self, release: Callable[[], None]) -> None:
        self._release = release

    def release(self) -> None:
        """Let another process have the database."""
        self._release()


def hold(engine: Engine) -> Hold:
    """Take the database for this process.

    Raises BusyError, naming the holder, if another process runs on it; OutputError if the lock file
    cannot be made.
    """
    if engine.dialect.name == "sqlite":
        return _hold_file(Path(f"{engine.url.database}.lock"))
    return _hold_session(engine)


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
    # The file stays when the lock goes: removing it would let two processes lock two files of one name.
    return Hold(lambda: os.close(descriptor))


def _hold_session(engine: Engine) -> Hold:
    connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    if not connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": _KEY}):
        pid = connection.scalar(text(_HOLDER), {"key": _KEY})
        connection.close()
        raise BusyError(_busy(f"the session with server process {pid}", describe(engine.url)))

    def release() -> None:
        _unlock(connection)

    return Hold(release)


def _unlock(connection: Connection) -> None:
    try:
        connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _KEY})
    except DBAPIError:
        connection.invalidate()  # the server is gone, and the lock with it
    connection.close()


def _busy(holder: str, name: str) -> str:
    return f"a daemon is running on {name} ({holder}); stop it first, or use another --state"
