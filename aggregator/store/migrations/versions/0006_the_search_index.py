"""The search index, filled from the stored texts; how far an edited topic has come in the archive"""

import sqlalchemy as sa
from alembic import op

from aggregator.logs import get_logger
from aggregator.store import search
from aggregator.store.schema import Instant
from aggregator.text.indexing import index_keys
from aggregator.text.tokens import tokenise

revision = "0006"
down_revision = "0005"

log = get_logger("store")

_BATCH = 500
_INDEXED = 200_000  # characters of a text


def upgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name == "sqlite":
        # Keys only, without places: what is found is evaluated anyway, and the index is half the size.
        op.execute(
            "CREATE VIRTUAL TABLE search_index USING fts5"
            "(keys, detail=none, columnsize=0, tokenize=\"ascii tokenchars '._,-'\")"
        )
    else:
        op.execute(
            "CREATE TABLE search_index"
            " (item_id bigint PRIMARY KEY REFERENCES items (id), keys tsvector NOT NULL)"
        )
        op.execute("CREATE INDEX ix_search_index_keys ON search_index USING gin (keys)")
    _fill(connection)
    op.add_column("topics", sa.Column("review", sa.JSON(), nullable=True))
    op.add_column("publications", sa.Column("unmatched_at", Instant(), nullable=True))


def _fill(connection: sa.Connection) -> None:
    """Index every decided item that has its text still, some hundreds at a time."""
    statement = sa.text(
        "SELECT i.id, CASE WHEN i.title = '' THEN coalesce(a.title, '') ELSE i.title END AS title, a.text"
        " FROM items i JOIN articles a ON a.item_id = i.id"
        " WHERE i.id > :last AND (i.stage = 'done' OR i.root_id IS NOT NULL) ORDER BY i.id LIMIT :batch"
    )
    if count := connection.scalar(sa.text("SELECT count(*) FROM articles")):
        log.info("indexing what is stored, about a minute for 50,000 texts", texts=count)
    last = 0
    while rows := connection.execute(statement, {"last": last, "batch": _BATCH}).all():
        indexed = [(row.id, index_keys(tokenise(row.title), tokenise(row.text[:_INDEXED]))) for row in rows]
        search.put(connection, indexed)
        last = rows[-1].id
