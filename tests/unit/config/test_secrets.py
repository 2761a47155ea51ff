"""Secrets of a configuration: which texts are, and that they show up nowhere else."""

import base64
import io
import pickle
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest
import structlog
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aggregator import logs
from aggregator.config import hidden
from aggregator.config.load import load
from aggregator.config.schema import Config, SourceConfig
from tests.unit.config.conftest import MakeFolder

LONG = "hunter2-hunter2"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"auth": f"me:{LONG}"}, (f"me:{LONG}", LONG)),
        ({"auth": f"{LONG}:"}, (f"{LONG}:", LONG)),
        ({"cookies": (("consent", "accepted"), ("id", LONG), ("n", "20261122"))}, (LONG,)),
        ({"headers": (("X-Key", LONG), ("Accept-Language", "fr-FR,fr;q=0.9"))}, (LONG,)),
        ({"headers": (("authorization", f"Bearer {LONG}"),)}, (f"Bearer {LONG}", LONG)),
        ({"headers": (("Cookie", f"a=accepted; b={LONG}"),)}, (f"a=accepted; b={LONG}", LONG)),
        ({"url": f"https://x.example/?key={LONG}&token=technology"}, (LONG,)),
        ({"url": f"https://me:{LONG}@x.example/"}, (f"me:{LONG}", LONG)),
        ({"proxy": f"http://me:{LONG}@x.example/"}, (f"me:{LONG}", LONG)),
        ({"user_agent": LONG, "title": LONG, "tags": (LONG,)}, ()),
    ],
)
def test_what_counts_as_a_secret(fields: dict[str, object], expected: tuple[str, ...]) -> None:
    source = SourceConfig.model_validate({"url": "https://x.example/", **fields})
    assert tuple(dict.fromkeys(source.secrets)) == expected


def test_basic_credentials_in_a_header_are_decoded() -> None:
    token = base64.b64encode(f"me:{LONG}".encode()).decode()
    found = set(hidden.in_headers((("Authorization", f"Basic {token}"),)))
    assert {token, f"me:{LONG}", LONG} <= found
    assert set(hidden.in_headers((("Authorization", "Basic é!"),))) == {"Basic é!", "é!"}


def test_the_secrets_of_all_tables_are_known_longest_first(make_folder: MakeFolder) -> None:
    toml = (
        '[store]\nurl = "postgresql+psycopg://me:store-secret@h/d"\n[serve]\ntokens = ["serve-secret-1"]\n'
        '[fetch]\nproxy = "http://me:proxy-secret@h:1"\n'
    )
    source = '[[source]]\nurl = "https://x.example/${env:A}"\nauth = "me:${env:B}"\n'
    environ = {"A": "a-secret", "B": "short", "http_proxy": "http://me:environment-secret@h:1"}
    config = load(make_folder({"aggregator.toml": toml, "sources.d/x.toml": source}), environ, {})
    assert config.secrets == (
        *("me:environment-secret", "environment-secret", "me:proxy-secret", "me:store-secret"),
        *("serve-secret-1", "proxy-secret", "store-secret", "a-secret", "me:short"),
    )
    assert config.redact("a-secret https://x.example/a-secret short") == "*** https://x.example/*** short"
    assert pickle.loads(pickle.dumps(config)) == config  # noqa: S301 - our own bytes
    copy = config.model_copy(update={"folder": Path("x")})
    assert copy.secrets == config.secrets


def test_access_tells_the_client_everything(make_folder: MakeFolder) -> None:
    source = (
        '[[source]]\nurl = "https://x.example/"\nauth = "me:${env:P}"\ncookies = { a = "1", b = "" }\n'
        'headers = { X-Y = "z" }\nuser_agent = "Other/1 (+me)"\nproxy = "none"\nrobots = false\n'
    )
    config = load(make_folder({"sources.d/x.toml": source}), {"P": "pässword"}, {})
    read = config.sources[1]
    access = read.access
    assert (access.url, access.auth, access.headers) == ("https://x.example/", "me:pässword", (("X-Y", "z"),))
    assert (access.cookies, access.user_agent) == ((("a", "1"), ("b", "")), "Other/1 (+me)")
    assert (access.proxy, read.robots, config.sources[0].robots) == ("none", False, None)
    assert config.sources[0].access.auth == ""


def _read(make_folder: MakeFolder, source: str, **environ: str) -> SourceConfig:
    config = load(make_folder({"sources.d/x.toml": f"[[source]]\n{source}\n"}), environ, {})
    return config.sources[1]


@pytest.mark.parametrize("value", ["abc", "feed", "a-secret-key", "b"])
def test_ids_and_shown_addresses_hold_no_reference_however_short(make_folder: MakeFolder, value: str) -> None:
    source = _read(make_folder, 'url = "https://x.example/p/${env:A}/rss?k=${env:A}"', A=value)
    assert (source.id, source.shown_url) == ("x-example-p-rss-k", "https://x.example/p/***/rss?k=***")
    assert source.stored_key == "https://x.example/p/***/rss?k=%2A%2A%2A"
    assert source.canonical_url == f"https://x.example/p/{value}/rss?k={value}"


def test_a_source_whose_whole_address_is_secret_needs_an_id(make_folder: MakeFolder) -> None:
    environ = {"A": "https://x.example/private/rss"}
    source = _read(make_folder, 'url = "${env:A}"\nid = "mine"', **environ)
    assert (source.url, source.shown_url, source.stored_key) == (environ["A"], "***", "mine")
    with pytest.raises(Exception, match="needs an id, because all of its address is secret"):
        _read(make_folder, 'url = "${env:A}"', **environ)


def test_the_digest_follows_credentials_and_what_the_client_says_it_is() -> None:
    def digest(**fields: object) -> str:
        return SourceConfig.model_validate({"url": "https://x.example/", **fields}).digest

    variants: list[dict[str, object]] = [{}, {"auth": "me:a"}, {"auth": "me:b"}, {"user_agent": "a"}]
    variants += [{"cookies": cookies} for cookies in ({"a": "1"}, {"a": "2"}, {"b": "1"})]
    variants += [{"headers": {name: value}} for name in ("accept", "X") for value in ("a", "b")]
    variants += [{"url": f"https://x.example/?token={value}"} for value in ("a", "b")]
    assert len({digest(**fields) for fields in variants}) == len(variants)
    assert digest(proxy="none", robots=False) == digest()


def test_the_digest_tells_no_password() -> None:
    def digest(password: int) -> str:
        return SourceConfig(url="https://x.example/", auth=f"me:{password}").digest

    # Whoever holds the digest and tries passwords finds many that fit: it cannot be told which is right.
    assert sum(digest(guess) == digest(1234) for guess in range(2_000)) > 2


@contextmanager
def _logged(clean: Config) -> Iterator[io.StringIO]:
    before = (structlog.get_config(), structlog.is_configured())
    stream, real = io.StringIO(), sys.stderr
    sys.stderr = stream
    try:
        logs.set_up("debug", str)
        logs.hide(clean.redact)
        yield stream
    finally:
        sys.stderr = real
        structlog.configure(**before[0]) if before[1] else structlog.reset_defaults()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.text(st.characters(exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp"]), min_size=7, max_size=30))
def test_no_secret_is_told_by_record_or_log(make_folder: MakeFolder, secret: str) -> None:
    secret = f"\u2603{secret}"  # no word of our own
    plain = (
        re.sub(r"[^!-~]|[;\"]", "é", secret).replace("é", "0") + "#7"
    )  # what headers and cookies can carry
    toml = '[serve]\ntokens = ["${env:T}"]\n[fetch]\nproxy = "http://me:${env:Q}@h:1"\n'
    source = (
        'url = "https://x.example/${env:Q}/a?b=${env:Q}"\nauth = "me:${env:S}"\n'
        'cookies = { a = "${env:T}" }\nheaders = { X-A = "b${env:T}" }\nproxy = "http://${env:Q}:@h:1"\n'
    )
    files = {"sources.d/x.toml": f"[[source]]\n{source}", "aggregator.toml": toml}
    quoted = quote(secret, safe="")
    config = load(make_folder(files), {"S": secret, "T": plain, "Q": quoted}, {})
    source_read = config.sources[1]
    with _logged(config) as stream:
        log = logs.get_logger("test")
        log.info("asked", url=source_read.url, access=(source_read.access.headers,), error=ValueError(plain))
        try:
            raise RuntimeError(f"cannot open {source_read.url} with {source_read.auth}")
        except RuntimeError:
            log.exception("failed", headers=dict(source_read.headers))
    told = (repr(config), str(config), repr(source_read), source_read.id, source_read.shown_url)
    for text in (*told, stream.getvalue(), config.redact(f"<{secret}> {plain} {quoted}")):
        assert secret not in text
        assert plain not in text
        assert quoted not in text
    assert "url='https://x.example/***/a?b=***'" in stream.getvalue()


def test_a_topic_hides_where_its_webhook_is_and_what_signs_it(make_folder: MakeFolder) -> None:
    topic = (
        'title = "A"\nquery = "a"\nwebhook = "https://x.example/?key=hook-key-1"\n'
        'webhook_key = "${env:SIGN}"\n'
    )
    folder = make_folder({"topics.d/a.toml": topic})
    config = load(folder, {"SIGN": "signing-secret-0001"}, {})
    assert config.topics[0].webhook_key == "signing-secret-0001"
    for secret in ("signing-secret-0001", "hook-key-1"):
        assert secret in config.secrets
        assert secret not in repr(config)
