"""Writing into the user's files: nothing of theirs changes, nothing is half written, all can be undone."""

import os
import stat
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.config import edit
from aggregator.config.load import load
from aggregator.config.references import literal
from aggregator.errors import OutputError, UsageError
from tests.unit.config.conftest import MakeFolder

TABLE = edit.source_tables([{"url": "https://n.example/"}])


@pytest.mark.parametrize(
    ("before", "after", "line"),
    [
        (b"", b'[[source]]\nurl = "https://n.example/"\n', 1),
        (b"# mine", b'# mine\n\n[[source]]\nurl = "https://n.example/"\n', 3),
        (b"x = 1 # \xc3\xa9\n\n\n", b'x = 1 # \xc3\xa9\n\n\n\n[[source]]\nurl = "https://n.example/"\n', 5),
        (b"# a\r\n# b", b'# a\r\n# b\r\n\r\n[[source]]\r\nurl = "https://n.example/"\r\n', 4),
        (b"\xef\xbb\xbf# bom\n", b'\xef\xbb\xbf# bom\n\n[[source]]\nurl = "https://n.example/"\n', 3),
    ],
)
def test_what_stands_in_a_file_stays_byte_for_byte(
    tmp_path: Path, before: bytes, after: bytes, line: int
) -> None:
    path = tmp_path / "x.toml"
    path.write_bytes(before)
    done = edit.append(path, TABLE)
    assert path.read_bytes() == after == done.after
    assert done.line == line
    edit.take_back(done)
    assert path.read_bytes() == before


def test_a_file_that_was_not_there_is_made_and_removed(tmp_path: Path) -> None:
    path = tmp_path / "sources.d" / "x.toml"
    done = edit.append(path, TABLE)
    assert (path.read_text(), done.line) == (TABLE, 1)
    assert [each.name for each in path.parent.iterdir()] == ["x.toml"]
    edit.take_back(done)
    assert list(path.parent.iterdir()) == []


def test_mode_and_links_are_kept(tmp_path: Path) -> None:
    target, link = tmp_path / "real.toml", tmp_path / "link.toml"
    target.write_text("# a\n")
    target.chmod(0o640)
    link.symlink_to("real.toml")
    edit.append(link, TABLE)
    assert link.is_symlink()
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert target.read_text() == f"# a\n\n{TABLE}"


def test_a_file_made_for_a_secret_is_its_owners_only(tmp_path: Path) -> None:
    path = tmp_path / "sources.d" / "added.toml"
    edit.append(path, TABLE, is_private=True)
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o644)
    edit.append(path, TABLE, is_private=True)
    assert path.stat().st_mode & 0o777 == 0o644


def test_what_somebody_else_wrote_meanwhile_is_not_taken_back(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    done = edit.append(path, TABLE)
    path.write_text("# theirs\n")
    edit.take_back(done)
    assert path.read_text() == "# theirs\n"


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "sources.d").write_text("a file")
    with pytest.raises(OutputError, match=r"cannot write .*x\.toml"):
        edit.append(tmp_path / "sources.d" / "x.toml", TABLE)


def test_a_failed_write_leaves_the_file_and_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x.toml"
    path.write_text("# a\n")

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match="No space left"):
        edit.append(path, TABLE)
    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [("x.toml", "# a\n")]


def test_all_keys_are_written_and_read_again(make_folder: MakeFolder) -> None:
    table: dict[str, edit.Value] = {
        "url": "https://n.example/list",
        "id": "n",
        "title": 'Ein "Titel" \\ 中文',
        "kind": "listing",
        "tags": ["a", "b c"],
        "lang": "",
        "listing": {"item": "li > a[href^='/x']", "date": 'time[title="x"]'},
    }
    folder = make_folder({})
    edit.append(folder / "sources.d/good.toml", edit.source_tables([table]))
    edit.append(folder / "sources.d/good.toml", TABLE)
    first, second, third = load(folder, {}, {}).sources
    assert (first.id, second.id, third.id) == ("a-example-feed", "n", "n-example")
    assert (second.title, second.tags, second.lang) == (table["title"], ("a", "b c"), None)
    assert second.listing is not None
    assert (second.listing.item, second.listing.date) == ("li > a[href^='/x']", 'time[title="x"]')


@given(st.text(min_size=1), st.lists(st.text()))
def test_any_text_is_written_as_toml(text: str, tags: list[str]) -> None:
    tables = edit.source_tables([{"title": text, "tags": tags}, {"url": text}])
    written = tomllib.loads(tables)["source"]
    assert written == [{"title": text, **({"tags": tags} if tags else {})}, {"url": text}]


@given(st.text(st.sampled_from("${}env:TOKEN"), max_size=12))
def test_a_literal_is_never_a_reference(text: str) -> None:
    from aggregator.config.references import References

    found = References({"TOKEN": "secret"}).reveal({"url": literal(text)}, frozenset({"url"}))
    assert (found.table, found.mistakes, found.secrets) == ({"url": text}, (), ())


def test_only_files_that_are_read_can_be_named(tmp_path: Path) -> None:
    folder = tmp_path / "config"
    (folder / "sources.d").mkdir(parents=True)
    assert edit.place(folder, "x.toml") == folder / "sources.d/x.toml"
    assert edit.place(folder, str(folder / "sources.d/x.toml")) == folder / "sources.d/x.toml"
    outside = ("x.txt", ".x.toml", "#x.toml", "x", "../x.toml", str(tmp_path / "x.toml"))
    for name in (*outside, str(folder / "topics.d/x.toml"), str(folder / "sources.d/sub/x.toml")):
        with pytest.raises(UsageError, match="would not be read"):
            edit.place(folder, name)
