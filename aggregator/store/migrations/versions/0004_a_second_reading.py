"""A second reading: which pages are asked for once more, and what became of the texts"""

import sqlalchemy as sa
from alembic import op

from aggregator.store.schema import Instant

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("items", sa.Column("is_changed", sa.Boolean(), server_default=sa.false(), nullable=False))
    for column in (
        sa.Column("previous_at", Instant(), nullable=True),
        sa.Column("changed_at", Instant(), nullable=True),
        sa.Column("change_note", sa.Text(), nullable=True),
        sa.Column("reread_at", Instant(), nullable=True),
        sa.Column("reread_note", sa.Text(), nullable=True),
    ):
        op.add_column("articles", column)
    op.create_table(
        "rereads",
        sa.Column(
            "item_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("host", sa.String(length=260), nullable=False),
        sa.Column("is_full", sa.Boolean(), nullable=False),
        sa.Column("published_at", Instant(), nullable=False),
        sa.Column("due_at", Instant(), nullable=False),
        sa.Column("lease_until", Instant(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("etag", sa.Text(), nullable=True),
        sa.Column("last_modified", sa.Text(), nullable=True),
        sa.Column("validators_url", sa.Text(), nullable=True),
        sa.Column("body_digest", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name=op.f("fk_rereads_item_id")),
        sa.PrimaryKeyConstraint("item_id", name=op.f("pk_rereads")),
    )
    op.create_index(op.f("ix_rereads_due_at"), "rereads", ["due_at"])
    # The queue in the order in which it is claimed.
    unfinished = sa.text("stage <> 'done'")
    op.drop_index("ix_items_queue", "items")
    op.create_index(
        "ix_items_queue",
        "items",
        ["stage", "published_at", "due_at", "lease_until", "host", "source_id"],
        sqlite_where=unfinished,
        postgresql_where=unfinished,
    )
