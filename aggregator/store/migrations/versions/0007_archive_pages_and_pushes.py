"""The archive pages of published feeds; what is to be sent to hubs and webhooks"""

import sqlalchemy as sa
from alembic import op

from aggregator.store.schema import Instant, RowId

revision = "0007"
down_revision = "0006"

_ENTRIES = 200  # of a page


def upgrade() -> None:
    op.create_table(
        "archive_pages",
        sa.Column("topic_id", sa.String(100), nullable=False),
        sa.Column("page", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("changes", sa.Integer(), server_default="0", nullable=False),
        sa.Column("written", sa.String(100), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("topic_id", "page", name=op.f("pk_archive_pages")),
    )
    op.create_table(
        "pushes",
        sa.Column("id", RowId, nullable=False),
        sa.Column("topic_id", sa.String(100), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("uid", sa.String(16), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("due_at", Instant(), nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pushes")),
    )
    op.create_index(op.f("ix_pushes_due_at"), "pushes", ["due_at"])
    op.add_column("topics", sa.Column("told_seq", sa.Integer(), nullable=True))
    connection = op.get_bind()
    insert = sa.text("INSERT INTO archive_pages (topic_id, page) VALUES (:topic_id, :page)")
    for topic in connection.execute(sa.text("SELECT id, next_seq FROM topics")).all():
        full = [{"topic_id": topic.id, "page": page} for page in range(topic.next_seq // _ENTRIES)]
        if full:
            connection.execute(insert, full)
