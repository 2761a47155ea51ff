"""Stories: which items are alike, what each first report says, and what it is looked up by"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    for name in ("copy_level", "copy_share", "copy_note"):
        op.drop_column("items", name)
    op.create_table(
        "likenesses",
        sa.Column("item_id", number, sa.ForeignKey("items.id"), primary_key=True, autoincrement=False),
        sa.Column("other_id", number, sa.ForeignKey("items.id"), primary_key=True, autoincrement=False),
        sa.Column("level", sa.String(16), nullable=False),
        sa.Column("share", sa.Float(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
    )
    op.create_index(op.f("ix_likenesses_other_id"), "likenesses", ["other_id"])
    op.create_table(
        "reports",
        sa.Column("item_id", number, sa.ForeignKey("items.id"), primary_key=True, autoincrement=False),
        sa.Column("traits", sa.JSON(), nullable=False),
        sa.Column("like_id", number, sa.ForeignKey("items.id")),
        sa.Column("score", sa.Float()),
        sa.Column("note", sa.Text()),
    )
    op.create_table(
        "clues",
        sa.Column("clue", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("item_id", number, sa.ForeignKey("items.id"), primary_key=True, autoincrement=False),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_clues_item_id"), "clues", ["item_id"])
    op.add_column("stories", sa.Column("merged_into_id", number))
