"""When a configuration that is being edited is read again."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.config.watch import PATIENCE, REST, Rest, snapshot

OLD = frozenset({("a", "1")})


def state(number: int) -> frozenset[tuple[str, ...]]:
    return frozenset({("a", str(number))})


def test_a_folder_that_stays_as_it_is_is_not_read_again() -> None:
    rest = Rest(OLD)
    assert not any(rest.look(OLD, now / 4) for now in range(1000))


def test_a_save_is_read_once_it_rests_and_once_only() -> None:
    rest = Rest(OLD)
    assert not rest.look(state(2), 10.0)
    assert not rest.look(state(2), 10.0 + REST / 2)
    assert rest.look(state(2), 10.0 + REST)
    rest.done(state(2))
    assert not rest.look(state(2), 20.0)


def test_what_never_rests_is_read_all_the_same() -> None:
    rest = Rest(OLD)
    looks = [rest.look(state(number), 10.0 + number * 0.1) for number in range(2, 30)]
    assert looks.index(True) * 0.1 <= PATIENCE + 0.1


def test_a_change_that_is_taken_back_is_none() -> None:
    rest = Rest(OLD)
    assert not rest.look(state(2), 10.0)
    assert not rest.look(OLD, 10.1)
    assert not rest.look(OLD, 15.0)


@given(st.lists(st.tuples(st.integers(0, 3), st.floats(0.01, 0.5)), max_size=60))
def test_whatever_is_saved_the_last_state_is_read_within_the_patience(saves: list[tuple[int, float]]) -> None:
    rest, now, read = Rest(state(0)), 100.0, state(0)
    for number, pause in [*saves, *[(7, 0.25)] * 6]:
        now += pause
        if rest.look(state(number), now):
            read = state(number)
            rest.done(read)
    assert read == state(7)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    config = tmp_path / "config"
    (config / "topics.d").mkdir(parents=True)
    (config / "topics.d/news.toml").write_text("title = 1")
    (config / "aggregator.toml").write_text("")
    return config


def _same_length(folder: Path) -> None:
    (folder / "topics.d/news.toml").write_text("title = 2")


def _same_times(folder: Path) -> None:
    path = folder / "topics.d/news.toml"
    before = path.stat()
    path.write_text("title = 3")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def _renamed_over(folder: Path) -> None:
    (folder / "topics.d/.new").write_text("title = 1")
    (folder / "topics.d/.new").rename(folder / "topics.d/news.toml")


def _removed(folder: Path) -> None:
    (folder / "topics.d/news.toml").unlink()


def _folder_swapped(folder: Path) -> None:
    other = folder.with_name("other")
    (other / "topics.d").mkdir(parents=True)
    folder.rename(folder.with_name("old"))
    folder.symlink_to(other)


def _folder_gone(folder: Path) -> None:
    folder.rename(folder.with_name("old"))


@pytest.mark.parametrize(
    "change", [_same_length, _same_times, _renamed_over, _removed, _folder_swapped, _folder_gone]
)
def test_every_change_looks_otherwise(folder: Path, change: Callable[[Path], None]) -> None:
    before = snapshot(folder)
    assert snapshot(folder) == before
    change(folder)
    assert snapshot(folder) != before


@pytest.mark.parametrize("name", [".news.toml.swp", "news.toml~", "#news.toml#", "4913.tmp"])
def test_what_editors_put_beside_is_no_change(folder: Path, name: str) -> None:
    before = snapshot(folder)
    (folder / "topics.d" / name).write_text("half a li")
    assert snapshot(folder) == before
