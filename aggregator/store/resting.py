"""Hosts that are left alone for a while, kept so that a restart does not forget them.

One value in `meta`: they are few, and gone within days. Why a host rests is decided elsewhere.
"""

import json
from datetime import datetime

from sqlalchemy import Connection, insert, update

from aggregator.store import meta, schema

_KEY = "resting_hosts"
_MAX_HOSTS = 1000


def note(connection: Connection, host: str, until: datetime, now: datetime) -> None:
    """Note until when a host is left alone; those that have rested are forgotten."""
    resting = {**hosts(connection, now), host: until}
    kept = sorted(resting.items(), key=lambda each: each[1])[-_MAX_HOSTS:]
    value = json.dumps({name: end.isoformat() for name, end in kept})
    mine = schema.meta.c.key == _KEY
    if not connection.execute(update(schema.meta).where(mine).values(value=value)).rowcount:
        connection.execute(insert(schema.meta).values(key=_KEY, value=value))


def hosts(connection: Connection, now: datetime) -> dict[str, datetime]:
    """Return the hosts that are left alone, and until when."""
    stored = json.loads(meta.get(connection, _KEY) or "{}")
    ends = {name: datetime.fromisoformat(end) for name, end in stored.items()}
    return {name: end for name, end in ends.items() if end > now}
