"""The tables, and the one column type that keeps instants aware and in UTC.

Says what is stored, never how it is asked for. Any change here needs a migration: a test compares
both. The search index is no table here, since each database has its own (`store/search.py`).
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    false,
    text,
)


class Instant(TypeDecorator[datetime]):
    """An aware instant, stored in UTC; SQLite keeps it as sortable text without a zone.

    Read and written without the steps between that SQLAlchemy takes: a claim reads ten of them a source.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], Any]:
        """Refuse naive times; write text where the database has no type for instants."""
        return _written if dialect.name == "sqlite" else _in_utc

    def result_processor(self, dialect: Dialect, _coltype: object) -> Callable[[Any], datetime | None]:
        """Give back aware UTC."""
        return _read if dialect.name == "sqlite" else _in_utc


def _in_utc(value: datetime | None) -> datetime | None:
    if value is None:
        return None
    if value.tzinfo is None:
        raise ValueError(f"naive time {value!r}: instants are aware")
    return value if value.tzinfo is UTC else value.astimezone(UTC)


def _written(value: datetime | None) -> str | None:
    instant = _in_utc(value)
    return None if instant is None else instant.isoformat(" ", "microseconds")[: -len(_ZONE)]


def _read(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text + _ZONE)


_ZONE = "+00:00"


# SQLite only numbers rows by itself where the key is spelt INTEGER.
RowId = BigInteger().with_variant(Integer, "sqlite")

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

meta = Table(
    "meta",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("value", Text, nullable=False),
)

sources = Table(
    "sources",
    metadata,
    Column("id", String(200), primary_key=True),
    Column("url", Text, nullable=False),
    Column("canonical_url", Text, nullable=False),
    Column("host", String(260), nullable=False),  # registrable domain: whose turn the poll needs
    Column("is_enabled", Boolean, nullable=False),  # false: removed from the config, or paused there
    Column("feed_url", Text),
    Column("moved_url", Text),
    Column("moving_url", Text),
    Column("moving_polls", Integer, nullable=False, server_default="0"),
    Column("moving_since", Instant),
    Column("title", Text),
    Column("site_url", Text),
    Column("config_digest", String(64), nullable=False),
    Column("etag", Text),
    Column("last_modified", Text),
    Column("validators_url", Text),
    Column("validated_at", Instant),
    Column("body_digest", String(64), nullable=False),
    Column("children", JSON, nullable=False, server_default="[]"),  # sitemaps of an index, with validators
    Column("next_poll_at", Instant, nullable=False),
    Column("lease_until", Instant),
    Column("reason", Text, nullable=False),
    Column("interval_seconds", Float),
    Column("arrivals", JSON, nullable=False),  # epoch seconds, newest first
    Column("rhythm", JSON, nullable=False, server_default="[]"),  # arrivals in each hour of the week
    Column("rhythm_weeks", Float, nullable=False, server_default="0"),
    Column("rhythm_until", Instant),
    Column("rhythm_overlap", Float),
    Column("holes", Integer, nullable=False, server_default="0"),
    Column("hole_at", Instant),
    Column("wishes", JSON, nullable=False),  # hints, skip_hours, skip_days of the document
    Column("empty_polls", Integer, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("polls", Integer, nullable=False),
    Column("polls_not_modified", Integer, nullable=False),
    Column("first_polled_at", Instant),
    Column("last_success_at", Instant),
    Column("last_error", Text),
    Column("last_error_kind", String(32)),
    Column("last_error_at", Instant),
    Column("note", Text),
    Column("is_retired", Boolean, nullable=False),
    Index(None, "is_enabled", "next_poll_at"),
)

stories = Table(
    "stories",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("uid", String(16), nullable=False, unique=True),
    Column("opened_at", Instant, nullable=False),
    Column("merged_into_id", RowId),  # the older story that carries on
)

items = Table(
    "items",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("uid", String(16), nullable=False, unique=True),
    Column("source_id", String(200), ForeignKey("sources.id"), nullable=False),
    Column("identity", String(300), nullable=False),
    Column("raw_id", Text),
    Column("url", Text),
    Column("canonical_url", Text, nullable=False),
    Column("host", String(260), nullable=False),  # registrable domain of the link
    Column("title", Text, nullable=False),
    Column("entry", JSON, nullable=False),  # the rest of the entry as the publisher gave it
    Column("content_digest", String(64), nullable=False),
    Column("published_at", Instant, nullable=False),
    Column("published_from", String(16), nullable=False),
    Column("first_seen_at", Instant, nullable=False),
    Column("updated_at", Instant),
    Column("stage", String(16), nullable=False),
    Column("tries", Integer, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("lease_until", Instant),
    Column("is_backlog", Boolean, nullable=False),
    Column("is_provisional", Boolean, nullable=False),
    # Its text became another one since it was decided: its family is looked at again, too.
    Column("is_changed", Boolean, nullable=False, server_default=false()),
    Column("root_id", RowId, ForeignKey("items.id")),
    Column("story_id", RowId, ForeignKey("stories.id")),
    UniqueConstraint("source_id", "identity"),
    # The queue is short, the archive long: only unfinished items are in this index, in the order in which
    # they are claimed and with all that a claim asks, so that it need not read thousands of entries.
    # SQLite uses it only where a query says the same words (`items.UNFINISHED`).
    Index(
        "ix_items_queue",
        "stage",
        "published_at",
        "due_at",
        "lease_until",
        "host",
        "source_id",
        sqlite_where=text("stage <> 'done'"),
        postgresql_where=text("stage <> 'done'"),
    ),
    # An address has no bound on its length, an index entry of PostgreSQL has (2.7 kB): hash index there.
    Index("ix_items_canonical_url", "canonical_url", postgresql_using="hash"),
    Index(None, "first_seen_at"),
    Index(None, "root_id"),
    Index(None, "story_id"),
)

articles = Table(
    "articles",
    metadata,
    Column("item_id", RowId, ForeignKey("items.id"), primary_key=True),
    Column("html", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("lang", String(8)),
    Column("digest", String(64), nullable=False),
    Column("quality", String(16), nullable=False),
    Column("evidence", JSON, nullable=False),
    Column("is_from_page", Boolean, nullable=False),
    Column("title", Text),
    Column("authors", JSON, nullable=False),
    Column("site_name", Text),
    Column("image_url", Text),
    Column("canonical_url", Text),
    Column("canonical_key", Text, nullable=False),  # canonical URL for identity
    Column("extracted_at", Instant, nullable=False),
    Column("previous_text", Text),  # what stood there before, bounded
    Column("previous_at", Instant),  # when that was read
    Column("changed_at", Instant),  # the last substantial change
    Column("change_note", Text),
    Column("reread_at", Instant),  # when its page was asked for a second time, and what came of it
    Column("reread_note", Text),
    Index(None, "digest"),
    Index("ix_articles_canonical_key", "canonical_key", postgresql_using="hash"),
)

# Pages that are asked for once more, some time after they were read; a row is gone once that is done.
rereads = Table(
    "rereads",
    metadata,
    Column("item_id", RowId, ForeignKey("items.id"), primary_key=True, autoincrement=False),
    Column("host", String(260), nullable=False),
    Column("is_full", Boolean, nullable=False),  # what fell short of that is asked for first
    Column("published_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("lease_until", Instant),
    Column("tries", Integer, nullable=False),
    Column("etag", Text),
    Column("last_modified", Text),
    Column("validators_url", Text),
    Column("body_digest", String(64), nullable=False),  # "" where there was no body, or more than one
    Index(None, "due_at"),
)

prints = Table(
    "prints",
    metadata,
    Column("site", String(260), primary_key=True),
    Column("page", BigInteger, primary_key=True, autoincrement=False),  # hash of its canonical address
    Column("seen_at", Instant, nullable=False, index=True),
    Column("prints", LargeBinary, nullable=False),  # 64-bit numbers, little-endian
)

bands = Table(
    "bands",
    metadata,
    Column("band", BigInteger, primary_key=True, autoincrement=False),
    Column("item_id", RowId, ForeignKey("items.id"), primary_key=True, autoincrement=False),
    Index(None, "item_id"),
    sqlite_with_rowid=False,
)

likenesses = Table(  # pairs of copies, each by itself; the item that was decided later first
    "likenesses",
    metadata,
    Column("item_id", RowId, ForeignKey("items.id"), primary_key=True, autoincrement=False),
    Column("other_id", RowId, ForeignKey("items.id"), primary_key=True, autoincrement=False),
    Column("level", String(16), nullable=False),
    Column("share", Float, nullable=False),
    Column("note", Text, nullable=False),
    Index(None, "other_id"),
)

reports = Table(  # what the first item of a family says of its event
    "reports",
    metadata,
    Column("item_id", RowId, ForeignKey("items.id"), primary_key=True, autoincrement=False),
    Column("traits", JSON, nullable=False),
    Column("like_id", RowId, ForeignKey("items.id")),  # the report that made it part of a story
    Column("score", Float),
    Column("note", Text),
)

clues = Table(
    "clues",
    metadata,
    Column("clue", BigInteger, primary_key=True, autoincrement=False),
    Column("item_id", RowId, ForeignKey("items.id"), primary_key=True, autoincrement=False),
    Index(None, "item_id"),
    sqlite_with_rowid=False,
)

topics = Table(
    "topics",
    metadata,
    Column("id", String(100), primary_key=True),
    Column("version", String(64), nullable=False),
    Column("first_seen_at", Instant, nullable=False),
    Column("next_seq", Integer, nullable=False),
    Column("review", JSON(none_as_null=True)),  # what of the archive it is still to be held against
    Column("told_seq", Integer),  # the first entry that its webhook has not been told of; none: it has none
)

matches = Table(
    "matches",
    metadata,
    Column("item_id", RowId, ForeignKey("items.id"), primary_key=True, autoincrement=False),
    Column("topic_id", String(100), primary_key=True),
    Column("topic_version", String(64), nullable=False),
    Column("is_match", Boolean, nullable=False),
    Column("score", Float, nullable=False),
    Column("reasons", JSON, nullable=False),
    Column("decided_at", Instant, nullable=False),
    Index(None, "topic_id", "is_match", "decided_at"),
)

publications = Table(
    "publications",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("topic_id", String(100), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("entry_id", Text, nullable=False, unique=True),
    Column("lead_item_id", RowId, ForeignKey("items.id"), nullable=False),
    Column("first_published_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Column("change_note", Text),
    Column("withdrawn_at", Instant),
    Column("unmatched_at", Instant),  # since when no item of it matches the topic as it is written now
    UniqueConstraint("topic_id", "seq"),
    Index(None, "lead_item_id"),
)

publication_members = Table(
    "publication_members",
    metadata,
    Column("publication_id", RowId, ForeignKey("publications.id"), primary_key=True, autoincrement=False),
    Column("item_id", RowId, ForeignKey("items.id"), primary_key=True, autoincrement=False),
    Column("joined_at", Instant, nullable=False),
    Index(None, "item_id"),
)

# Pages of a topic's archive whose every place is taken. What differs from `written` is to be written again.
archive_pages = Table(
    "archive_pages",
    metadata,
    Column("topic_id", String(100), primary_key=True),
    Column("page", Integer, primary_key=True, autoincrement=False),
    Column("changes", Integer, nullable=False, server_default="0"),  # how often one of its entries changed
    Column("written", String(100), nullable=False, server_default=""),  # the changes and the head in the file
)

pushes = Table(  # what is to be sent to a hub or a webhook, until it has taken it
    "pushes",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("topic_id", String(100), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("uid", String(16), nullable=False),
    Column("body", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False, index=True),
    Column("tries", Integer, nullable=False, server_default="0"),
)

requests = Table(
    "requests",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("kind", String(32), nullable=False),
    Column("arguments", JSON, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("done_at", Instant),
    Column("result", JSON),
)

notices = Table(
    "notices",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("uid", String(16), nullable=False, unique=True),
    Column("kind", String(16), nullable=False),
    Column("subject", String(200), nullable=False),
    Column("key", String(64), nullable=False),
    Column("title", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("opened_at", Instant, nullable=False, index=True),
    Column("closed_at", Instant),
)
