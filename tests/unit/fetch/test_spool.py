"""The folder of large bodies: private, empty when it should be, and cleared of what the dead left."""

import os
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from aggregator.errors import OutputError
from aggregator.fetch.spool import PREFIX, Spool, SpoolError, SpoolFile

NOW = datetime.now(UTC)
LATER = NOW + timedelta(hours=1)
Opened = Callable[[datetime], Spool]
DESCRIPTORS = Path("/proc/self/fd")


@pytest.fixture(autouse=True)
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@pytest.fixture
def opened() -> Iterator[Opened]:
    """Return a function that opens a spool, as another process would."""
    made = []

    def another(now: datetime) -> Spool:
        made.append(Spool())
        made[-1].open(now)
        return made[-1]

    yield another
    for spool in made:
        spool.close()


@pytest.fixture
def spool(opened: Opened) -> Spool:
    return opened(NOW)


def folder(room: Path) -> Path:
    (found,) = room.iterdir()
    return found


def test_a_file_is_there_from_its_first_byte_to_the_end_of_the_block(room: Path, spool: Spool) -> None:
    with spool.file() as file:
        assert list(folder(room).iterdir()) == []
        file.write(b"a" * 100_000)
        file.write(b"b")
        file.finish()
        assert file.path is not None
        assert file.path.read_bytes() == b"a" * 100_000 + b"b"
        assert (file.path.stat().st_mode & 0o777, folder(room).stat().st_mode & 0o777) == (0o600, 0o700)
    assert list(folder(room).iterdir()) == []


def test_a_block_that_fails_leaves_no_file_and_no_open_descriptor(room: Path, spool: Spool) -> None:
    before = len(list(DESCRIPTORS.iterdir()))

    def fail(file: SpoolFile) -> None:
        file.write(b"half")
        raise ValueError("a bug")

    with pytest.raises(ValueError, match="a bug"), spool.file() as file:
        fail(file)
    assert list(folder(room).iterdir()) == []
    assert len(list(DESCRIPTORS.iterdir())) == before


def test_the_folder_goes_with_its_owner(room: Path) -> None:
    spool = Spool()
    spool.open(NOW)
    with spool.file() as file:
        file.write(b"x")
        spool.close()
        assert list(room.iterdir()) == []


def test_what_a_killed_process_left_is_removed_by_the_next(room: Path, opened: Opened) -> None:
    dead = room / f"{PREFIX}dead"
    dead.mkdir()
    (dead / "body").write_bytes(b"x")
    opened(LATER)
    assert not dead.exists()
    assert folder(room).name.startswith(PREFIX)


def test_what_a_living_process_uses_stays(room: Path, spool: Spool, opened: Opened) -> None:
    with spool.file() as file:
        file.write(b"x")
        opened(LATER)
        assert file.path is not None
        assert file.path.exists()
    assert len(list(room.iterdir())) == 2


def test_what_may_belong_to_somebody_else_stays(room: Path, opened: Opened) -> None:
    target = room / "precious"
    target.mkdir()
    (room / f"{PREFIX}link").symlink_to(target)
    (room / f"{PREFIX}file").write_bytes(b"x")
    (room / "other").mkdir()
    before = set(room.iterdir())
    opened(LATER)
    assert before < set(room.iterdir())


def test_a_folder_that_was_just_made_is_not_locked_yet_and_stays(room: Path, opened: Opened) -> None:
    young = room / f"{PREFIX}young"
    young.mkdir()
    opened(datetime.now(UTC))
    assert young.exists()


def test_a_folder_that_was_cleared_away_is_made_again(room: Path, spool: Spool) -> None:
    folder(room).rmdir()
    with spool.file() as file:
        file.write(b"x")
        assert len(list(folder(room).iterdir())) == 1
    spool.close()
    assert list(room.iterdir()) == []


def test_a_start_without_a_temporary_folder_says_what_to_do(
    room: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(room / "nowhere"))
    with pytest.raises(OutputError, match=r"No such file or directory; .*set TMPDIR"):
        Spool().open(NOW)


def test_the_folder_may_be_given_and_is_made_and_left_empty(room: Path) -> None:
    state = room / "state" / "of" / "ours"
    spool = Spool(state)
    spool.open(NOW)
    with spool.file() as file:
        file.write(b"x")
        assert file.path is not None
        assert file.path.parent.parent == state
    spool.close()
    assert list(state.iterdir()) == []


def test_what_was_killed_in_a_given_folder_is_removed(room: Path) -> None:
    left = room / "state" / f"{PREFIX}dead"
    left.mkdir(parents=True)
    spool = Spool(room / "state")
    spool.open(LATER)
    assert not left.exists()
    spool.close()


def test_a_given_folder_that_cannot_be_made_says_what_to_do(room: Path) -> None:
    (room / "state").write_text("a file")
    with pytest.raises(OutputError, match=r"make room in .*state, or give another folder by --state"):
        Spool(room / "state").open(NOW)


def test_a_full_disk_is_told_from_a_broken_connection(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool, "create", lambda: (os.open("/dev/full", os.O_WRONLY), Path("/nowhere/body")))
    with spool.file() as file, pytest.raises(SpoolError, match="No space left on device; make room in"):
        file.write(b"x")


def test_a_spool_that_is_not_open_is_a_mistake() -> None:
    with Spool().file() as file, pytest.raises(RuntimeError, match="not open"):
        file.write(b"x")


def test_a_distant_disk_that_is_full_says_so_at_the_end(spool: Spool) -> None:
    with spool.file() as file:
        file.write(b"x")
        descriptor = file._descriptor
        assert descriptor is not None
        os.close(descriptor)  # closing it again fails, as it does on NFS when the quota is used up
        with pytest.raises(SpoolError, match="cannot keep a large document here"):
            file.finish()
