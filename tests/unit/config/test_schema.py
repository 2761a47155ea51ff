"""The records: defaults as documented, ids and digests, and no secret in sight."""

import pickle
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from aggregator.config.schema import Config, FetchConfig, ServeConfig, SourceConfig, StoreConfig, TopicConfig
from aggregator.config.values import duration, size
from aggregator.model import ListingRule

SECRET = "hunter2-hunter2"


def test_defaults_are_the_documented_ones() -> None:
    config = Config()
    sections = {name: dict(getattr(config, name)) for name in Config.model_fields if name not in _CONTENTS}
    minutes = timedelta(minutes=1)
    assert sections == {
        "store": {"url": "sqlite:///aggregator.db", "keep_days": 365},
        "publish": {
            "folder": Path("feeds"),
            "base_url": "http://127.0.0.1:8080",
            "formats": ("atom", "rss", "json"),
            "items": 200,
            "matched": True,
            "ttl": 5 * minutes,
            "hub": "",
        },
        "serve": {"listen": "127.0.0.1:8080", "tokens": ()},
        "poll": {
            "interval": 60 * minutes,
            "min_interval": 5 * minutes,
            "max_interval": 24 * 60 * minutes,
            "first_items": 20,
            "first_age": timedelta(days=7),
        },
        "fetch": {
            "timeout": minutes / 2,
            "max_feed": 16_000_000,
            "max_page": 5_000_000,
            "per_host": 2,
            "host_delay": timedelta(seconds=1),
            "allow_private": (),
            "contact": "",
            "proxy": "",
            "environment": (),
        },
        "articles": {"full_text": True, "robots": True, "wait": 10 * minutes, "reread": 360 * minutes},
        "workers": {
            "processes": 2,
            "cpu": minutes / 3,
            "page_cpu": minutes / 20,
            "memory": 256_000_000,
            "idle": 5 * minutes,
        },
        "engine": {"kind": "embedded"},
    }


_CONTENTS = ("sources", "topics", "lists", "sites", "folder", "warnings")


def test_a_source_is_found_by_its_id_and_by_its_address() -> None:
    press = SourceConfig(url="https://me:hunter2@press.example/feed?b=2&a=1", id="press")
    blog = SourceConfig(url="https://blog.example/", id="ann")
    config = Config(sources=(press, blog))
    for name in (
        "press",
        "https://press.example/feed?a=1&b=2&utm_source=x",
        "http://you@press.example:80/feed/?b=2&a=1",
    ):
        assert config.find(name) is press, name
    for name in ("ann", "https://blog.example"):
        assert config.find(name) is blog, name
    for name in ("", "blog.example", "Press", "https://press.example/feed", "ftp://blog.example/"):
        assert config.find(name) is None, name


def test_secrets_show_up_in_no_repr() -> None:
    source = SourceConfig(
        url=f"https://me:{SECRET}@x.example/feed?token={SECRET}", headers=(("Cookie", SECRET),), title="X"
    )
    config = Config(
        store=StoreConfig(url=f"postgresql+psycopg://me:{SECRET}@h/d"),
        serve=ServeConfig(tokens=(SECRET,)),
        fetch=FetchConfig(proxy=f"http://me:{SECRET}@proxy.example:3128"),
        sources=(source,),
    )
    assert SECRET not in repr(config) + str(config) + repr(source) + f"{source}"
    assert "x.example" in repr(source)
    assert source.headers == (("Cookie", SECRET),)


@pytest.mark.parametrize(
    "fields",
    [
        {"url": f"ftp://me:{SECRET}@x.example/"},
        {"url": "https://x.example/", "headers": (("Host", SECRET),)},
        {"url": "https://x.example/", "headers": {"a": f"{SECRET}\n"}},
        {"url": "https://x.example/", SECRET[:6]: SECRET},
    ],
)
def test_secrets_show_up_in_no_error(fields: dict[str, object]) -> None:
    with pytest.raises(ValidationError) as caught:
        SourceConfig.model_validate(fields)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "hidden"),
    [
        ("postgresql+psycopg://aggregator@/news", ()),
        ("postgresql+psycopg://aggregator@db.example:5432/news", ()),
        ("postgresql+psycopg://aggregator:hunter2hunter2@db.example/news", ("hunter2hunter2",)),
        ("postgresql+psycopg://db.example/news?password=hunter2hunter2", ("hunter2hunter2",)),
    ],
)
def test_the_user_of_a_database_is_no_secret_its_password_is(url: str, hidden: tuple[str, ...]) -> None:
    config = Config(store=StoreConfig(url=url))
    text = "The aggregator gazette: hunter2hunter2"
    assert config.redact(text) == (text.replace("hunter2hunter2", "***") if hidden else text)


def test_an_id_never_holds_a_secret() -> None:
    one = SourceConfig(url=f"https://me:{SECRET}@x.example/feed?token={SECRET}&a=1")
    assert one.id == "x-example-feed-a-1-token"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://www.lemonde.fr/rss/une.xml", "www-lemonde-fr-rss-une-xml"),
        ("http://X.example:80/feed/?utm_source=a#top", "x-example-feed"),
        ("http://127.0.0.1:8001/a", "127-0-0-1-8001-a"),
    ],
)
def test_the_default_id_is_the_slug_of_the_canonical_address(url: str, expected: str) -> None:
    assert SourceConfig(url=url).id == expected


def test_the_digest_follows_what_decides_the_document_and_nothing_else() -> None:
    plain = SourceConfig(url="https://x.example/")
    listing = ListingRule(item="li")
    others = (
        SourceConfig(url="https://x.example/a"),
        SourceConfig(url="https://x.example/", kind="feed"),
        SourceConfig(url="https://x.example/", headers=(("a", "b"),)),
        SourceConfig(url="https://x.example/", kind="listing", listing=listing),
        SourceConfig(url="https://x.example/", kind="listing", listing=ListingRule(item="li", link="b")),
    )
    assert len({plain.digest, *(other.digest for other in others)}) == 6
    same = SourceConfig(url="https://x.example/", id="y", title="Y", tags=("a",), enabled=False, file="z")
    assert same.digest == plain.digest


def test_records_are_frozen_and_survive_the_way_to_a_worker() -> None:
    source = SourceConfig(url="https://x.example/", kind="listing", listing=ListingRule(item="li"))
    topic = TopicConfig(id="x", title="X", query="x", score={"threshold": 2})
    config = Config(sources=(source,), topics=(topic,))
    assert pickle.loads(pickle.dumps(config)) == config  # noqa: S301 - our own bytes
    with pytest.raises(ValidationError):
        source.title = "Y"  # type: ignore[misc]


def test_an_address_to_listen_on_is_split_once_and_for_all() -> None:
    assert ServeConfig(listen="[::1]:80").address == ("::1", 80)
    assert ServeConfig().address == ("127.0.0.1", 8080)


@pytest.mark.parametrize(
    "entry",
    [
        "10.0.0.0/8",
        "192.168.1.5",
        "::1",
        "fd00::/8",
        "localhost:8000",
        "127.0.0.1:1",
        "[::1]:65535",
        "a-b.example:80",
    ],
)
def test_exceptions_of_the_address_guard(entry: str) -> None:
    assert FetchConfig(allow_private=(entry,)).allow_private == (entry,)


@pytest.mark.parametrize(
    "entry",
    ["", "*", "localhost", "localhost:", ":80", "a:0", "a:65536", "a:٣", "[x]:80", "10.0.0.0/33", "a/b:80"],
)
def test_no_exceptions_of_the_address_guard(entry: str) -> None:
    with pytest.raises(ValidationError):
        FetchConfig(allow_private=(entry,))


@given(st.integers(0, 10**6), st.sampled_from("smhd"))
def test_durations_are_read_in_their_unit(count: int, unit: str) -> None:
    seconds = {"s": 1, "m": 60, "h": 3600, "d": 86_400}[unit] * count
    try:
        read = duration(f"{count}{unit}")
    except ValueError:
        assert seconds > 36_500 * 86_400
    else:
        assert read == timedelta(seconds=seconds)


@given(st.integers(0, 10**6), st.sampled_from(["B", "kB", "KB", "MB", "GB", "KiB", "MiB", "GiB"]))
def test_sizes_are_read_in_their_unit(count: int, unit: str) -> None:
    base = 1024 if "i" in unit else 1000
    power = "bkmg".index(unit[0].lower())
    assert size(f"{count}{unit}") == count * base**power


@given(st.one_of(st.text(max_size=12), st.none(), st.booleans(), st.floats(), st.integers()))
def test_anything_else_is_refused_without_a_crash(value: object) -> None:
    for read in (duration, size):
        try:
            result = read(value)
        except ValueError:
            continue
        assert isinstance(result, int | timedelta)
