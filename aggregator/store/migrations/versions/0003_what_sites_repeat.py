"""What sites repeat: prints of the blocks of their latest pages"""

import sqlalchemy as sa
from alembic import op

from aggregator.store.schema import Instant

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "prints",
        sa.Column("site", sa.String(length=260), nullable=False),
        sa.Column("page", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seen_at", Instant(), nullable=False),
        sa.Column("prints", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("site", "page", name=op.f("pk_prints")),
    )
    op.create_index(op.f("ix_prints_seen_at"), "prints", ["seen_at"])
