"""References to environment, files and credentials: what they become, and what is refused."""

import os
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aggregator.config.load import load
from aggregator.config.references import LONGEST, References
from aggregator.errors import ConfigError
from tests.unit.config.conftest import MakeFolder

KEYS = frozenset({"key"})


def _one(text: str, environ: Mapping[str, str], folder: Path = Path("nowhere")) -> object:
    revealed = References(environ, folder).reveal({"key": text}, KEYS)
    return revealed.mistakes[0].message if revealed.mistakes else revealed.table["key"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("me:${env:A}", "me:one"),
        ("${env:A}${env:B}", "onetwo ${env:A}"),  # what a reference stands for is not looked at again
        ("$${env:A}", "${env:A}"),
        ("$$${env:A}", "$${env:A}"),
        ("$$ $ {} $A", "$$ $ {} $A"),
        ("", ""),
    ],
)
def test_references_are_replaced_once(text: str, expected: str) -> None:
    assert _one(text, {"A": "one", "B": "two ${env:A}"}) == expected


def test_files_start_in_the_folder_and_may_end_with_a_newline(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"se cret\r\n")
    (tmp_path / "b").write_bytes("é\n".encode())
    (tmp_path / "link").symlink_to("a")
    assert _one("${file:a}|${file:link}", {}, tmp_path) == "se cret|se cret"
    assert _one(f"${{file:{tmp_path}/b}}", {}) == "é"


def test_credentials_of_systemd_are_files_of_their_own_folder(tmp_path: Path) -> None:
    (tmp_path / "paper").write_text("secret", encoding="utf-8")
    environ = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    assert _one("${credential:paper}", environ) == "secret"
    expected = "needs the credential other, which cannot be read: no such file or directory"
    assert _one("${credential:other}", environ) == expected
    for name in ("..", ".", "", "a/b", "../x", "a\0"):
        assert _one(f"${{credential:{name}}}", environ) == "names a credential that cannot exist"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("", "needs {}, which is empty"),
        ("x" * LONGEST, None),
        ("x" * (LONGEST + 1), "needs {}, which is too long"),
        ("é" * LONGEST, None),
        ("a\tb", "needs {}, which holds control characters"),
        ("a\r\nHost: x", "needs {}, which holds control characters"),
        ("a\n\n", "needs {}, which holds control characters"),
        ("a\x85", "needs {}, which holds control characters"),
        ("a\x00", "needs {}, which holds control characters"),
    ],
    ids=["empty", "longest", "too long", "longest bytes", "tab", "lines", "newlines", "C1", "NUL"],
)
def test_what_a_reference_stands_for_is_one_line_of_bounded_text(
    tmp_path: Path, value: str, expected: str | None
) -> None:
    (tmp_path / "a").write_bytes(value.encode())
    for text, what in (("${env:A}", "the variable A"), ("${file:a}", "a file")):
        found = _one(text, {"A": value}, tmp_path)
        assert found == (value if expected is None else expected.format(what))


def test_an_endless_file_is_not_read_to_its_end(tmp_path: Path) -> None:
    with (tmp_path / "a").open("wb") as file:
        file.truncate(10**12)
    assert _one("${file:a}", {}, tmp_path) == "needs a file, which is too long"


def test_what_is_no_file_is_never_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name in ("pipe", "/dev/zero", "."):
        assert _one(f"${{file:{name}}}", {}, tmp_path) == "needs a file, which is not a file"


def test_files_and_variables_that_are_no_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"caf\xe9")
    assert _one("${file:a}", {}, tmp_path) == "needs a file, which is not UTF-8"
    undecodable = os.fsdecode(b"caf\xe9")
    assert _one("${env:A}", {"A": undecodable}) == "needs the variable A, which holds control characters"


def test_a_name_with_nul_is_a_mistake_not_a_crash() -> None:
    expected = "needs a file, which cannot be read: there is no such file"
    assert _one("${file:a\0b}", {}) == expected


@pytest.mark.parametrize(
    ("text", "value", "is_fine"),
    [
        ("https://me:${env:A}@x.example/", "p@ss:word", True),
        ("https://me:${env:A}@x.example/", "80/secret", False),
        ("https://me:${env:A}@x.example/", "secret?", False),
        ("https://me:${env:A}@x.example/", "secret#", False),
        ("https://me:${env:A}@x.example/", "[secret", False),
        ("https://x.example/${env:A}", "@y.example/a?b#c", True),
        ("https://x.example${env:A}", ".evil.example", True),  # the user says that the server is a secret
        ("${env:A}", "https://x.example/", True),
        ("Bearer ${env:A}", "https://x.example/", True),
    ],
)
def test_no_secret_sends_us_to_another_server(text: str, value: str, is_fine: bool) -> None:
    found = _one(text, {"A": value})
    refusal = "would name another server once its references are replaced"
    assert found == (text.replace("${env:A}", value) if is_fine else refusal)


def test_only_keys_that_may_hold_secrets_are_looked_at() -> None:
    revealed = References({"A": "x"}).reveal({"key": ["${env:A}", 3], "other": "${env:A}"}, KEYS)
    assert revealed.table == {"key": ["x", 3], "other": "${env:A}"}
    assert (revealed.secrets, revealed.shown) == (("x",), {})


def test_the_shown_form_hides_references_only() -> None:
    revealed = References({"A": "x"}).reveal({"key": "https://${env:A}/x$${a}"}, KEYS)
    assert (revealed.table["key"], revealed.shown["key"]) == ("https://x/x${a}", "https://***/x${a}")
    assert "environ" not in repr(References({"A": "x"}))


@given(st.text(alphabet="${}:envfilcrda/. A\n\\", max_size=30))
def test_any_text_is_replaced_or_explained(text: str) -> None:
    revealed = References({"A": "x"}, Path("nowhere")).reveal({"key": text}, KEYS)
    assert ("key" in revealed.failed) or isinstance(revealed.table["key"], str)
    if "${" not in text:
        assert revealed.table["key"] == text


def _load(folder: Path, environ: dict[str, str]) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(folder, environ, {})
    return [line.removeprefix(f"{folder}/") for line in str(caught.value).splitlines()]


def test_a_value_is_checked_after_its_references_are_replaced(make_folder: MakeFolder) -> None:
    folder = make_folder(
        {"sources.d/x.toml": '[[source]]\nurl = "${env:U}"\nid = "x"\nheaders = { A = "${env:H}" }\n'}
    )
    environ = {"U": "ftp://me:secret@x.example/", "H": "secret\u4e2d"}
    assert _load(folder, environ) == [
        'sources.d/x.toml:2:7: url is not an http or https address (like "https://example.org/feed.xml")',
        (
            "sources.d/x.toml:4:11: headers has a value that cannot be sent, for A "
            "(one line, at most 4096 characters)"
        ),
    ]


def test_a_reference_in_the_environment_is_replaced_too(make_folder: MakeFolder, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("abcdefgh\n", encoding="utf-8")
    environ = {"AGGREGATOR_SERVE__TOKENS": "${file:../token}", "AGGREGATOR_STORE__URL": "${env:DB}"}
    expected = "AGGREGATOR_STORE__URL: url needs the variable DB, which is not set"
    assert _load(make_folder({}), environ)[0].startswith(expected)
    config = load(make_folder({}), {**environ, "DB": "sqlite:///x.db"}, {})
    assert (config.serve.tokens, config.store.url) == (("abcdefgh",), "sqlite:///x.db")


def test_proxies_of_the_environment_are_checked_where_they_are_asked_for(make_folder: MakeFolder) -> None:
    environ = {"http_proxy": "proxy:3128", "HTTPS_PROXY": "socks5://me:secret@h:1", "NO_PROXY": "a.example"}
    config = load(make_folder({}), environ, {})
    assert config.fetch.environment == (
        ("http_proxy", "http://proxy:3128"),
        ("https_proxy", "socks5://me:secret@h:1"),
        ("no_proxy", "a.example"),
    )
    expected = 'https_proxy: is not the address of an HTTP proxy, and proxy = "environment" asks for it'
    for name, text in (
        ("aggregator.toml", '[fetch]\nproxy = "environment"\n'),
        ("sources.d/x.toml", '[[source]]\nurl = "https://x.example/"\nproxy = "environment"\n'),
    ):
        folder = make_folder({"aggregator.toml": "", name: text})
        assert _load(folder, environ) == [f'{expected} (like "http://proxy.example.org:3128")']
        lower = {**environ, "https_proxy": "http://p.example"}
        assert load(folder, lower, {}).fetch.environment[1] == ("https_proxy", "http://p.example")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=8, max_size=30), st.data())
def test_no_problem_tells_a_secret(make_folder: MakeFolder, secret: str, data: st.DataObject) -> None:
    secret = f"\u2603{secret}"
    broken = data.draw(
        st.sampled_from(
            [
                'url = "${env:S}"',
                'url = "https://${env:S}/"',
                'url = "https://x.example/"\nauth = "${env:S}"\nheaders = { Authorization = "${env:S}" }',
                'url = "https://x.example/"\nheaders = { "X" = "${env:S}" }',
                'url = "https://x.example/"\ncookies = { "X" = "${env:S}" }',
                'url = "https://x.example/"\nproxy = "${env:S}"',
                'url = "https://x.example/"\nkind = "listing"\nauth = "${env:S}"',
                'url = "https://x.example/?a=${env:S}"\nlang = "x"',
                'url = "https://x.example/?a=${env:S}"\n[[source]]\nurl = "https://x.example/?a=${env:S}"',
            ]
        )
    )
    toml = '[serve]\ntokens = ["${env:S}"]\n[store]\nurl = "${env:S}"\n[fetch]\nproxy = "${env:S}"\n'
    folder = make_folder({"sources.d/x.toml": f"[[source]]\n{broken}\n", "aggregator.toml": toml})
    problems = _load(folder, {"S": secret})
    assert len(problems) >= 3
    assert secret[:6] not in "\n".join(problems)
