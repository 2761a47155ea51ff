"""Files of the feeds folder: whole, only where bytes differ, never outside."""

import errno
import gzip
import os
import subprocess
import sys
from pathlib import Path

import pytest

from aggregator.errors import OutputError
from aggregator.publish import files


def test_a_file_is_written_only_when_its_bytes_differ(tmp_path: Path) -> None:
    folder = tmp_path / "feeds"
    assert files.write(folder, "a.atom", b"one") is True
    os.utime(folder / "a.atom", ns=(1, 1))
    before = files.stamp(folder, "a.atom")
    assert files.write(folder, "a.atom", b"one") is False
    assert files.stamp(folder, "a.atom") == before
    assert files.write(folder, "a.atom", b"two") is True
    stored = files.read(folder, "a.atom")
    assert stored is not None
    assert stored.body == b"two"
    assert stored.stamp == files.stamp(folder, "a.atom") != before
    assert sorted(path.name for path in folder.iterdir()) == ["a.atom", "a.atom.gz"]


def test_a_new_file_is_later_by_a_second_even_where_the_clock_is_not(tmp_path: Path) -> None:
    times = []
    for n in range(4):
        files.write(tmp_path, "a.atom", str(n).encode())
        if n == 2:  # the clock was an hour ahead, and was set right
            ahead = int(times[-1]) + 3600
            os.utime(tmp_path / "a.atom", (ahead, ahead))
        times.append((tmp_path / "a.atom").stat().st_mtime)
    assert [int(time) for time in times] == sorted({int(time) for time in times})


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "../a.atom",
        "a/b",
        "/etc/x",
        ".hidden",
        "a\0b",
        "a\n",
        "a b",
        "x" * 101,
        "-a",
        "阿" * 67,
    ],
)
def test_a_name_with_a_path_in_it_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="not a plain file name"):
        files.write(tmp_path, name, b"x")
    with pytest.raises(ValueError, match="not a plain file name"):
        files.read(tmp_path, name)
    assert list(tmp_path.iterdir()) == []


def test_names_in_any_script_are_fine(tmp_path: Path) -> None:
    assert files.write(tmp_path, "régulation-阿里巴巴.atom", b"x")
    assert files.read(tmp_path, "régulation-阿里巴巴.atom") is not None


def test_a_symbolic_link_is_replaced_and_never_followed(tmp_path: Path) -> None:
    folder, outside = tmp_path / "feeds", tmp_path / "secret"
    folder.mkdir()
    outside.write_bytes(b"secret")
    (folder / "a.atom").symlink_to(outside)
    assert files.read(folder, "a.atom") is None
    assert files.stamp(folder, "a.atom") is None
    assert files.write(folder, "a.atom", b"secret") is True
    assert not (folder / "a.atom").is_symlink()
    assert outside.read_bytes() == b"secret"
    assert files.write(folder, "a.atom", b"feed") is True
    assert outside.read_bytes() == b"secret"


def test_a_folder_that_is_a_link_is_the_users_choice(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "feeds").symlink_to(tmp_path / "real")
    assert files.write(tmp_path / "feeds", "a.atom", b"x")
    assert (tmp_path / "real" / "a.atom").read_bytes() == b"x"


def test_what_is_no_file_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.atom")
    (tmp_path / "folder.atom").mkdir()
    for name in ("pipe.atom", "folder.atom", "absent.atom"):
        assert files.read(tmp_path, name) is None
        assert files.stamp(tmp_path, name) is None
    assert files.read(tmp_path / "nowhere", "a.atom") is None
    assert files.write(tmp_path, "pipe.atom", b"x") is True


def test_a_failure_says_what_to_do_and_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files.write(tmp_path, "a.atom", b"old")

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OutputError, match=r"No space left on device.*publish\.folder"):
        files.write(tmp_path, "a.atom", b"new")
    assert (tmp_path / "a.atom").read_bytes() == b"old"
    assert gzip.decompress((tmp_path / "a.atom.gz").read_bytes()) == b"old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.atom", "a.atom.gz"]
    with pytest.raises(OutputError, match="cannot write"):
        files.write(tmp_path / "a.atom", "b.atom", b"new")


@pytest.mark.parametrize("flushes", [0, 1])  # of the sibling, of the file
def test_a_kill_leaves_whole_files_and_the_next_run_mends_them(tmp_path: Path, flushes: int) -> None:
    files.write(tmp_path, "a.atom", b"old")
    script = (
        "import os, sys; from pathlib import Path; from aggregator.publish import files; count = [];"
        f"os.fsync = lambda _: count.append(1) or len(count) > {flushes} and os.kill(os.getpid(), 9);"
        "files.write(Path(sys.argv[1]), 'a.atom', b'new')"
    )
    done = subprocess.run([sys.executable, "-c", script, tmp_path], check=False)
    assert done.returncode == -9
    assert (tmp_path / "a.atom").read_bytes() == b"old"
    assert gzip.decompress((tmp_path / "a.atom.gz").read_bytes()) == (b"new" if flushes else b"old")
    assert len(list(tmp_path.iterdir())) == 3
    (tmp_path / ".keep").write_bytes(b"")
    assert files.clean(tmp_path) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == [".keep", "a.atom", "a.atom.gz"]
    assert files.clean(tmp_path / "nowhere") == 0
    files.write(tmp_path, "a.atom", b"old")
    assert files.read_sibling(tmp_path, "a.atom", b"old") == (tmp_path / "a.atom.gz").read_bytes()


def test_the_sibling_is_the_same_file_compressed_always_alike(tmp_path: Path) -> None:
    body = b"<feed>" + b"text " * 10_000 + b"</feed>"
    for folder in (tmp_path / "one", tmp_path / "two"):
        files.write(folder, "a.atom", body)
    one, two = ((tmp_path / name / "a.atom.gz").read_bytes() for name in ("one", "two"))
    assert one == two
    assert one[4:8] == bytes(4)  # no time in the header (RFC 1952)
    assert gzip.decompress(one) == body
    assert files.read_sibling(tmp_path / "one", "a.atom", body) == one
    assert files.read_sibling(tmp_path / "one", "a.atom", body + b" ") is None
    (tmp_path / "one" / "a.atom.gz").write_bytes(b"short")
    assert files.write(tmp_path / "one", "a.atom", body) is True
    assert (tmp_path / "one" / "a.atom.gz").read_bytes() == two


def test_only_plain_files_of_the_folder_are_removed_and_listed(tmp_path: Path) -> None:
    folder, outside = tmp_path / "feeds", tmp_path / "secret"
    outside.write_bytes(b"secret")
    files.write(folder, "a.atom", b"a")
    files.write(folder, "b.atom", b"b")
    (folder / "link.atom").symlink_to(outside)
    (folder / "folder.atom").mkdir()
    (folder / ".hidden").write_bytes(b"")
    assert files.names(folder) == [
        "a.atom", "a.atom.gz", "b.atom", "b.atom.gz", "folder.atom", "link.atom",
    ]  # fmt: skip
    gone = files.remove(folder, ["a.atom", "link.atom", "folder.atom", "absent.atom"])
    assert gone == ["a.atom", "a.atom.gz", "link.atom"]
    assert outside.read_bytes() == b"secret"
    assert files.names(folder) == ["b.atom", "b.atom.gz", "folder.atom"]
    with pytest.raises(ValueError, match="plain file name"):
        files.remove(folder, ["../secret"])
    assert (files.names(tmp_path / "nowhere"), files.remove(tmp_path / "nowhere", ["a.atom"])) == ([], [])
