"""What a source adds to its requests, and to which origin: secrets stay where they are meant for.

Pure. The origin of `Access.url` gets headers, credentials and cookies; every other origin (an article
elsewhere, the end of a redirect) gets nothing, not even a Referer. What would change the framing or
the conditions of a request is refused: those are ours to say.
"""

import base64
import re
from dataclasses import dataclass

from aggregator.fetch.target import Origin, Target, TargetError
from aggregator.model import Access, Request
from aggregator.urls import Redactor, credentials, secret_parameters

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}\Z")  # RFC 9110, 5.6.2
UNSAYABLE = re.compile(r"[\ud800-\udfff\x00-\x08\x0a-\x1f\x7f]")  # in no header
_OURS = frozenset(
    (
        *("host", "connection", "keep-alive", "proxy-connection", "proxy-authorization", "upgrade", "expect"),
        *("content-length", "transfer-encoding", "te", "trailer", "accept-encoding", "range", "if-range"),
        *("if-match", "if-none-match", "if-modified-since", "if-unmodified-since"),
    )
)


class AccessError(ValueError):
    """The access of a source holds something that cannot be sent."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """The headers of one source and the only origins that may see them."""

    home: Origin | None = None  # None: nobody
    headers: tuple[tuple[str, str], ...] = ()
    asked: Origin | None = None  # whom user:password@ of the address itself is meant for
    authorization: str | None = None

    @classmethod
    def of(cls, access: Access, target: Target) -> "Credentials":
        """Read what a request brings along; AccessError, naming no secret, if it cannot be sent."""
        has_secrets = access.headers or access.auth or access.cookies or "@" in access.url
        if not (has_secrets or target.authorization):
            return _NONE
        home = _home(access, target)
        return cls(
            home.origin if home else None,
            _headers(access, home.authorization if home else None),
            target.origin,
            target.authorization,
        )

    def headers_for(self, target: Target) -> tuple[tuple[str, str], ...]:
        """Return the headers that this hop may carry."""
        mine = self.headers if target.origin == self.home else ()
        if self.authorization is None or target.origin != self.asked or _has(mine, "authorization"):
            return mine
        return (("Authorization", self.authorization), *mine)


_NONE = Credentials()


def check_sayable(value: str, name: str) -> None:
    """Raise AccessError if the value of a header has characters that cannot be sent."""
    if value and UNSAYABLE.search(value):
        raise AccessError(f"the {name} of this source has characters that cannot be sent")


def _home(access: Access, target: Target) -> Target | None:
    if not access.url:
        return target
    try:
        return Target.parse(access.url)
    except TargetError:
        return None


def _headers(access: Access, authorization: str | None) -> tuple[tuple[str, str], ...]:
    for name, value in access.headers:
        if not _TOKEN.match(name):
            raise AccessError(f"{name[:100]!r} of this source is not the name of a header")
        check_sayable(value, name)
        if name.lower() in _OURS:
            raise AccessError(f"the header {name!r} is ours to send; take it out of this source")
    made = []
    if access.auth:
        made.append(("Authorization", _basic(access.auth)))
    elif authorization:
        made.append(("Authorization", authorization))
    if access.cookies:
        made.append(("Cookie", "; ".join(_cookie(name, value) for name, value in access.cookies)))
    return (*(pair for pair in made if not _has(access.headers, pair[0])), *access.headers)


def _basic(auth: str) -> str:
    """Return the value of Authorization (RFC 7617, with UTF-8)."""
    if ":" not in auth:
        raise AccessError("the auth of this source is not user:password")
    check_sayable(auth, "auth")
    return f"Basic {base64.b64encode(auth.encode()).decode()}"


def _cookie(name: str, value: str) -> str:
    if not _TOKEN.match(name) or ";" in value:
        raise AccessError(f"the cookie {name[:100]!r} of this source has characters that cannot be sent")
    check_sayable(value, f"cookie {name!r}")
    return f"{name}={value}"


def _has(headers: tuple[tuple[str, str], ...], name: str) -> bool:
    return any(given.lower() == name.lower() for given, _ in headers)


def redactor(request: Request) -> Redactor:
    """Make what hides the secrets of a request in a text that a server may have echoed them into."""
    access = request.access
    values = [value for _, value in (*access.headers, *access.cookies)]
    values += [value.partition(" ")[2] for value in values]  # Bearer …
    values += [access.auth, access.auth.partition(":")[2], *secret_parameters(request.url)]
    for url in (request.url, access.url, access.proxy):
        values += credentials(url)
    return Redactor.of(values)
