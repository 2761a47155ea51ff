"""Facts about the database as a whole: its name, kept for life, and what the daemon says of itself."""

from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from aggregator.store import schema


def get(connection: Connection, key: str) -> str | None:
    """Return the fact of that name."""
    return connection.scalar(select(schema.meta.c.value).where(schema.meta.c.key == key))


def set_once(connection: Connection, key: str, value: str) -> str:
    """Return the fact of that name, laying it down first if it is not there yet."""
    known = get(connection, key)
    if known is not None:
        return known
    connection.execute(insert(schema.meta).values(key=key, value=value))
    return value


def put(connection: Connection, key: str, value: str) -> None:
    """Lay down a fact that may change."""
    is_known = connection.execute(
        update(schema.meta).where(schema.meta.c.key == key).values(value=value)
    ).rowcount
    if not is_known:
        connection.execute(insert(schema.meta).values(key=key, value=value))


def tag_prefix(connection: Connection) -> str:
    """Return what every permanent id starts with: `tag:authority,date:` (RFC 4151).

    Raises RuntimeError on a database whose creation was never finished.
    """
    prefix = get(connection, "tag_prefix")
    if prefix is None:
        raise RuntimeError("the database has no tag prefix")
    return prefix


def make_tag_prefix(host: str, token: str, created_at: datetime) -> str:
    """Name an authority for the ids of a new database: the public host if it has one, else a random name.

    The name only has to be nobody else's on that day; `.invalid` promises that nobody looks it up
    (RFC 2606).
    """
    is_public = "." in host and not host.replace(".", "").isdigit() and ":" not in host
    authority = host.lower() if is_public else f"aggregator-{token}.invalid"
    return f"tag:{authority},{created_at:%Y-%m-%d}:"
