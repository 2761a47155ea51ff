"""Addresses of sources of any length: nothing looked them up by their index, which PostgreSQL bounds"""

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.drop_index(op.f("ix_sources_canonical_url"), table_name="sources")
