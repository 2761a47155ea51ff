"""Sources: what we remember of each between polls, and which are due."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, Update, bindparam, delete, func, insert, or_, select, update
from sqlalchemy.sql.dml import ReturningUpdate

from aggregator.model import SourceState
from aggregator.store import schema
from aggregator.store.states import BRIEF, COLUMNS, FULL, Change, dump, dump_brief, is_brief, load
from aggregator.urls import canonical_url, site_root

_t = schema.sources
ASKED_FOR = "asked for"  # the reason of a poll that the user wants now
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
    added: list[dict[str, Any]] = []
    for each in wanted:
        row = rows.get(each.state.id)
        if row is None:
            fresh = {"canonical_url": each.canonical_url, "host": each.host, "is_enabled": True}
            added.append({**dump(each.state), **fresh})
            row = former.pop(each.canonical_url, None)
            if row is not None:
                connection.execute(insert(_t), [added.pop()])
                _rename(connection, row.id, each.state.id)
                del rows[row.id]
        if row is None:
            continue
        if row.config_digest != each.state.config_digest:
            connection.execute(update(_t).where(_t.c.id == each.state.id).values(**_moved(each, now)))
        elif not row.is_enabled:
            connection.execute(update(_t).where(_t.c.id == each.state.id).values(is_enabled=True))
    if added:
        connection.execute(insert(_t), added)
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
        "wishes": {},
        "failures": 0,
        "last_error_kind": None,
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


def remember(connection: Connection, state: SourceState, canonical_url: str) -> None:
    """Make a place for the items of a source that is not configured; one that is known stays as it is."""
    if connection.scalar(select(_t.c.id).where(_t.c.id == state.id)) is None:
        kept = {"canonical_url": canonical_url, "host": "", "is_enabled": False}
        connection.execute(insert(_t), [{**dump(state), **kept}])


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
    given: dict[str, Any] = {"now": now, "held_until": now + lease, "limit": limit}
    given |= {} if only is None else {"only": only}
    given |= {"full_hosts": tuple(full_hosts)} if full_hosts else {}
    rows = connection.execute(_claiming(only is not None, bool(full_hosts)), given)
    claimed = [Claimed(load(state), host) for host, *state in rows]
    return tuple(sorted(claimed, key=lambda each: (each.state.next_poll_at, each.state.id)))


@cache
def _claiming(is_of_some: bool, is_off_hosts: bool) -> ReturningUpdate[Any]:
    """Make the statement that claims; once for each form, since making one takes longer than a poll."""
    now = bindparam("now", type_=_t.c.next_poll_at.type)
    due = (
        select(_t.c.id)
        .where(
            _t.c.is_enabled,
            _t.c.next_poll_at <= now,
            or_(_t.c.lease_until.is_(None), _t.c.lease_until <= now),
        )
        .order_by(_t.c.next_poll_at)
        .limit(bindparam("limit"))
        .with_for_update(skip_locked=True, of=_t)
    )
    if is_of_some:
        due = due.where(_t.c.id.in_(bindparam("only", expanding=True)))
    if is_off_hosts:
        due = due.where(_t.c.host.not_in(bindparam("full_hosts", expanding=True)))
    claimed = update(_t).where(_t.c.id.in_(due)).values(lease_until=bindparam("held_until"))
    return claimed.returning(_t.c.host, *COLUMNS)


def is_there(connection: Connection, source_id: str) -> bool:
    """Tell whether anything is known of a source, configured or not."""
    return connection.scalar(select(_t.c.id).where(_t.c.id == source_id)) is not None


def failing(connection: Connection) -> int:
    """Return how many of the configured sources could not be polled the last time."""
    statement = select(func.count()).select_from(_t).where(_t.c.is_enabled, _t.c.failures > 0)
    return connection.scalar(statement) or 0


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
    statement = update(_t).where(_t.c.is_enabled).values(next_poll_at=now, reason=ASKED_FOR)
    if ids is not None:
        statement = statement.where(_t.c.id.in_(ids))
    return connection.execute(statement).rowcount


def save(connection: Connection, changes: Sequence[Change]) -> None:
    """Store the states after polls and give the leases back.

    A source whose configuration changed while it was polled keeps what the change has set.
    """
    brief = [change for change in changes if is_brief(change)]
    full = [change for change in changes if not is_brief(change)]
    for statement, rows in (
        (_SAVE_BRIEF, [{**_named(dump_brief(change.after)), "new_host": change.host} for change in brief]),
        (_SAVE_FULL, [{**_named(dump(change.after)), "new_host": change.host} for change in full]),
    ):
        if rows and connection.execute(statement, rows).rowcount != len(rows):
            ids = [row["new_id"] for row in rows]
            connection.execute(update(_t).where(_t.c.id.in_(ids)).values(lease_until=None))


def _saving(columns: Iterable[str]) -> Update:
    """Make the statement that stores these columns of a source, if it is still configured as it was."""
    mine = (_t.c.id == bindparam("new_id")) & (_t.c.config_digest == bindparam("new_config_digest"))
    # What the configuration says is not ours to write.
    written = [name for name in columns if name not in ("id", "url", "config_digest")]
    values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in (*written, "host")}
    return update(_t).where(mine).values(lease_until=None, **values)


def _named(row: dict[str, Any]) -> dict[str, Any]:
    return {f"new_{name}": value for name, value in row.items() if name != "url"}


# Built once: a poll costs less than building them.
_SAVE_BRIEF = _saving(BRIEF)
_SAVE_FULL = _saving(FULL)


def hold_host(connection: Connection, host: str, until: datetime, reason: str) -> int:
    """Poll no source of a host before `until`; return how many this puts off."""
    later = update(_t).where(_t.c.is_enabled, _t.c.host == host, _t.c.next_poll_at < until)
    return connection.execute(later.values(next_poll_at=until, reason=reason)).rowcount


def forgive(
    connection: Connection,
    ids: Sequence[str],
    due_at: datetime,
    reason: str,
    resting: Collection[str] = (),
) -> None:
    """Take back the last failure of these sources; they are due then, unless their host rests."""
    for start in range(0, len(ids), 500):
        mine = _t.c.id.in_(ids[start : start + 500]) & (_t.c.failures > 0) & _t.c.host.not_in(resting)
        forgiven = {"failures": _t.c.failures - 1, "next_poll_at": due_at, "reason": reason}
        connection.execute(update(_t).where(mine).values(**forgiven))


def all_states(connection: Connection) -> tuple[SourceState, ...]:
    """Return all configured sources in the order of their ids."""
    return tuple(
        load(row) for row in connection.execute(select(*COLUMNS).where(_t.c.is_enabled).order_by(_t.c.id))
    )


def outlets(connection: Connection, ids: Collection[str] | None = None) -> dict[str, tuple[str, str]]:
    """Return the own titles and sites by id of sources (of `ids`), configured or not, for attribution.

    A feed that names no site has the root of its host: its own address may hold a secret.
    """
    statement = select(_t.c.id, _t.c.title, _t.c.site_url, _t.c.url)
    if ids is not None:
        statement = statement.where(_t.c.id.in_(ids))
    rows = connection.execute(statement)
    return {row.id: (row.title or row.id, row.site_url or site_root(row.url)) for row in rows}
