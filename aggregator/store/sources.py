"""Sources: what we remember of each between polls, and which are due."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, insert, or_, select, update

from aggregator.model import Child, FailureKind, Hint, Rhythm, SourceState, Validators
from aggregator.store import schema
from aggregator.urls import canonical_url, site_root

_t = schema.sources
_OF_THE_CONFIG = ("id", "url", "canonical_url", "host", "config_digest", "is_enabled", "lease_until")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A source as it is configured now."""

    state: SourceState  # as it starts if it is new
    canonical_url: str
    host: str


def sync(connection: Connection, wanted: Sequence[Wanted], now: datetime) -> None:
    """Make the table follow the configuration: new sources are due at once, missing ones stop.

    The same id is the same source whatever its URL (validators and the address found behind a page
    are dropped then); a new id with the canonical URL of a source that is no longer configured is
    that source under another name, and takes its items and history over; so is one with the address to
    which such a source has moved for good.
    """
    columns = (_t.c.id, _t.c.canonical_url, _t.c.moved_url, _t.c.config_digest, _t.c.is_enabled)
    rows = {row.id: row for row in connection.execute(select(*columns))}
    kept = {each.state.id for each in wanted}
    gone = [row for row in rows.values() if row.id not in kept]
    former = {canonical_url(row.moved_url): row for row in gone if row.moved_url}
    former |= {row.canonical_url: row for row in gone}
    for each in wanted:
        row = rows.get(each.state.id)
        if row is None:
            fresh = {"canonical_url": each.canonical_url, "host": each.host, "is_enabled": True}
            connection.execute(insert(_t).values(**_to_row(each.state), **fresh))
            row = former.pop(each.canonical_url, None)
            if row is not None:
                _rename(connection, row.id, each.state.id)
                del rows[row.id]
        if row is None:
            continue
        if row.config_digest != each.state.config_digest:
            connection.execute(update(_t).where(_t.c.id == each.state.id).values(**_moved(each, now)))
        elif not row.is_enabled:
            connection.execute(update(_t).where(_t.c.id == each.state.id).values(is_enabled=True))
    stopping = [key for key, row in rows.items() if key not in kept and row.is_enabled]
    for start in range(0, len(stopping), 500):
        stopped = update(_t).where(_t.c.id.in_(stopping[start : start + 500]))
        connection.execute(stopped.values(is_enabled=False, lease_until=None))


def _moved(each: Wanted, now: datetime) -> dict[str, Any]:
    """Return what changes where a source's configuration did."""
    return {
        "url": each.state.url,
        "canonical_url": each.canonical_url,
        "host": each.host,
        "config_digest": each.state.config_digest,
        "is_enabled": True,
        "feed_url": None,
        "moved_url": None,
        "moving_url": None,
        "moving_polls": 0,
        "moving_since": None,
        "etag": None,
        "last_modified": None,
        "validators_url": None,
        "validated_at": None,
        "body_digest": "",
        "children": [],
        "failures": 0,
        "is_retired": False,
        "next_poll_at": now,
        "reason": "its configuration changed",
    }


def _rename(connection: Connection, former: str, source_id: str) -> None:
    """Give a source's items and history to its new name."""
    inherited = [column for column in _t.c if column.name not in _OF_THE_CONFIG]
    old = connection.execute(select(*inherited).where(_t.c.id == former)).one()
    connection.execute(update(_t).where(_t.c.id == source_id).values(**old._mapping))
    items = schema.items
    connection.execute(update(items).where(items.c.source_id == former).values(source_id=source_id))
    connection.execute(delete(_t).where(_t.c.id == former))


def release_leases(connection: Connection) -> None:
    """Free what a killed daemon still held; only the holder of the database may call this."""
    connection.execute(update(_t).where(_t.c.lease_until.is_not(None)).values(lease_until=None))


@dataclass(frozen=True, slots=True)
class Claimed:
    """A source that this process holds, and whose turn its poll needs."""

    state: SourceState
    host: str


def claim(
    connection: Connection,
    *,
    now: datetime,
    lease: timedelta,
    limit: int,
    only: Sequence[str] | None = None,
    full_hosts: Collection[str] = (),
) -> tuple[Claimed, ...]:
    """Take at most `limit` due sources (of `only`), longest due first, and hold them until the lease ends.

    Sources of hosts that are busy enough already are left where they are.
    """
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
    if full_hosts:
        due = due.where(_t.c.host.not_in(full_hosts))
    statement = update(_t).where(_t.c.id.in_(due)).values(lease_until=now + lease).returning(*_t.c)
    rows = connection.execute(statement).all()
    ordered = sorted(rows, key=lambda row: (row.next_poll_at, row.id))
    return tuple(Claimed(_from_row(row), row.host) for row in ordered)


def release(connection: Connection, ids: Sequence[str]) -> None:
    """Give back sources that were claimed and not polled."""
    connection.execute(update(_t).where(_t.c.id.in_(ids)).values(lease_until=None))


def overdue(connection: Connection, now: datetime) -> tuple[tuple[str, str, datetime], ...]:
    """Return id, host and due time of all sources that are due, the longest due first."""
    due = select(_t.c.id, _t.c.host, _t.c.next_poll_at).where(_t.c.is_enabled, _t.c.next_poll_at <= now)
    rows = connection.execute(due.order_by(_t.c.next_poll_at, _t.c.id))
    return tuple((row.id, row.host, row.next_poll_at) for row in rows)


def put_off(connection: Connection, due: Mapping[str, datetime]) -> None:
    """Set when these sources are due."""
    if due:
        statement = update(_t).where(_t.c.id == bindparam("source")).values(next_poll_at=bindparam("due"))
        rows = [{"source": key, "due": instant} for key, instant in due.items()]
        connection.execute(statement, rows)


def make_due(connection: Connection, ids: Sequence[str] | None, now: datetime) -> int:
    """Bring the next poll of these sources (None: of all) forward to now; return how many there are."""
    statement = update(_t).where(_t.c.is_enabled).values(next_poll_at=now, reason="asked for")
    if ids is not None:
        statement = statement.where(_t.c.id.in_(ids))
    return connection.execute(statement).rowcount


def save(connection: Connection, state: SourceState, host: str) -> None:
    """Store the state after a poll and give the lease back; `host` is whose turn the next poll needs."""
    row = _to_row(state)
    key = row.pop("id")
    # What the configuration says is not ours to write: it may have changed while we polled.
    for name in ("url", "config_digest"):
        del row[name]
    statement = update(_t).where(_t.c.id == key, _t.c.config_digest == state.config_digest)
    if connection.execute(statement.values(lease_until=None, host=host, **row)).rowcount == 0:
        connection.execute(update(_t).where(_t.c.id == key).values(lease_until=None))


def hold_host(connection: Connection, host: str, until: datetime, reason: str) -> int:
    """Poll no source of a host before `until`; return how many this puts off."""
    later = update(_t).where(_t.c.is_enabled, _t.c.host == host, _t.c.next_poll_at < until)
    return connection.execute(later.values(next_poll_at=until, reason=reason)).rowcount


def forgive(connection: Connection, ids: Sequence[str], due_at: datetime, reason: str) -> None:
    """Take back the last failure of these sources; they are due then."""
    for start in range(0, len(ids), 500):
        mine = _t.c.id.in_(ids[start : start + 500]) & (_t.c.failures > 0)
        forgiven = {"failures": _t.c.failures - 1, "next_poll_at": due_at, "reason": reason}
        connection.execute(update(_t).where(mine).values(**forgiven))


def all_states(connection: Connection) -> tuple[SourceState, ...]:
    """Return all configured sources in the order of their ids."""
    return tuple(
        _from_row(row) for row in connection.execute(select(_t).where(_t.c.is_enabled).order_by(_t.c.id))
    )


def outlets(connection: Connection) -> dict[str, tuple[str, str]]:
    """Return the configured-or-not sources' own titles and sites by id, for attribution.

    A feed that names no site has the root of its host: its own address may hold a secret.
    """
    rows = connection.execute(select(_t.c.id, _t.c.title, _t.c.site_url, _t.c.url))
    return {row.id: (row.title or row.id, row.site_url or site_root(row.url)) for row in rows}


def _to_row(state: SourceState) -> dict[str, Any]:
    return {
        "id": state.id,
        "url": state.url,
        "feed_url": state.feed_url,
        "moved_url": state.moved_url,
        "moving_url": state.moving_url,
        "moving_polls": state.moving_polls,
        "moving_since": state.moving_since,
        "title": state.title,
        "site_url": state.site_url,
        "config_digest": state.config_digest,
        "etag": state.validators.etag,
        "last_modified": state.validators.last_modified,
        "validators_url": state.validators.url,
        "validated_at": state.validated_at,
        "body_digest": state.body_digest,
        "children": [
            [
                each.url,
                *(each.validators.etag, each.validators.last_modified),
                each.validators.url,
                each.body_digest,
            ]
            for each in state.children
        ],
        "next_poll_at": state.next_poll_at,
        "reason": state.reason,
        "interval_seconds": state.interval.total_seconds() if state.interval else None,
        "arrivals": [int(instant.timestamp()) for instant in state.arrivals],
        "rhythm": _rhythm_to_row(state.rhythm),
        "holes": state.holes,
        "hole_at": state.hole_at,
        "wishes": {
            "hints": [[hint.source, hint.wait.total_seconds()] for hint in state.hints],
            "skip_hours": list(state.skip_hours),
            "skip_days": list(state.skip_days),
        },
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
        moved_url=row.moved_url,
        moving_url=row.moving_url,
        moving_polls=row.moving_polls,
        moving_since=row.moving_since,
        title=row.title,
        site_url=row.site_url,
        config_digest=row.config_digest,
        validators=Validators(row.etag, row.last_modified, row.validators_url),
        validated_at=row.validated_at,
        body_digest=row.body_digest,
        children=tuple(
            Child(url, Validators(etag, modified, given_by), digest)
            for url, etag, modified, given_by, digest in row.children
        ),
        next_poll_at=row.next_poll_at,
        reason=row.reason,
        interval=timedelta(seconds=row.interval_seconds) if row.interval_seconds is not None else None,
        arrivals=tuple(datetime.fromtimestamp(seconds, UTC) for seconds in row.arrivals),
        rhythm=_rhythm_from_row(row.rhythm),
        holes=row.holes,
        hole_at=row.hole_at,
        hints=tuple(Hint(name, timedelta(seconds=wait)) for name, wait in row.wishes.get("hints", ())),
        skip_hours=tuple(row.wishes.get("skip_hours", ())),
        skip_days=tuple(row.wishes.get("skip_days", ())),
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


def _rhythm_to_row(rhythm: Rhythm) -> dict[str, Any]:
    return {
        "hours": [round(count, 3) for count in rhythm.hours],
        "weeks": round(rhythm.weeks, 6),
        "counted_until": rhythm.counted_until.timestamp() if rhythm.counted_until else None,
        "overlap": rhythm.overlap,
    }


def _rhythm_from_row(row: dict[str, Any]) -> Rhythm:
    until = row.get("counted_until")
    return Rhythm(
        hours=tuple(row.get("hours", ())),
        weeks=row.get("weeks", 0.0),
        counted_until=datetime.fromtimestamp(until, UTC) if until is not None else None,
        overlap=row.get("overlap"),
    )
