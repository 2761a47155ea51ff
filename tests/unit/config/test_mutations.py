"""However the shipped configuration is damaged, it loads or says where it is wrong: never a traceback."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aggregator.config.load import load
from aggregator.errors import ConfigError, Problem
from tests.unit.config.conftest import TOPIC
from tests.unit.config.test_shipped import SHIPPED

FILES = (
    "aggregator.toml",
    "sources.d/press-fr.toml",
    "sources.d/secret.toml",
    "topics.d/x.toml",
    "lists.d/x.toml",
    "sites.d/x.toml",
)
RICH_TOPIC = (
    TOPIC + 'langs = ["fr"]\nsources = ["tag:china"]\ncontent = "excerpt:600"\nmax_age = "7d"\n'
    '[score]\nthreshold = 3\n[[test]]\ntext = "a"\nmatch = true\n'
)
RICH_SOURCE = (
    '[[source]]\nurl = "https://x.example/?key=$${a}"\nauth = "me:hunter2-hunter2"\n'
    'proxy = "none"\nrobots = false\n'
    'cookies = { a = "hunter2-hunter2" }\nuser_agent = "Reader/1"\n[source.headers]\nX-Key = "${file:key}"\n'
)
RICH_SITE = (
    '[[site]]\nhost = "paper.example"\nbody = "div.story"\n'
    'strip = ["aside", "//p[starts-with(., \'Read\')]"]\n'
    'title = "string(//h1)"\nnext_page = "a[rel=next]"\nprefer_feed = false\nuser_agent = "Reader/1"\n'
)
SECRET = "hunter2-hunter2"
MUTATIONS: dict[str, Callable[[str], str]] = {
    "empty": lambda text: text[:0],
    "half": lambda text: text[: len(text) // 2],
    "third": lambda text: text[: len(text) // 3],
    "twice": lambda text: text + "\n" + text,
    "reversed": lambda text: "\n".join(reversed(text.split("\n"))),
    "no quotes": lambda text: text.replace('"', ""),
    "one quote less": lambda text: text[::-1].replace('"', "", 1)[::-1],
    "single quotes": lambda text: text.replace('"', "'"),
    "curly quotes": lambda text: re.sub('"(.*?)"', "“\\1”", text),
    "no brackets": lambda text: re.sub(r"[\[\]]", "", text),
    "one bracket": lambda text: text.replace("[[", "[").replace("]]", "]"),
    "two brackets": lambda text: re.sub(r"^\[(\w+)\]", r"[[\1]]", text, flags=re.MULTILINE),
    "colons": lambda text: text.replace(" = ", ": "),
    "no equals": lambda text: text.replace("=", ""),
    "upper keys": lambda text: re.sub(r"^\w+ =", lambda found: found[0].upper(), text, flags=re.MULTILINE),
    "numbers for text": lambda text: re.sub(r'= "[^"]*"', "= 7", text),
    "text for numbers": lambda text: re.sub(r"= \d+$", '= "seven"', text, flags=re.MULTILINE),
    "negative": lambda text: re.sub(r"= (\d+)$", r"= -\1", text, flags=re.MULTILINE),
    "huge": lambda text: re.sub(r"= (\d+)$", r"= 9\g<1>" + "0" * 60, text, flags=re.MULTILINE),
    "dates": lambda text: re.sub(r"= .*$", "= 2026-01-05", text, flags=re.MULTILINE),
    "infinite": lambda text: re.sub(r"= .*$", "= inf", text, flags=re.MULTILINE),
    "lists": lambda text: re.sub(r"= .*$", "= [[[]], {}]", text, flags=re.MULTILINE),
    "tables": lambda text: re.sub(r"= .*$", "= { a.b = 1 }", text, flags=re.MULTILINE),
    "empty texts": lambda text: re.sub(r'"[^"]*"', '""', text),
    "NUL": lambda text: text.replace("e", "\0", 1),
    "escapes": lambda text: re.sub(r'"([^"]*)"', r'"\\u0000\\n\1"', text),
    "marks of direction": lambda text: text.replace("a", "\u202ea"),
    "tabs": lambda text: text.replace(" ", "\t"),
    "carriage returns": lambda text: text.replace("\n", "\r"),
    "conflict": lambda text: f"<<<<<<< HEAD\n{text}=======\n{text}>>>>>>> other\n",
    "yaml": lambda text: text.replace("[", "- ").replace("]", ":"),
    "dotted": lambda text: re.sub(r"^(\w+) =", r"a.\1 =", text, flags=re.MULTILINE),
}


def _outcome(folder: Path) -> str:
    """Load a folder and check that each problem names a place."""
    problems: tuple[Problem, ...] = ()
    try:
        load(folder, {}, {})
    except ConfigError as error:
        problems = error.problems
        assert problems, "refused without a reason"
    for problem in problems:
        assert str(problem).isprintable()
        assert SECRET not in str(problem)
        assert problem.file.startswith(str(folder))
        is_about_folder = problem.message.startswith("no ")
        assert is_about_folder or (problem.line and problem.line >= 1), str(problem)
        if problem.line and problem.column:
            lines = Path(problem.file).read_bytes().decode("utf-8", "replace").split("\n")
            assert problem.line <= len(lines)
            assert problem.column <= len(lines[problem.line - 1]) + 2
    return "refused" if problems else "loaded"


@pytest.fixture(scope="module")
def rich_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rich")
    shutil.copytree(SHIPPED / "sources.d", folder / "sources.d")
    shutil.copy(SHIPPED / "aggregator.toml", folder)
    for name, text in (
        ("topics.d/x.toml", RICH_TOPIC),
        ("lists.d/x.toml", 'terms = ["a", "b"]\n'),
        ("sites.d/x.toml", RICH_SITE),
        ("sources.d/secret.toml", RICH_SOURCE),
        ("key", f"{SECRET}\n"),
    ):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_undamaged_it_loads(rich_folder: Path) -> None:
    assert _outcome(rich_folder) == "loaded"


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("mutation", MUTATIONS)
def test_a_damaged_file_loads_or_is_explained(rich_folder: Path, file: str, mutation: str) -> None:
    path = rich_folder / file
    original = path.read_bytes()
    path.write_bytes(MUTATIONS[mutation](original.decode()).encode())
    try:
        assert _outcome(rich_folder) in ("loaded", "refused")
    finally:
        path.write_bytes(original)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    file=st.sampled_from(FILES),
    start=st.floats(0, 1),
    length=st.integers(0, 30),
    insert=st.one_of(
        st.binary(max_size=4),
        st.sampled_from(
            [b'"', b"\n", b"[", b"]", b"{", b"=", b"'", b'"""', b"#", b".", b"\\", b"\xff", b"[[source]]\n"]
        ),
    ),
)
def test_a_file_damaged_anywhere_loads_or_is_explained(
    rich_folder: Path, file: str, start: float, length: int, insert: bytes
) -> None:
    path = rich_folder / file
    original = path.read_bytes()
    place = int(start * len(original))
    path.write_bytes(original[:place] + insert + original[place + length :])
    try:
        assert _outcome(rich_folder) in ("loaded", "refused")
    finally:
        path.write_bytes(original)
