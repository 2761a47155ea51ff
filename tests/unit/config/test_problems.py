"""Every kind of mistake is reported once, at its line and column, with what to write instead."""

import re
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet

from aggregator.config.load import load
from aggregator.errors import ConfigError
from tests.unit.config.conftest import MakeFolder

QUERY = 'title = "X"\nquery = "x"\n'


def _cases() -> list[ParameterSet]:
    """Read mistakes.txt."""
    text = Path(__file__).with_name("mistakes.txt").read_text(encoding="utf-8")
    cases = []
    for case in re.split(r"^### ", text, flags=re.MULTILINE)[1:]:
        name, rest = case.split("\n--- ", 1)
        file, rest = rest.split("\n", 1)
        content, expected = rest.split(">>>\n")
        cases.append(pytest.param(file, content, expected.split("\n"), id=name))
    return cases


def _problems(folder: Path) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(folder, {}, {})
    return str(caught.value).splitlines()


@pytest.mark.parametrize(("file", "content", "expected"), _cases())
def test_a_mistake_has_its_place(
    make_folder: MakeFolder, file: str, content: str, expected: list[str]
) -> None:
    folder = make_folder({file: content})
    problems = _problems(folder)
    assert problems == [f"{folder}/{file}:{line.replace('DIR', str(folder))}" for line in expected if line]
    assert "secret" not in str(problems)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (
            b'[[source]]\n# caf\xc3\xa9 caf\xe9\nurl = "https://x.example/"\n',
            "2:11: byte 0xe9 is not UTF-8 (save the file as UTF-8)",
        ),
        ("\ufeffa = 1\n".encode("utf-16-le"), "1:1: is written in UTF-16 (save the file as UTF-8)"),
        (b"a = " + b"[" * 100_000, "1:1: arrays or tables are nested too deeply"),
        (b"\na = " + b"9" * 5_000, "2: a number has too many digits"),
    ],
    ids=["latin-1", "utf-16", "deep", "endless"],
)
def test_bytes_that_are_no_toml(make_folder: MakeFolder, content: bytes, expected: str) -> None:
    folder = make_folder({"sources.d/x.toml": content})
    assert _problems(folder) == [f"{folder}/sources.d/x.toml:{expected}"]


def test_all_mistakes_of_all_files_are_told_at_once_in_the_order_of_the_files(
    make_folder: MakeFolder,
) -> None:
    folder = make_folder(
        {
            "aggregator.toml": "[poll]\nx = 1\n[pol]\n",
            "sources.d/x.toml": "[[source]]\nurl = 1\nx = 2\n",
            "sources.d/y.toml": "=",
            "topics.d/x.toml": QUERY + "x = 1\n",
            "lists.d/x.toml": "x = 1",
        }
    )
    with pytest.raises(ConfigError) as caught:
        load(folder, {}, {})
    places = [(Path(each.file).name, each.line, each.column) for each in caught.value.problems]
    assert places == [
        ("aggregator.toml", 2, 1),
        ("aggregator.toml", 3, 2),
        *[("x.toml", 2, 7), ("x.toml", 3, 1), ("y.toml", 1, 1)],
        *[("x.toml", 3, 1), ("x.toml", 1, 1), ("x.toml", 1, 1)],
    ]


def test_a_file_without_content_is_a_mistake_of_its_own(make_folder: MakeFolder) -> None:
    folder = make_folder({"sources.d/good.toml": "# later\n", "topics.d/good.toml": ""})
    hint = 'create sources.d/news.toml with the two lines: [[source]] and url = "https://…"'
    assert _problems(folder) == [
        f"{folder}/sources.d: no source is configured ({hint})",
        f"{folder}/topics.d/good.toml:1:1: title is missing",
        f"{folder}/topics.d/good.toml:1:1: query is missing",
    ]


def test_an_empty_folder_says_what_to_create(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, {}, {})
    assert [(problem.message, problem.file) for problem in caught.value.problems] == [
        ("no source is configured", f"{tmp_path}/sources.d"),
        ("no topic is configured", f"{tmp_path}/topics.d"),
    ]
    assert caught.value.exit_code == 78


@pytest.mark.parametrize(
    ("name", "message"), [("nowhere", "there is no such folder"), ("file", "is not a folder")]
)
def test_a_missing_folder_says_what_to_create(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError) as caught:
        load(tmp_path / name, {}, {})
    hint = "create it with the folders sources.d and topics.d in it, or name another with --config"
    assert str(caught.value) == f"{tmp_path / name}: {message} ({hint})"


def test_a_broken_source_is_not_also_called_missing(make_folder: MakeFolder) -> None:
    folder = make_folder({"sources.d/good.toml": "=", "topics.d/x.toml": QUERY + 'sources = ["tag:x"]\n'})
    with pytest.raises(ConfigError) as caught:
        load(folder, {}, {})
    assert [Path(problem.file).name for problem in caught.value.problems] == ["good.toml"]


@pytest.mark.parametrize("name", ["sources.d/x.toml", "aggregator.toml"])
def test_what_is_no_file_is_reported_and_never_waited_for(make_folder: MakeFolder, name: str) -> None:
    folder = make_folder({})
    (folder / name).symlink_to("/dev/zero")
    (folder / "topics.d/gone.toml").symlink_to("nowhere")
    (folder / "topics.d/folder.toml").mkdir()
    assert set(_problems(folder)) == {
        f"{folder}/{name}: is not a file (only regular files can be read here)",
        f"{folder}/topics.d/gone.toml: cannot be read: no such file or directory",
        f"{folder}/topics.d/folder.toml: is not a file (only regular files can be read here)",
    }


def test_a_file_in_the_place_of_a_folder_is_reported(make_folder: MakeFolder) -> None:
    folder = make_folder({"lists.d": "x"})
    assert _problems(folder) == [f"{folder}/lists.d: cannot be read: not a directory"]
