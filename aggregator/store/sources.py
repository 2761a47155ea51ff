"""Sources: what we remember of each between polls, and which are due."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, bindparam, insert, or_, select, update

from aggregator.model import FailureKind, SourceState, Validators
from aggregator.store import schema

_t = schema.sources


def sync(
    connection: Connection, wanted: Iterable[SourceState], canonical: Mapping[str, str], now: datetime
) -> None:
    """Make the table follow the configuration: new sources are due at once, missing ones stop.

    A source keeps its history under its id; where its configuration changed, validators and the
    address found behind a page are dropped so that the next poll starts afresh. An id that is new
    but whose canonical URL is a stopped source's takes nothing over: items stay with their source.
    """
    rows = {row.id: row for row in connection.execute(select(_t.c.id, _t.c.config_digest, _t.c.is_enabled))}
    added, changed, kept = [], [], set()
    for state in wanted:
        kept.add(state.id)
        row = rows.get(state.id)
        if row is None:
            added.append(_to_row(state) | {"canonical_url": canonical[state.id], "is_enabled": True})
        elif row.config_digest != state.config_digest:
            changed.append(
                {
                    "key": state.id,
                    "new_url": state.url,
                    "canonical": canonical[state.id],
                    "digest": state.config_digest,
                }
            )
        elif not row.is_enabled:
            connection.execute(update(_t).where(_t.c.id == state.id).values(is_enabled=True))
    if added:
        connection.execute(insert(_t), added)
    if changed:
        statement = (
            update(_t)
            .where(_t.c.id == bindparam("key"))
            .values(
                url=bindparam("new_url"),
                canonical_url=bindparam("canonical"),
                config_digest=bindparam("digest"),
                is_enabled=True,
                feed_url=None,
                etag=None,
                last_modified=None,
                body_digest="",
                failures=0,
                is_retired=False,
                next_poll_at=now,
                reason="its configuration changed",
            )
        )
        connection.execute(statement, changed)
    gone = [key for key, row in rows.items() if key not in kept and row.is_enabled]
    for start in range(0, len(gone), 500):
        connection.execute(
            update(_t)
            .where(_t.c.id.in_(gone[start : start + 500]))
            .values(is_enabled=False, lease_until=None)
        )


def release_leases(connection: Connection) -> None:
    """Free what a killed daemon still held; only the holder of the database may call this."""
    connection.execute(update(_t).where(_t.c.lease_until.is_not(None)).values(lease_until=None))


def claim(
    connection: Connection, *, now: datetime, lease: timedelta, limit: int, only: Sequence[str] | None = None
) -> tuple[SourceState, ...]:
    """Take at most `limit` due sources (of `only`), longest due first, and hold them until the lease ends."""
    due = (
        select(_t.c.id)
        .where(
            _t.c.is_enabled,
            _t.c.next_poll_at <= now,
            or_(_t.c.lease_until.is_(None), _t.c.lease_until <= now),
        )
        .order_by(_t.c.next_poll_at)
        .limit(limit)
        .with_for_update(skip_locked=True, of=_t)
    )
    if only is not None:
        due = due.where(_t.c.id.in_(only))
    statement = update(_t).where(_t.c.id.in_(due)).values(lease_until=now + lease).returning(*_t.c)
    rows = connection.execute(statement).all()
    return tuple(_from_row(row) for row in sorted(rows, key=lambda row: (row.next_poll_at, row.id)))


def make_due(connection: Connection, ids: Sequence[str] | None, now: datetime) -> int:
    """Bring the next poll of these sources (None: of all) forward to now; return how many there are."""
    statement = (
        update(_t).where(_t.c.is_enabled).values(next_poll_at=now, lease_until=None, reason="asked for")
    )
    if ids is not None:
        statement = statement.where(_t.c.id.in_(ids))
    return connection.execute(statement).rowcount


def save(connection: Connection, state: SourceState) -> None:
    """Store the state after a poll and give the lease back."""
    row = _to_row(state)
    key = row.pop("id")
    # What the configuration says is not ours to write: it may have changed while we polled.
    for name in ("url", "config_digest"):
        del row[name]
    statement = update(_t).where(_t.c.id == key, _t.c.config_digest == state.config_digest)
    if connection.execute(statement.values(lease_until=None, **row)).rowcount == 0:
        connection.execute(update(_t).where(_t.c.id == key).values(lease_until=None))


def all_states(connection: Connection) -> tuple[SourceState, ...]:
    """Return all configured sources in the order of their ids."""
    return tuple(
        _from_row(row) for row in connection.execute(select(_t).where(_t.c.is_enabled).order_by(_t.c.id))
    )


def outlets(connection: Connection) -> dict[str, tuple[str, str]]:
    """Return the configured-or-not sources' own titles and addresses by id, for attribution."""
    rows = connection.execute(select(_t.c.id, _t.c.title, _t.c.site_url, _t.c.url))
    return {row.id: (row.title or row.id, row.site_url or row.url) for row in rows}


def next_due_at(connection: Connection) -> datetime | None:
    """Return when the next source is due."""
    statement = select(_t.c.next_poll_at).where(_t.c.is_enabled).order_by(_t.c.next_poll_at).limit(1)
    return connection.scalar(statement)


def _to_row(state: SourceState) -> dict[str, Any]:
    return {
        "id": state.id,
        "url": state.url,
        "feed_url": state.feed_url,
        "title": state.title,
        "site_url": state.site_url,
        "config_digest": state.config_digest,
        "etag": state.validators.etag,
        "last_modified": state.validators.last_modified,
        "body_digest": state.body_digest,
        "next_poll_at": state.next_poll_at,
        "reason": state.reason,
        "interval_seconds": state.interval.total_seconds() if state.interval else None,
        "arrivals": [int(instant.timestamp()) for instant in state.arrivals],
        "empty_polls": state.empty_polls,
        "failures": state.failures,
        "polls": state.polls,
        "polls_not_modified": state.polls_not_modified,
        "first_polled_at": state.first_polled_at,
        "last_success_at": state.last_success_at,
        "last_error": state.last_error,
        "last_error_kind": state.last_error_kind.value if state.last_error_kind else None,
        "last_error_at": state.last_error_at,
        "note": state.note,
        "is_retired": state.is_retired,
    }


def _from_row(row: Row[Any]) -> SourceState:
    return SourceState(
        id=row.id,
        url=row.url,
        feed_url=row.feed_url,
        title=row.title,
        site_url=row.site_url,
        config_digest=row.config_digest,
        validators=Validators(row.etag, row.last_modified),
        body_digest=row.body_digest,
        next_poll_at=row.next_poll_at,
        reason=row.reason,
        interval=timedelta(seconds=row.interval_seconds) if row.interval_seconds is not None else None,
        arrivals=tuple(datetime.fromtimestamp(seconds, UTC) for seconds in row.arrivals),
        empty_polls=row.empty_polls,
        failures=row.failures,
        polls=row.polls,
        polls_not_modified=row.polls_not_modified,
        first_polled_at=row.first_polled_at,
        last_success_at=row.last_success_at,
        last_error=row.last_error,
        last_error_kind=FailureKind(row.last_error_kind) if row.last_error_kind else None,
        last_error_at=row.last_error_at,
        note=row.note,
        is_retired=row.is_retired,
    )
