"""Which texts of a configuration are secrets: what must show up nowhere else.

A password is one whatever it looks like. The value of a header, a cookie or a parameter may as well
be a word that articles use; hiding that would damage what we publish, so plain words and short
numbers do not count. Who wants one hidden all the same writes it as a reference.
"""

import base64
import binascii
import re
from collections.abc import Iterator

from aggregator.urls import credentials, secret_parameters

_PLAIN = re.compile(r"[A-Z]?[a-z]{1,15}|[A-Z]{1,15}|[0-9]{1,8}|", re.ASCII)
_PUBLIC_HEADERS = re.compile(  # they describe the client; what they hold is in every request of the world
    r"accept(-.*)?|user-agent|referer|origin|from|dnt|cache-control|pragma|priority|content-type|sec-.*"
    r"|upgrade-insecure-requests|x-requested-with",
    re.IGNORECASE,
)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,30} +", re.ASCII)


def in_url(url: str) -> Iterator[str]:
    """Find passwords and secret parameters in an address."""
    yield from credentials(url)
    yield from (value for value in secret_parameters(url) if not _PLAIN.fullmatch(value))


def in_database_url(url: str) -> Iterator[str]:
    """Find the secrets in the address of a database, whose user is often a plain word and none of them."""
    scheme, mark, rest = url.partition("://")
    user, _, place = rest.rpartition("@")
    yield from in_url(url if ":" in user else f"{scheme}{mark}{place}")


def in_auth(auth: str) -> Iterator[str]:
    """Find the secrets of `user:password`."""
    if auth:
        yield auth
        yield auth.partition(":")[2] or auth.partition(":")[0]


def in_cookies(cookies: tuple[tuple[str, str], ...]) -> Iterator[str]:
    """Find the secret values among cookies."""
    yield from (value for _, value in cookies if not _PLAIN.fullmatch(value))


def in_headers(headers: tuple[tuple[str, str], ...]) -> Iterator[str]:
    """Find the secret values among headers, and what is secret inside of them."""
    for name, value in headers:
        if is_public(name):
            continue
        if not _PLAIN.fullmatch(value):
            yield value
        if name.lower() == "cookie":
            parts = (part.partition("=") for part in value.split(";"))
            yield from in_cookies(tuple((key.strip(), text.strip()) for key, _, text in parts))
        elif name.lower() in ("authorization", "proxy-authorization"):
            token = _SCHEME.sub("", value, count=1)
            yield token
            if value.lower().startswith("basic "):
                yield from in_auth(_decoded(token))


def is_public(header: str) -> bool:
    """Tell whether the value of a header may be seen by anybody."""
    return bool(_PUBLIC_HEADERS.fullmatch(header))


def _decoded(token: str) -> str:
    try:
        return base64.b64decode(token, validate=True).decode()
    except (binascii.Error, ValueError):
        return ""
