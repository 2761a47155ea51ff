"""What polls learn: where a source has moved, when validators are of, its rhythm, its holes"""

import sqlalchemy as sa
from alembic import op

from aggregator.store.schema import Instant

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    for column in (
        sa.Column("moved_url", sa.Text(), nullable=True),
        sa.Column("moving_url", sa.Text(), nullable=True),
        sa.Column("moving_polls", sa.Integer(), server_default="0", nullable=False),
        sa.Column("moving_since", Instant(), nullable=True),
        sa.Column("validators_url", sa.Text(), nullable=True),
        sa.Column("validated_at", Instant(), nullable=True),
        sa.Column("children", sa.JSON(), server_default="[]", nullable=False),
        sa.Column("rhythm", sa.JSON(), server_default="[]", nullable=False),
        sa.Column("rhythm_weeks", sa.Float(), server_default="0", nullable=False),
        sa.Column("rhythm_until", Instant(), nullable=True),
        sa.Column("rhythm_overlap", sa.Float(), nullable=True),
        sa.Column("holes", sa.Integer(), server_default="0", nullable=False),
        sa.Column("hole_at", Instant(), nullable=True),
    ):
        op.add_column("sources", column)
