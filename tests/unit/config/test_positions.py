"""Positions agree with tomllib: the same keys, each at the place where it stands."""

import json
import tomllib
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.config.positions import KeyPath, Positions

TEXT = """\
# a comment with [brackets] and = signs
title = "x"   # "quoted" comment
 'odd key'."a \\u0062" = 1

[fetch]
allow_private = [  # first
    "10.0.0.0/8",
    'localhost:8000', # last ]
]
limits = { feed = 1, page.small = [2, {a = "}"}] }
when = 1979-05-27 07:32:00

[[source]]
url = "https://a.example/"
[source.listing]
item = "li"
[[source]]
url = \"\"\"
https://b.example/\"\"\"
tags = []
[[source.extra]]
x = 1
[[source.extra]]
x = ''''quoted''''
[ poll . "deep" ]
y = inf
"""


@pytest.mark.parametrize(
    ("path", "key", "content"),
    [
        (("title",), (2, 1), (2, 10)),
        (("odd key",), (3, 2), (3, 2)),
        (("odd key", "a b"), (3, 12), (3, 25)),
        (("fetch",), (5, 2), (5, 1)),
        (("fetch", "allow_private"), (6, 1), (6, 17)),
        (("fetch", "allow_private", 0), (7, 5), (7, 6)),
        (("fetch", "allow_private", 1), (8, 5), (8, 6)),
        (("fetch", "limits"), (10, 1), (10, 10)),
        (("fetch", "limits", "feed"), (10, 12), (10, 19)),
        (("fetch", "limits", "page", "small", 0), (10, 36), (10, 36)),
        (("fetch", "limits", "page", "small", 1, "a"), (10, 40), (10, 45)),
        (("fetch", "when"), (11, 1), (11, 8)),
        (("source",), (13, 3), (13, 1)),
        (("source", 0), (13, 1), (13, 1)),
        (("source", 0, "url"), (14, 1), (14, 8)),
        (("source", 0, "listing", "item"), (16, 1), (16, 9)),
        (("source", 1), (17, 1), (17, 1)),
        (("source", 1, "url"), (18, 1), (19, 1)),
        (("source", 1, "tags"), (20, 1), (20, 8)),
        (("source", 1, "extra", 1, "x"), (24, 1), (24, 8)),
        (("poll", "deep", "y"), (26, 1), (26, 5)),
        (("source", 1, "missing"), (17, 1), (17, 1)),
        (("nowhere",), (1, 1), (1, 1)),
    ],
)
def test_each_key_and_value_stands_where_it_is_written(
    path: KeyPath, key: tuple[int, int], content: tuple[int, int]
) -> None:
    positions = Positions(TEXT)
    assert (positions.key(path), positions.content(path)) == (key, content)


def test_finds_what_tomllib_finds() -> None:
    assert set(Positions(TEXT).paths()) == set(_paths(tomllib.loads(TEXT)))


def test_windows_line_ends_count_once() -> None:
    text = TEXT.replace("\n", "\r\n")
    assert Positions(text).key(("poll", "deep", "y")) == (26, 1)


@pytest.mark.parametrize(
    "text",
    ["[", "[[", "a", "a =", "= 1", "a = [", "a = [}", "a = {", 'a = """', "]]", "a.", "{", '"\\1" = 1'],
)
def test_text_that_is_not_toml_ends_the_scan_quietly(text: str) -> None:
    assert Positions(text).key(("b",)) == (1, 1)


@given(st.text(alphabet="a=.[]{}\"'#\\\n ,1-T:"))
def test_any_text_is_scanned_to_its_end(text: str) -> None:
    assert isinstance(Positions(text).paths(), tuple)


def _paths(value: object, path: KeyPath = ()) -> Iterator[KeyPath]:
    if path:
        yield path
    if isinstance(value, dict):
        for key, child in value.items():
            yield from _paths(child, (*path, key))
    if isinstance(value, list):
        for index, child in enumerate(value):
            yield from _paths(child, (*path, index))


# --- random documents, written in all the styles that TOML has -----------------------------------

_NAMES = st.one_of(st.sampled_from(["a", "b", "source", "x-1", "007"]), st.text("é .\"'=[]#\\", max_size=3))
_TEXTS = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")), max_size=8).map(
    lambda text: text + "\n" if text.endswith("'") else text
)
_SCALARS = st.one_of(
    st.integers(-(2**63), 2**63 - 1).map(str),
    st.sampled_from(
        [
            "true",
            "inf",
            "-1.5e3",
            "1979-05-27 07:32:00",
            "1979-05-27T07:32:00Z",
            "07:32:00",
            "0xf",
        ]
    ),
    _TEXTS.map(json.dumps),
    _TEXTS.map(lambda text: json.dumps(text, ensure_ascii=False)),
    _TEXTS.filter(lambda text: "'" not in text and "\n" not in text).map(lambda text: f"'{text}'"),
    _TEXTS.map(lambda text: '"""' + json.dumps(text, ensure_ascii=False)[1:-1].replace("\\n", "\n") + '"""'),
    _TEXTS.filter(lambda text: "'''" not in text).map(lambda text: f"'''\n{text}'''"),
)
_FILL = st.sampled_from(["", " ", "\n", " # ] } \" ' =\n", "\t"])


def _key(name: str) -> str:
    is_bare = name and all(char.isascii() and (char.isalnum() or char in "-_") for char in name)
    return name if is_bare else json.dumps(name)


@st.composite
def _array(draw: st.DrawFn, values: st.SearchStrategy[str]) -> str:
    items = draw(st.lists(values, max_size=3))
    fill = [draw(_FILL) for _ in range(2 * len(items) + 1)]
    return (
        "["
        + "".join(f"{fill[2 * i]}{item}{fill[2 * i + 1]}," for i, item in enumerate(items))
        + fill[-1]
        + "]"
    )


@st.composite
def _inline(draw: st.DrawFn, values: st.SearchStrategy[str]) -> str:
    pairs = draw(st.lists(st.tuples(_NAMES, values), max_size=3, unique_by=lambda pair: pair[0]))
    return "{ " + " , ".join(f"{_key(name)} = {value}" for name, value in pairs) + " }"


_VALUES = st.recursive(_SCALARS, lambda values: _array(values) | _inline(values), max_leaves=5)


@st.composite
def _documents(draw: st.DrawFn) -> str:
    lines = []
    for _ in range(draw(st.integers(0, 6))):
        for _ in range(draw(st.integers(0, 3))):
            dotted = draw(st.sampled_from([".", " . "])).join(
                _key(draw(_NAMES)) for _ in range(draw(st.integers(1, 2)))
            )
            comment = draw(st.sampled_from(["", " # x = 1"]))
            lines.append(f"{draw(st.sampled_from(['', '  ']))}{dotted} = {draw(_VALUES)}{comment}")
        path = ".".join(_key(draw(_NAMES)) for _ in range(draw(st.integers(1, 3))))
        lines.append(
            draw(st.sampled_from(["", f"[{path}]", f"[[{path}]]", f"[[ {path} ]] # [", "# comment"]))
        )
    return draw(st.sampled_from(["\n", "\r\n"])).join(lines)


@given(_documents())
def test_keys_found_are_the_keys_parsed(text: str) -> None:
    try:
        parsed = tomllib.loads(text)
    except tomllib.TOMLDecodeError:  # the same key twice, a table after its dotted key …
        return
    positions = Positions(text)
    assert set(positions.paths()) == set(_paths(parsed))


@given(st.lists(st.tuples(_NAMES, _SCALARS), min_size=1, max_size=6, unique_by=lambda pair: pair[0]))
def test_the_value_at_its_place_is_the_value_parsed(pairs: list[tuple[str, str]]) -> None:
    text = "\n".join(f"{_key(name)} = {value}" for name, value in pairs) + "\n"
    positions = Positions(text)
    for name, value in pairs:
        line, column = positions.value((name,))
        rest = "\n".join(text.split("\n")[line - 1 :])[column - 1 :]
        assert rest.startswith(value)
