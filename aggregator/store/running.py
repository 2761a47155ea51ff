"""What the daemon says of itself to those who ask the database: a record, replaced as a whole."""

import json
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from aggregator.model import Configured
from aggregator.store import meta

_KEY = "configured"
_MOST = 100  # mistakes that are kept


def say(connection: Connection, configured: Configured) -> None:
    """Say which configuration is live."""
    refused_at = configured.refused_at
    record = {
        "loaded_at": configured.loaded_at.isoformat(),
        "refused_at": refused_at.isoformat() if refused_at else None,
        "problems": configured.problems[:_MOST],
        "at_next_start": configured.at_next_start,
    }
    meta.put(connection, _KEY, json.dumps(record, ensure_ascii=False))


def configured(connection: Connection) -> Configured | None:
    """Return which configuration the daemon last said to be live; None if none has run yet."""
    text = meta.get(connection, _KEY)
    if text is None:
        return None
    record: dict[str, Any] = json.loads(text)
    refused_at = record["refused_at"]
    return Configured(
        datetime.fromisoformat(record["loaded_at"]),
        datetime.fromisoformat(refused_at) if refused_at else None,
        tuple(record["problems"]),
        tuple(record["at_next_start"]),
    )
