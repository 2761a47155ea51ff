"""Opening, migrating, refusing, locking and writing in groups, on both databases."""

import asyncio
import errno
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from aggregator.errors import BusyError, OutputError, ServiceDownError
from aggregator.model import Rhythm
from aggregator.store import Connection, Engine, database, items, lock, meta, requests, sources
from aggregator.store import migrate as migrate_module
from aggregator.store.engine import reading, resolve, writing
from aggregator.store.gate import Gate
from aggregator.store.migrate import migrate
from aggregator.store.schema import metadata

FIRST_SOURCE = """
    INSERT INTO sources (id, url, canonical_url, host, is_enabled, config_digest, body_digest, next_poll_at,
        reason, arrivals, wishes, empty_polls, failures, polls, polls_not_modified, is_retired)
    VALUES ('press', 'u', 'u', 'h', true, 'c', 'b', :moment, 'r', '[]', '{}', 0, 0, 7, 0, false)
"""
FIRST_ITEM = """
    INSERT INTO items (uid, source_id, identity, canonical_url, host, title, entry, content_digest,
        published_at, published_from, first_seen_at, stage, tries, due_at, is_backlog, is_provisional)
    VALUES ('0', 'press', 'i', '', '', 't', '{}', 'd',
        :moment, 'feed', :moment, 'done', 0, :moment, false, false)
"""


def test_the_migrations_make_exactly_the_schema(engine: Engine) -> None:
    with reading(engine) as connection:
        options = {"compare_type": True, "include_name": _is_in_the_schema}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []


def _is_in_the_schema(name: str | None, kind: str, _parents: object) -> bool:
    """Leave out the search index, which is another thing in each database."""
    return kind != "table" or not str(name).startswith("search_index")


def test_migrating_twice_does_nothing(engine: Engine) -> None:
    assert not migrate(engine).is_changed


def test_a_database_of_a_newer_version_is_refused_untouched(engine: Engine) -> None:
    with writing(engine) as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(ServiceDownError, match="newer version of aggregator"):
        migrate(engine)
    with pytest.raises(ServiceDownError, match="newer version of aggregator"):
        migrate_module.check(engine)  # what commands that only read say
    with reading(engine) as connection:
        assert connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar() == "9999"


def _written_by_the_first_version(path: Path) -> Engine:
    """Return an engine for a database of the first schema with one source."""
    engine = database.open_for_writing(f"sqlite:///{path}", path.parent)
    config = migrate_module.settings()
    with engine.connect().execution_options(is_write=True) as connection, connection.begin():
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.execute(text(FIRST_SOURCE), {"moment": "2026-01-01 00:00:00.000000"})
    return engine


def test_a_copy_is_kept_before_the_schema_changes(tmp_path: Path) -> None:
    engine = _written_by_the_first_version(tmp_path / "a.db")
    (tmp_path / f"a.db.before-{migrate_module.HEAD}.part").write_bytes(b"of a try that was killed")
    done = migrate(engine)
    engine.dispose()
    copy = tmp_path / f"a.db.before-{migrate_module.HEAD}"
    assert (done.is_changed, done.kept) == (True, copy)
    assert copy.stat().st_mode & 0o777 == 0o600
    with sqlite3.connect(copy) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == ("0001",)
        assert connection.execute("SELECT id FROM sources").fetchone() == ("press",)
    connection.close()
    assert sorted(path.name for path in tmp_path.iterdir() if ".before" in path.name) == [copy.name]


def test_without_room_for_a_copy_nothing_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = _written_by_the_first_version(tmp_path / "a.db")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", full)
        with pytest.raises(ServiceDownError, match="Make room"):
            migrate(engine)
    with reading(engine) as connection:
        assert connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar() == "0001"
    assert migrate(engine).is_changed
    engine.dispose()


def test_a_new_database_needs_no_copy(tmp_path: Path) -> None:
    engine = database.open_for_writing("sqlite:///a.db", tmp_path)
    assert migrate(engine) == migrate_module.Upgrade(is_changed=True, kept=None)
    engine.dispose()
    assert [path.name for path in tmp_path.iterdir() if ".before" in path.name] == []


def test_a_migration_that_is_killed_leaves_the_old_schema_and_is_done_by_the_next_start(
    tmp_path: Path,
) -> None:
    path = tmp_path / "a.db"
    _written_by_the_first_version(path).dispose()
    killed = """
import os, sys
from pathlib import Path
from aggregator.store import database, migrate
upgrade = migrate._upgrade
def die(connection):
    upgrade(connection)
    os.kill(os.getpid(), 9)
migrate._upgrade = die
migrate.migrate(database.open_for_writing("sqlite:///a.db", Path(sys.argv[1])))
"""
    assert subprocess.run([sys.executable, "-c", killed, tmp_path], check=False).returncode == -9
    engine = database.open_for_writing("sqlite:///a.db", tmp_path)
    with reading(engine) as connection:
        assert connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar() == "0001"
    assert migrate(engine).is_changed
    with reading(engine) as connection:
        assert connection.exec_driver_sql("SELECT id FROM sources").scalar() == "press"
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
    engine.dispose()


def test_the_tag_prefix_is_laid_down_once(engine: Engine, now: datetime) -> None:
    database.prepare(engine, host="news.example.org", token="other", now=now.replace(year=2030))
    with reading(engine) as connection:
        assert meta.tag_prefix(connection) == "tag:aggregator-abc123.invalid,2026-03-14:"


@pytest.mark.parametrize(
    ("host", "authority"),
    [
        ("news.example.org", "news.example.org"),
        ("127.0.0.1", "aggregator-t.invalid"),
        ("localhost", "aggregator-t.invalid"),
        ("::1", "aggregator-t.invalid"),
        ("", "aggregator-t.invalid"),
    ],
)
def test_ids_are_named_after_a_public_host_or_a_name_nobody_has(
    host: str, authority: str, now: datetime
) -> None:
    assert meta.make_tag_prefix(host, "t", now) == f"tag:{authority},2026-03-14:"


def test_a_new_database_is_its_owners_alone_and_an_old_one_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "state" / "aggregator.db"
    database.open_for_writing("sqlite:///aggregator.db", tmp_path / "state").dispose()
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o640)
    database.open_for_writing("sqlite:///aggregator.db", tmp_path / "state").dispose()
    assert path.stat().st_mode & 0o777 == 0o640


def test_the_second_holder_is_refused_and_the_first_is_named(engine: Engine) -> None:
    first = lock.hold(engine)
    with pytest.raises(BusyError, match="a daemon is running"):
        lock.hold(engine)
    first.release()
    lock.hold(engine).release()


def test_a_lock_that_was_lost_is_taken_again_however_often_that_fails(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    if engine.dialect.name == "sqlite":
        pytest.skip("the lock of SQLite is a file's and cannot be lost")
    mine = lock.hold(engine)
    with engine.connect() as connection:
        connection.execute(
            text("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted")
        )
    with monkeypatch.context() as patch:
        patch.setattr(type(mine), "_take", _refuse)
        for _try in range(2):
            with pytest.raises(ServiceDownError):
                mine.keep()
    mine.keep()
    with pytest.raises(BusyError):
        lock.hold(engine)
    mine.release()
    lock.hold(engine).release()


def _refuse(_hold: object) -> None:
    raise ServiceDownError("the database does not answer")


@pytest.mark.parametrize("url", ["nonsense", "mysql://x/y", "sqlite://", "sqlite:///:memory:"])
def test_a_url_that_names_no_database_of_ours_says_what_to_write(url: str, tmp_path: Path) -> None:
    with pytest.raises(ServiceDownError, match=r"sqlite:///aggregator\.db"):
        resolve(url, tmp_path)


def test_a_relative_path_lies_in_the_state_folder(tmp_path: Path) -> None:
    assert resolve("sqlite:///a.db", tmp_path).database == str(tmp_path / "a.db")


def test_reading_before_the_first_start_says_so(tmp_path: Path) -> None:
    with pytest.raises(ServiceDownError, match="start the daemon first"):
        database.open_existing("sqlite:///a.db", tmp_path)
    assert not (tmp_path / "a.db").exists()


def test_a_file_that_is_no_database_is_refused_and_kept(tmp_path: Path, now: datetime) -> None:
    path = tmp_path / "a.db"
    path.write_bytes(b"This is not a database, it is a letter to my aunt." * 40)
    engine = database.open_for_writing("sqlite:///a.db", tmp_path)
    with pytest.raises(ServiceDownError, match="not a database"):
        database.prepare(engine, host="", token="t", now=now)
    engine.dispose()
    assert path.read_bytes().startswith(b"This is not")


def test_a_server_that_does_not_answer_is_named_without_its_password(tmp_path: Path, now: datetime) -> None:
    engine = database.open_for_writing("postgresql://me:secret@127.0.0.1:1/x", tmp_path)
    with pytest.raises(ServiceDownError) as caught:
        database.prepare(engine, host="", token="t", now=now)
    engine.dispose()
    assert "127.0.0.1:1" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_state_folder_that_cannot_be_made_is_an_output_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="choose another --state"):
        database.open_for_writing("sqlite:///a.db", tmp_path / "file" / "state")


def test_a_naive_time_is_refused(engine: Engine) -> None:
    with (
        pytest.raises(Exception, match="naive time"),
        writing(engine) as connection,
    ):
        requests.leave(connection, "poll", {}, datetime(2026, 1, 1))


def test_a_request_is_answered_once(engine: Engine, now: datetime) -> None:
    with writing(engine) as connection:
        number = requests.leave(connection, "poll", {"sources": ["a"]}, now)
        (wanted,) = requests.waiting(connection)
        assert requests.result(connection, number) is None
        requests.answer(connection, number, {"sources": 1}, now)
        assert requests.waiting(connection) == ()
        assert requests.result(connection, number) == {"sources": 1}
    assert (wanted.id, wanted.kind, wanted.arguments) == (number, "poll", {"sources": ["a"]})


async def test_one_bad_write_harms_no_other(engine: Engine) -> None:
    gate = Gate(engine)

    def put(connection: Connection, key: str) -> None:
        meta.set_once(connection, key, "x")
        if key == "bad":
            raise ValueError("no")

    keys = [f"k{number}" for number in range(20)] + ["bad"]
    results = await asyncio.gather(*(gate.write(put, key) for key in keys), return_exceptions=True)
    stored = [await gate.read(meta.get, key) for key in keys]
    await gate.close()
    assert [type(result) for result in results] == [type(None)] * 20 + [ValueError]
    assert stored == ["x"] * 20 + [None]


async def test_writes_that_wait_at_the_end_are_finished(engine: Engine) -> None:
    gate = Gate(engine)
    writes = [asyncio.ensure_future(gate.write(meta.set_once, f"k{number}", "x")) for number in range(50)]
    await asyncio.sleep(0)  # let them queue
    await gate.close()
    assert await asyncio.gather(*writes) == ["x"] * 50


async def test_a_write_that_fails_alone_leaves_nothing(engine: Engine) -> None:
    gate = Gate(engine)

    def half(connection: Connection) -> None:
        meta.set_once(connection, "a", "1")
        raise ValueError("half-way")

    with pytest.raises(ValueError, match="half-way"):
        await gate.write(half)
    stored = await gate.read(meta.get, "a")
    await gate.close()
    assert stored is None


async def test_a_broken_statement_fails_its_own_caller_alone(engine: Engine) -> None:
    gate = Gate(engine)

    def broken(connection: Connection) -> None:
        connection.exec_driver_sql("SELECT * FROM no_such_table")

    results = await asyncio.gather(
        gate.write(meta.set_once, "a", "1"),
        gate.write(broken),
        gate.write(meta.set_once, "b", "2"),
        return_exceptions=True,
    )
    stored = (await gate.read(meta.get, "a"), await gate.read(meta.get, "b"))
    await gate.close()
    assert isinstance(results[1], Exception)
    assert stored == ("1", "2")


async def test_rows_that_wait_together_are_written_in_one_call(engine: Engine) -> None:
    gate = Gate(engine)
    calls: list[list[str]] = []

    def put_all(connection: Connection, keys: Sequence[str]) -> None:
        calls.append(list(keys))
        for key in keys:
            meta.set_once(connection, key, "x")

    keys = [f"k{number}" for number in range(20)]
    await gate.write_row(put_all, "first")
    await asyncio.gather(*(gate.write_row(put_all, key) for key in keys))
    stored = [await gate.read(meta.get, key) for key in keys]
    await gate.close()
    assert stored == ["x"] * 20
    assert len(calls) < 20
    assert sorted(key for call in calls for key in call) == sorted(["first", *keys])


async def test_a_bad_row_harms_no_other(engine: Engine) -> None:
    gate = Gate(engine)

    def put_all(connection: Connection, keys: Sequence[str]) -> None:
        for key in keys:
            meta.set_once(connection, key, "x")
        if "bad" in keys:
            raise ValueError("no")

    keys = ["a", "bad", "b"]
    results = await asyncio.gather(*(gate.write_row(put_all, key) for key in keys), return_exceptions=True)
    stored = [await gate.read(meta.get, key) for key in keys]
    await gate.close()
    assert [type(result) for result in results] == [type(None), ValueError, type(None)]
    assert stored == ["x", None, "x"]


def test_the_newest_migration_is_the_one_that_a_start_expects() -> None:
    assert ScriptDirectory.from_config(migrate_module.settings()).get_current_head() == migrate_module.HEAD


def test_a_filled_database_of_the_first_schema_keeps_its_rows(
    empty_database_url: str, tmp_path: Path, now: datetime
) -> None:
    engine = database.open_for_writing(empty_database_url, tmp_path)
    with engine.execution_options(is_write=True).begin() as connection:
        config = migrate_module.settings()
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        moment = now.isoformat() if engine.dialect.name != "sqlite" else now.strftime("%Y-%m-%d %H:%M:%S.%f")
        for statement in (FIRST_SOURCE, FIRST_ITEM):
            connection.execute(text(statement), {"moment": moment})
    database.prepare(engine, host="", token="t", now=now)
    with reading(engine) as connection:
        (state,) = sources.all_states(connection)
        count = items.count(connection)
    engine.dispose()
    assert (state.id, state.polls, state.rhythm, state.children, count) == ("press", 7, Rhythm(), (), 1)
