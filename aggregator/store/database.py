"""Opening a database for use: found or created, migrated, and named."""

import os
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine

from aggregator.errors import OutputError, ServiceDownError
from aggregator.logs import get_logger
from aggregator.store import meta
from aggregator.store.engine import connect, describe, resolve, writing
from aggregator.store.migrate import HEAD, check, migrate

log = get_logger("store")


def open_for_writing(url: str, state: Path) -> Engine:
    """Return an engine for the database of a daemon; nothing is created or changed yet but its folder.

    Raises ServiceDownError or OutputError.
    """
    resolved = resolve(url, state)
    if resolved.get_backend_name() == "sqlite" and resolved.database:
        path = Path(resolved.database)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(
                f"cannot create {path.parent}: {error.strerror}; choose another --state"
            ) from error
        # Addresses with their credentials stand in it: it is its owner's, and what is made beside it, too.
        # Whoever wants it otherwise changes the mode of the file; it is left as it is then.
        with suppress(OSError):  # what cannot be made here is explained when it is opened
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600))
    return connect(resolved)


def prepare(engine: Engine, *, host: str, token: str, now: datetime) -> None:
    """Bring the database to this version's schema; a new one gets its name.

    `host` and `token` name the authority of permanent ids and are used only the first time. Raises
    ServiceDownError.
    """
    done = migrate(engine)
    if done.kept is not None:
        log.info("schema upgraded", schema=HEAD, kept=str(done.kept))
    with writing(engine) as connection:
        meta.set_once(connection, "tag_prefix", meta.make_tag_prefix(host, token, now))


def open_existing(url: str, state: Path) -> Engine:
    """Open a database that a daemon made, for reading.

    Raises ServiceDownError if there is none yet or it does not answer.
    """
    resolved = resolve(url, state)
    is_file = resolved.get_backend_name() == "sqlite"
    if is_file and not Path(resolved.database or "").exists():
        raise ServiceDownError(
            f"no database at {describe(resolved)} yet: start the daemon first (aggregator run)"
        )
    engine = connect(resolved)
    check(engine)
    return engine
