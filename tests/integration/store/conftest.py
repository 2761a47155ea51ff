"""A migrated database of either kind, and items to put into it."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from aggregator.store import Engine, database


@pytest.fixture
def engine(database_url: str, tmp_path: Path, now: datetime) -> Iterator[Engine]:
    """Return an engine on a prepared database, disposed of afterwards."""
    engine = database.open_for_writing(database_url, tmp_path)
    database.prepare(engine, host="127.0.0.1", token="abc123", now=now)
    yield engine
    engine.dispose()
