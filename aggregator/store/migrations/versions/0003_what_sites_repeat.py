"""What sites repeat: prints of the blocks of their latest pages"""

import sqlalchemy as sa
from alembic import op

from aggregator.store.schema import Instant

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "habits",
        sa.Column("site", sa.String(length=260), nullable=False),
        sa.Column("page", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seen_at", Instant(), nullable=False),
        sa.Column("prints", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("site", "page", name=op.f("pk_habits")),
    )
    op.create_index(op.f("ix_habits_seen_at"), "habits", ["seen_at"])
