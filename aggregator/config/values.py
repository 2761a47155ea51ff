"""How single values of the configuration are read: durations, sizes, addresses, names.

Each reader turns what stands in the file into what the daemon computes with, or raises an error
that says what to write instead. No reader quotes a value that may hold a secret.
"""

import re
import unicodedata
from collections.abc import Callable
from datetime import timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, StrictBool, StrictFloat, StrictInt
from pydantic_core import PydanticCustomError

from aggregator.urls import is_http

ID = r"[a-z0-9][a-z0-9-]{0,99}"  # a leading hyphen would be an option on the command line

ENVIRONMENT = "environment"
NO_PROXY = "none"

_TEXT = 20_000  # characters
_DURATION = re.compile(r"(\d{1,9}(?:\.\d{1,6})?) ?([smhd])\Z", re.ASCII)
_DURATION_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_LONGEST = timedelta(days=36_500)

_SIZE = re.compile(r"(\d{1,12}) ?(B|kB|KB|MB|GB|KiB|MiB|GiB)\Z", re.ASCII)
_SIZE_UNITS = {  # IEC 80000-13: kB, MB, GB count in thousands, KiB, MiB, GiB in 1024s
    "B": 1,
    "kB": 10**3,
    "KB": 10**3,
    "MB": 10**6,
    "GB": 10**9,
    "KiB": 2**10,
    "MiB": 2**20,
    "GiB": 2**30,
}

_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,252}[A-Za-z0-9])?\.?\Z", re.ASCII)
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}\Z", re.ASCII)  # RFC 9110, section 5.6.2
_FIELD_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]{0,4096}\Z")  # RFC 9110, section 5.5
_COOKIE_VALUE = re.compile(r"[\x20-\x3a\x3c-\x7e]{0,4096}\Z")  # RFC 6265, 4.1.1, and what servers really set
_MOST_COOKIES = 8_192
_PROXY_EXAMPLE = "http://proxy.example.org:3128"
_OWN_HEADERS = frozenset(  # the client computes these; another value would break the exchange
    (
        *("host", "content-length", "transfer-encoding", "te", "trailer", "expect", "accept-encoding"),
        *("connection", "keep-alive", "upgrade", "proxy-connection", "proxy-authorization"),
        *("range", "if-range", "if-match", "if-none-match", "if-modified-since", "if-unmodified-since"),
    )
)


def wrong(message: str, hint: str | None = None) -> PydanticCustomError:
    """Make the error that `load` turns into a Problem: what is wrong and what to write instead."""
    return PydanticCustomError("config", "{message}", {"message": message, "hint": hint})


def duration(value: object) -> timedelta:
    """Read "30s", "5m", "2h", "7d" (also "0.5s")."""
    if isinstance(value, timedelta):
        return value
    match = _DURATION.match(value) if isinstance(value, str) else None
    if not match:
        hint = (
            f'write "{value}s", "{value}m" or "{value}h"'
            if type(value) is int
            else 'like "30s", "5m" or "7d"'
        )
        raise wrong("is not a duration", hint)
    try:
        span = timedelta(**{_DURATION_UNITS[match[2]]: float(match[1])})
    except OverflowError:
        span = timedelta.max
    if span > _LONGEST:
        raise wrong("is longer than a century", 'like "30s", "5m" or "7d"')
    return span


def size(value: object) -> int:
    """Read "16MB" or "16MiB" as bytes; a bare number counts bytes already."""
    if type(value) is int and value >= 0:
        return value
    match = _SIZE.match(value) if isinstance(value, str) else None
    if not match:
        raise wrong("is not a size", 'like "500kB", "16MB" or "1GB"')
    return int(match[1]) * _SIZE_UNITS[match[2]]


def _positive(value: timedelta) -> timedelta:
    if not value:
        raise wrong("must be longer than 0s")
    return value


def _store_url(value: str) -> str:
    if value.startswith("sqlite:///") and len(value) > len("sqlite:///"):
        return value
    try:
        is_postgres = value.startswith("postgresql+psycopg://") and bool(urlsplit(value).path.strip("/"))
    except ValueError:
        is_postgres = False
    if not is_postgres:
        raise wrong(
            "is not the address of a database",
            'like "sqlite:///aggregator.db" or "postgresql+psycopg://user@host/name"',
        )
    return value


def _base_url(value: str) -> str:
    if not is_http(value) or "?" in value or "#" in value:
        raise wrong("is not an http or https address", 'like "https://news.example.org"')
    return value.rstrip("/")


def _hub(value: str) -> str:
    if value and (not is_http(value) or not value.isprintable()):
        raise wrong("is not an http or https address", 'like "https://hub.example.org/"')
    return value


def _listen(value: str) -> str:
    if value and _host_port(value) is None:
        raise wrong(
            'is not "host:port"',
            'like "127.0.0.1:8080"; "0.0.0.0:8080" is every interface, "" serves nothing',
        )
    return value


def _contact(value: str) -> str:
    if value and not (re.fullmatch(r"[!-~]{3,200}", value) and (is_http(value) or value.find("@") > 0)):
        raise wrong("is neither a web address nor an e-mail address", "it goes into the User-Agent")
    return value


def _proxy(value: str) -> str:
    if value and value != ENVIRONMENT and not is_proxy(value):
        raise wrong("is not the address of an HTTP proxy", f'like "{_PROXY_EXAMPLE}", or "{ENVIRONMENT}"')
    return value


def _source_proxy(value: str) -> str:
    if value not in ("", ENVIRONMENT, NO_PROXY) and not is_proxy(value):
        hint = f'like "{_PROXY_EXAMPLE}", "{ENVIRONMENT}", or "{NO_PROXY}" to use none'
        raise wrong("is not the address of an HTTP proxy", hint)
    return value


def is_proxy(value: str) -> bool:
    """Tell whether this is the address of a proxy that can be used."""
    return value.startswith(("http://", "https://")) and value.isprintable() and is_http(value)


def _private_range(value: str) -> str:
    """Check one entry of `fetch.allow_private`: a network (CIDR), an address or host:port."""
    if _host_port(value) is not None:
        return value
    try:
        ip_network(value)
    except ValueError:
        pass
    else:
        return value
    try:
        network = ip_network(value, strict=False)
    except ValueError:
        raise wrong(
            "is neither a network nor host:port", 'like "10.0.0.0/8", "192.168.1.5" or "localhost:8000"'
        ) from None
    raise wrong("has bits set beyond its prefix", f'write "{network}"')


def _host_port(value: str) -> tuple[str, int] | None:
    """Split "host:port" or "[address]:port"; None if it is neither."""
    host, _, port = value.rpartition(":")
    if not (port.isascii() and port.isdigit() and len(port) <= 5 and 0 < int(port) < 65_536):
        return None
    if host.startswith("[") and host.endswith("]"):
        try:
            return (host[1:-1], int(port)) if ip_address(host[1:-1]).version == 6 else None
        except ValueError:
            return None
    return (host, int(port)) if _HOST.match(host) else None


def host_port(value: str) -> tuple[str, int]:
    """Split an address that has been checked: "127.0.0.1:8080" or "[::1]:8080"."""
    parts = _host_port(value)
    if parts is None:
        raise ValueError("not host:port")
    return parts


def excerpt(content: str) -> int | None:
    """Read "excerpt:600" as a number of characters; None for "full"."""
    _, _, length = content.partition(":")
    return int(length) if length else None


def _source_url(value: str) -> str:
    # The value is not quoted: it may hold a password.
    if value != value.strip() or not value.isprintable():
        raise wrong("has spaces around it or control characters in it")
    if not is_http(value):
        raise wrong("is not an http or https address", 'like "https://example.org/feed.xml"')
    return value


def _pairs(value: object) -> object:
    """Turn the table of the file into pairs."""
    if isinstance(value, dict):
        for name, text in value.items():
            if not isinstance(text, str):
                raise wrong(f"has a value that is not text in quotes, for {name!a}")
        return tuple(value.items())
    if not isinstance(value, tuple):
        raise wrong("must be a table", 'like { name = "value" }')
    return value


def _check_headers(value: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    names = [name.lower() for name, _ in value]
    for name, text in value:
        if not _TOKEN.match(name):
            raise wrong("has a name that is no HTTP header name", 'like { Cookie = "a=b" }')
        if name.lower() in _OWN_HEADERS:
            raise wrong(f"may not set {name}", "the client computes it")
        if names.count(name.lower()) > 1:
            raise wrong(f"sets {name} twice")
        if not _FIELD_VALUE.match(text):
            raise wrong(f"has a value that cannot be sent, for {name}", "one line, at most 4096 characters")
    return value


def _check_cookies(value: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    for name, text in value:
        if not _TOKEN.match(name):
            raise wrong("has a name that no cookie can have", 'like { session = "a1b2" }')
        if not _COOKIE_VALUE.match(text) or text != text.strip():
            raise wrong(f"has a value that cannot be sent, for {name}", "without ; and letters with accents")
    if sum(len(name) + len(text) + 3 for name, text in value) > _MOST_COOKIES:
        raise wrong("are too long", f"at most {_MOST_COOKIES} characters in all")
    return value


def _auth(value: str) -> str:
    user, mark, password = value.partition(":")
    if not mark or not (user or password):
        raise wrong('is not "user:password"', 'like "me:${env:NEWS_PASSWORD}"')
    if len(value) > 4_096 or any(unicodedata.category(char) in ("Cc", "Cs") for char in value):
        raise wrong("cannot be sent", "one line, at most 4096 characters")
    return value


def _name(pattern: str, what: str, example: str) -> Callable[[str], str]:
    compiled = re.compile(pattern, re.ASCII)

    def check(value: str) -> str:
        if not compiled.fullmatch(value):
            raise wrong(f"is not {what}", example)
        return value

    return check


def _one_line(value: str) -> str:
    if not value.strip() or len(value) > 500 or not value.isprintable():
        raise wrong("must be one line of text, not empty")
    return value.strip()


def _text(value: str) -> str:
    if len(value) > _TEXT:
        raise wrong(f"has {len(value):,} characters, {_TEXT:,} are allowed")
    return _filled_text(value)


def _filled_text(value: str) -> str:
    if not value.strip():
        raise wrong("must be text, not empty")
    return value


def _items(value: object) -> object:
    """Refuse a bare string where a list belongs, and say so in the user's words."""
    if isinstance(value, str):
        raise wrong(
            "must be a list", f'write ["{value}"]' if re.fullmatch(r"[\w .:/-]{1,60}", value) else None
        )
    if not isinstance(value, list | tuple):
        raise wrong("must be a list", 'like ["one", "two"]')
    return value


def _distinct_secrets(value: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(value)) < len(value):
        raise wrong("names the same thing twice")
    return value


def _secret_items(value: object) -> object:
    if isinstance(value, str):
        raise wrong("must be a list", 'put it between brackets: ["…"]')
    return _items(value)


def _distinct(value: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(value)) < len(value):
        again = next(item for place, item in enumerate(value) if item in value[:place])
        raise wrong("names the same thing twice", again if len(again) < 60 else None)
    return value


def _filled(value: tuple[str, ...]) -> tuple[str, ...]:
    if not value:  # checked last, so that a list of wrong elements is not also called empty
        raise wrong("must not be empty")
    return _distinct(value)


def _folder(value: str) -> Path:
    if not value.strip() or "\0" in value:
        raise wrong("must name a folder")
    return Path(value)


Duration = Annotated[timedelta, BeforeValidator(duration)]
PositiveDuration = Annotated[timedelta, AfterValidator(_positive), BeforeValidator(duration)]
Size = Annotated[int, BeforeValidator(size), Field(ge=1_000)]
Count = Annotated[StrictInt, Field(ge=1, le=1_000_000)]
Number = Annotated[StrictInt, Field(ge=0, le=1_000_000)]
Flag = StrictBool
Points = Annotated[StrictFloat, Field(ge=-1_000, le=1_000, allow_inf_nan=False)]
Folder = Annotated[Path, BeforeValidator(lambda value: _folder(value) if isinstance(value, str) else value)]
StoreUrl = Annotated[str, AfterValidator(_store_url)]
BaseUrl = Annotated[str, AfterValidator(_base_url)]
Hub = Annotated[str, AfterValidator(_hub)]
Listen = Annotated[str, AfterValidator(_listen)]
Contact = Annotated[str, AfterValidator(_contact)]
Proxy = Annotated[str, AfterValidator(_proxy)]
SourceProxy = Annotated[str, AfterValidator(_source_proxy)]
Secret = Annotated[
    str, AfterValidator(_name(r"[\x21-\x7e]{8,200}", "a token", "at least 8 letters without spaces"))
]
WebhookKey = Annotated[
    str,
    AfterValidator(_name(r"[\x21-\x7e]{16,200}", "a key to sign with", "at least 16 letters without spaces")),
]
PrivateRange = Annotated[str, AfterValidator(_private_range)]
Webhook = Annotated[str, AfterValidator(_source_url)]
SourceUrl = Annotated[str, AfterValidator(_source_url)]
Headers = Annotated[tuple[tuple[str, str], ...], AfterValidator(_check_headers), BeforeValidator(_pairs)]
Cookies = Annotated[tuple[tuple[str, str], ...], AfterValidator(_check_cookies), BeforeValidator(_pairs)]
Auth = Annotated[str, AfterValidator(_auth)]
UserAgent = Annotated[
    str,
    AfterValidator(
        _name(
            r"[!-~](?:[ -~]{0,298}[!-~])?", "a User-Agent", 'like "Mozilla/5.0 (compatible; my-reader/1.0)"'
        )
    ),
]
Line = Annotated[str, AfterValidator(_one_line)]
Slug = Annotated[str, AfterValidator(_name(ID, "an id", "small letters, digits and hyphens"))]
SourceId = Annotated[str, AfterValidator(_name(f"(?:{ID})?", "an id", "small letters, digits and hyphens"))]
Lang = Annotated[
    str,
    AfterValidator(_name(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*", "a language", 'like "fr", "en" or "zh-Hant"')),
]
Selector = Annotated[
    str,
    AfterValidator(
        _name(
            rf"-?(?:{ID}|(?:tag|tier|lang):\S(?:.{{0,98}}\S)?)",
            "a selector of sources",
            'like "tag:china", "-tier:blog" or the id of a source',
        )
    ),
]
Content = Annotated[
    str, AfterValidator(_name(r"full|excerpt:[1-9]\d{0,5}", "a content setting", '"full" or "excerpt:600"'))
]
Formats = Annotated[
    tuple[Literal["atom", "rss", "json"], ...], AfterValidator(_filled), BeforeValidator(_items)
]
Text = Annotated[str, AfterValidator(_text)]
QueryText = Annotated[str, AfterValidator(_filled_text)]  # how long it may be, the query language says
Prose = Annotated[str, Field(max_length=2_000)]
Terms = Annotated[tuple[Text, ...], AfterValidator(_filled), BeforeValidator(_items)]
Lines = Annotated[tuple[Line, ...], AfterValidator(_distinct), BeforeValidator(_items)]
Secrets = Annotated[tuple[Secret, ...], AfterValidator(_distinct_secrets), BeforeValidator(_secret_items)]
PrivateRanges = Annotated[tuple[PrivateRange, ...], AfterValidator(_distinct), BeforeValidator(_items)]
Langs = Annotated[tuple[Lang, ...], AfterValidator(_distinct), BeforeValidator(_items)]
Selectors = Annotated[tuple[Selector, ...], AfterValidator(_distinct), BeforeValidator(_items)]
