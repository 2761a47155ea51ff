"""What goes to a server and what comes back from it."""

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Literal


class FailureKind(StrEnum):
    """Why a poll or a page fetch did not give what was asked; each has its own back-off."""

    DNS = "dns"
    CONNECT = "connect"
    TLS = "tls"
    TIMEOUT = "timeout"
    PROTOCOL = "protocol"  # not HTTP, broken framing, header limits
    BAD_URL = "bad-url"
    FORBIDDEN_ADDRESS = "forbidden-address"
    REDIRECTS = "redirects"  # a loop or more than 10 hops
    TOO_LARGE = "too-large"
    SERVER_ERROR = "server-error"  # 5xx
    RATE_LIMITED = "rate-limited"  # 429
    DENIED = "denied"  # 401, 403, 451
    WALL = "wall"  # an anti-bot page instead of the document
    NOT_FOUND = "not-found"  # 404
    GONE = "gone"  # 410
    CLIENT_ERROR = "client-error"  # any other 4xx
    HELD = "held"  # nothing was asked: the host asks all of us for less
    ROBOTS = "robots"  # robots.txt asks us not to
    NOT_A_FEED = "not-a-feed"
    NOT_HTML = "not-html"  # a PDF, a video … behind an article link
    LIMIT = "limit"  # the worker was stopped: CPU, memory or wall time
    EMPTY = "empty"  # a page without any text
    INTERNAL = "internal"  # a mistake or a full disk of ours, reported loudly


@dataclass(frozen=True, slots=True)
class Failure:
    """An expected failure, as a value."""

    kind: FailureKind
    detail: str  # one line for the user, secrets already redacted
    status: int | None = None  # HTTP status, where one came
    retry_after: timedelta | None = None  # what the server asked for
    url: str = ""  # who answered so, after redirects; "" where nobody did
    hints: tuple["Hint", ...] = ()  # what else its answer says about when to come back


@dataclass(frozen=True, slots=True)
class Validators:
    """ETag and Last-Modified exactly as the server gave them, to be echoed verbatim (RFC 9110)."""

    etag: str | None = None
    last_modified: str | None = None
    url: str | None = None  # the address that gave them, after redirects; sent to no other (None: to all)


LONGEST_WISH = timedelta(days=7)  # whatever a server asks, we look again after a week


@dataclass(frozen=True, slots=True)
class Hint:
    """A wish of the server or the feed about when to come back."""

    source: str  # "retry-after", "cache-control", "expires", "ttl", "sy:updatePeriod"
    wait: timedelta


@dataclass(frozen=True, slots=True)
class Redirect:
    """One hop of a redirect chain."""

    status: int
    url: str  # where it led, absolute


@dataclass(frozen=True, slots=True)
class Access:
    """How one source wants to be asked, where that differs from all others; it holds secrets.

    Headers, cookies and credentials go to the origin of `url` and to no other.
    """

    url: str = field(
        default="", repr=False
    )  # whose origin the secrets below are meant for; "": that of the request itself
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    auth: str = field(default="", repr=False)  # user:password
    cookies: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    user_agent: str = ""  # instead of our own
    proxy: str = field(default="", repr=False)  # instead of fetch.proxy


@dataclass(frozen=True, slots=True)
class Request:
    """What to fetch, with the bounds that hold for this one exchange."""

    url: str
    max_bytes: int  # decoded bytes
    validators: Validators = Validators()
    access: Access = Access()
    accept: str = "*/*"
    method: Literal["GET", "POST"] = "GET"
    data: bytes = b""  # what a POST carries
    data_type: str = ""  # its media type


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened during an exchange, for whoever wants to watch it."""

    after: float  # seconds since the exchange began
    what: str  # "turn", "resolved", "connected", "request", "answer", "redirect", "body", …
    detail: str  # one line, secrets redacted


@dataclass(frozen=True, slots=True)
class Fetched:
    """A document that arrived whole."""

    url: str  # as asked
    final_url: str  # after redirects
    status: int
    content_type: str  # media type, lower case, without parameters; "" when absent
    charset: str | None  # charset parameter of Content-Type
    body: bytes  # decoded from any content coding; b"" if it lies in a file
    digest: str  # of the whole decoded body: BLAKE2b of 128 bits, hexadecimal
    validators: Validators
    hints: tuple[Hint, ...] = ()
    redirects: tuple[Redirect, ...] = ()
    spool: Path | None = None  # the file of a large body; whoever asked for it says how long it stays

    @property
    def content(self) -> bytes | Path:
        """The body itself or the file that holds it."""
        return self.body if self.spool is None else self.spool


@dataclass(frozen=True, slots=True)
class NotModified:
    """The server says that our copy is still good (304)."""

    url: str
    final_url: str
    validators: Validators  # what to keep: refreshed by the 304 where it carried some
    hints: tuple[Hint, ...] = ()
    redirects: tuple[Redirect, ...] = ()


FetchResult = Fetched | NotModified | Failure
