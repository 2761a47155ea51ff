"""A database of either kind is looked through and copied; a copy of SQLite's is put back."""

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import datetime
from itertools import count as counting
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, update

from aggregator.errors import OutputError, ServiceDownError, UsageError
from aggregator.store import Engine, care, database, items, publications, schema, sources
from aggregator.store.engine import reading, writing
from tests.support.records import new_item, source_state


def fill(engine: Engine, now: datetime, count: int = 3) -> None:
    """Store a source, some items and a topic that carries the first of them."""
    state = source_state("press", now)
    with writing(engine) as connection:
        sources.sync(connection, [sources.Wanted(state, "https://press.example/feed", "press.example")], now)
        items.add(connection, [new_item(number, now) for number in range(count)])
        publications.sync_topics(connection, {"news": "v1"}, now)
        publications.record(
            connection,
            topic_id="news",
            item_id=1,
            collapse="copies",
            may_open=True,
            entry_id=f"tag:aggregator-abc123.invalid,{now:%Y-%m-%d}:news/1",
            now=now,
        )


def quiet(_done: int, _all: int) -> None:
    """Hear of no progress."""


def test_a_database_in_use_is_whole(engine: Engine, now: datetime) -> None:
    fill(engine, now)
    assert list(care.check(engine)) == []


@pytest.mark.parametrize(
    ("damage", "what"),
    [
        (lambda c: c.execute(delete(schema.publication_members)), "do not carry the article that leads them"),
        (lambda c: c.execute(update(schema.topics).values(next_seq=1)), "that their topic would give again"),
        (lambda c: c.execute(delete(schema.topics)), "belong to no known topic"),
        (
            lambda c: c.execute(update(schema.publications).values(entry_id="tag:x,2020-01-01:news/1")),
            "have an id of another database",
        ),
        (
            lambda c: (
                c.execute(update(schema.items).where(schema.items.c.id == 1).values(root_id=2)),
                c.execute(update(schema.items).where(schema.items.c.id == 2).values(root_id=3)),
            ),
            "copy an item that is itself a copy",
        ),
    ],
)
def test_what_the_ledger_promises_is_looked_after(
    engine: Engine, now: datetime, damage: Callable[[object], object], what: str
) -> None:
    fill(engine, now)
    with writing(engine) as connection:
        damage(connection)
    (found,) = care.check(engine)
    assert what in found.what
    assert found.advice


def test_a_copy_is_made_while_others_write(engine: Engine, now: datetime, tmp_path: Path) -> None:
    if engine.dialect.name != "sqlite" and shutil.which("pg_dump") is None:
        pytest.skip("no pg_dump")
    fill(engine, now)
    target = tmp_path / "copies" / "one"
    with writing(engine) as connection:  # another process holds the write lock all the while
        items.add(connection, [new_item(99, now)])
        care.backup(engine, target, quiet)
    assert target.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in target.parent.iterdir()] == ["one"]
    if engine.dialect.name != "sqlite":
        assert target.read_bytes()[:5] == b"PGDMP"
        return
    with closing(sqlite3.connect(target)) as copy:
        assert copy.execute("SELECT count(*) FROM items").fetchone() == (3,)
    with pytest.raises(UsageError, match="there already"):
        care.backup(engine, target, quiet)


def test_where_nothing_can_be_written_nothing_is_left(engine: Engine, tmp_path: Path) -> None:
    place = tmp_path / "file"
    place.write_text("")
    with pytest.raises(OutputError, match="name another file"):
        care.backup(engine, place / "copy.db", quiet)


def test_a_copy_is_put_back_and_the_database_before_is_kept(tmp_path: Path, now: datetime) -> None:
    url = f"sqlite:///{tmp_path / 'one.db'}"
    engine = database.open_for_writing(url, tmp_path)
    database.prepare(engine, host="", token="abc123", now=now)
    fill(engine, now)
    copy = tmp_path / "copy.db"
    care.backup(engine, copy, quiet)
    with writing(engine) as connection:
        items.add(connection, [new_item(number, now) for number in range(10, 15)])
    kept = care.restore(engine, copy, now)
    assert kept is not None
    engine.dispose()
    for place, count in ((tmp_path / "one.db", 3), (kept, 8)):
        again = database.open_existing(f"sqlite:///{place}", tmp_path)
        with reading(again) as connection:
            assert items.count(connection) == count
        again.dispose()


def crash_at(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """Let the process die, as far as the disk can tell, before its so manieth rename, link or removal."""
    calls = counting()

    def dying(call: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **kwargs: Any) -> Any:
            if next(calls) == number:
                raise KeyboardInterrupt
            return call(*args, **kwargs)

        return run

    monkeypatch.setattr(Path, "rename", dying(Path.rename))
    monkeypatch.setattr(Path, "unlink", dying(Path.unlink))
    monkeypatch.setattr(os, "link", dying(os.link))


@pytest.mark.parametrize("number", range(6))
def test_a_restore_that_dies_leaves_the_old_or_the_new(
    tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    place, copy, before = tmp_path / "one.db", tmp_path / "copy.db", tmp_path / "before"
    engine = database.open_for_writing(f"sqlite:///{place}", tmp_path)
    database.prepare(engine, host="", token="abc123", now=now)
    fill(engine, now)
    care.backup(engine, copy, quiet)
    with writing(engine) as connection:
        items.add(connection, [new_item(number, now) for number in range(10, 15)])
    before.mkdir()
    for name in ("one.db", "one.db-wal"):  # as a killed daemon leaves them: its last words are in the log
        shutil.copy(tmp_path / name, before / name)
    engine.dispose()
    for file in before.iterdir():
        shutil.copy(file, tmp_path / file.name)
    assert (tmp_path / "one.db-wal").stat().st_size
    old = place.stat().st_ino
    with monkeypatch.context() as patch, suppress(KeyboardInterrupt):
        crash_at(patch, number)
        care.restore(engine, copy, now)
    again = database.open_existing(f"sqlite:///{place}", tmp_path)
    with reading(again) as connection:
        assert items.count(connection) == (8 if place.stat().st_ino == old else 3)
    assert list(care.check(again)) == []
    if place.stat().st_ino != old:
        assert items_of(tmp_path, next(tmp_path.glob("one.db.before-*"))) == 8
    again.dispose()


def items_of(state: Path, place: Path) -> int:
    engine = database.open_existing(f"sqlite:///{place}", state)
    with reading(engine) as connection:
        found = items.count(connection)
    engine.dispose()
    return found


@pytest.mark.parametrize("damage", ["cut", "scribbled", "none of ours"])
@pytest.mark.parametrize("has_links", [True, False])
def test_a_damaged_database_is_replaced_and_kept_as_it_is(
    tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch, damage: str, *, has_links: bool
) -> None:
    place, copy = tmp_path / "one.db", tmp_path / "copy.db"
    engine = database.open_for_writing(f"sqlite:///{place}", tmp_path)
    database.prepare(engine, host="", token="abc123", now=now)
    fill(engine, now)
    care.backup(engine, copy, quiet)
    engine.dispose()
    whole = place.read_bytes()
    place.write_bytes(
        {"cut": whole[:20_000], "scribbled": whole[:100] + b"x" * 8000 + whole[8100:]}.get(damage, b"no")
    )
    ill = place.read_bytes()
    (tmp_path / "one.db-wal").write_bytes(b"of another one")
    if not has_links:
        monkeypatch.setattr(os, "link", refused)
    kept = care.restore(engine, copy, now)
    assert kept is not None
    assert (kept.read_bytes(), kept.stat().st_mode & 0o777) == (ill, 0o600)
    assert items_of(tmp_path, place) == 3
    assert not (tmp_path / "one.db-wal").exists()


def refused(*_: object) -> None:
    raise PermissionError(1, "this file system has no links")


@pytest.mark.parametrize("is_empty", [True, False])
def test_a_log_without_its_database_is_not_played_into_the_copy(
    tmp_path: Path, now: datetime, *, is_empty: bool
) -> None:
    place, copy, log = tmp_path / "one.db", tmp_path / "copy.db", tmp_path / "one.db-wal"
    engine = database.open_for_writing(f"sqlite:///{place}", tmp_path)
    database.prepare(engine, host="", token="abc123", now=now)
    fill(engine, now)
    care.backup(engine, copy, quiet)
    with writing(engine) as connection:
        items.add(connection, [new_item(number, now) for number in range(10, 15)])
    left = log.read_bytes()
    engine.dispose()
    place.unlink()
    log.write_bytes(left)
    if is_empty:
        place.touch()
    assert care.restore(engine, copy, now) is None
    assert items_of(tmp_path, place) == 3
    (aside,) = tmp_path.glob("one.db.before-*-wal")
    assert aside.read_bytes() == left


def test_a_database_that_is_read_is_not_replaced(tmp_path: Path, now: datetime) -> None:
    place, copy = tmp_path / "one.db", tmp_path / "copy.db"
    engine = database.open_for_writing(f"sqlite:///{place}", tmp_path)
    database.prepare(engine, host="", token="abc123", now=now)
    care.backup(engine, copy, quiet)
    with reading(engine) as connection:
        items.count(connection)
        other = database.open_for_writing(f"sqlite:///{place}", tmp_path)
        fill(other, now)
        with pytest.raises(ServiceDownError, match="is being read"):
            care.restore(other, copy, now)
    engine.dispose()
    other.dispose()
    assert items_of(tmp_path, place) == 3


def test_a_damaged_database_says_what_to_do(tmp_path: Path, now: datetime) -> None:
    place = tmp_path / "one.db"
    place.write_bytes(b"This is no database at all, though it is long enough. " * 100)
    with pytest.raises(ServiceDownError, match="aggregator db restore FILE"):
        database.prepare(
            database.open_for_writing(f"sqlite:///{place}", tmp_path), host="", token="abc123", now=now
        )
    with pytest.raises(ServiceDownError, match="aggregator db restore FILE"):
        items_of(tmp_path, place)


def test_a_copy_of_a_newer_version_is_refused(tmp_path: Path, now: datetime) -> None:
    engine = database.open_for_writing(f"sqlite:///{tmp_path / 'one.db'}", tmp_path)
    database.prepare(engine, host="", token="abc123", now=now)
    copy = tmp_path / "copy.db"
    care.backup(engine, copy, quiet)
    with closing(sqlite3.connect(copy)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(UsageError, match="newer version"):
        care.restore(engine, copy, now)
    engine.dispose()


def test_postgresql_is_restored_by_its_own_tool(
    postgres_server: str, engine: Engine, now: datetime, tmp_path: Path
) -> None:
    if engine.dialect.name == "sqlite":
        pytest.skip("SQLite is restored by us")
    with pytest.raises(UsageError, match="pg_restore --clean"):
        care.restore(engine, tmp_path / "one", now)
