"""An address made ready for the wire: every byte legal, nothing else changed, credentials apart.

Unlike a browser or yarl's own quoting it leaves escapes as they stand (`%2C` stays `%2C`): some
servers sign their addresses. It does not judge where an address leads; that is for `guard`.
"""

import base64
import re
from dataclasses import dataclass, replace
from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import SplitResult, quote, unquote

from yarl import URL

from aggregator.urls import join, registrable_domain, split_http

_STRAY_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_RAW_BYTE = re.compile(r"[\udc80-\udcff]")
_LEGAL = "%/:=&?~+!$,;'@()*[]|"  # beyond letters and digits; `|` is not, but is sent raw by every browser


Origin = tuple[str, str, int]  # scheme, host, port (RFC 6454)


class TargetError(ValueError):
    """The text is not an address that can be fetched."""


@dataclass(frozen=True, slots=True)
class Target:
    """One address to ask, without user information and fragment."""

    url: URL
    text: str  # the same, as text
    host: str
    port: int
    domain: str  # the registrable domain, which is what turns are taken at
    authorization: str | None  # value of the Authorization header, from user:password@ of the address

    @classmethod
    @lru_cache(maxsize=4096)
    def parse(cls, text: str) -> "Target":
        """Read an absolute http or https address; TargetError if it is none."""
        text = text.strip()
        parts = split_http(text)
        if parts is None:
            raise TargetError("not an http or https address")
        try:
            host = _host(parts.hostname or "")
        except ValueError as error:
            raise TargetError(f"not a host name: {error}") from error
        usual = 443 if parts.scheme == "https" else 80
        port = parts.port or usual
        authority = f"[{host}]" if ":" in host else host
        if port != usual:
            authority += f":{port}"
        query = f"?{_legal(parts.query)}" if parts.query else ""
        url = URL(f"{parts.scheme}://{authority}{_legal(parts.path) or '/'}{query}", encoded=True)
        # One name has one turn, however it is spelt: judged as it is dialled.
        domain = registrable_domain(text if text.isascii() else str(url)) or host
        return cls(url, str(url), host, port, domain, _basic(parts))

    def follow(self, location: str) -> "Target":
        """Resolve the Location of a redirect; credentials it may carry are the server's, not ours."""
        # Header text that is not UTF-8 arrives as lone surrogates, one a byte.
        href = _RAW_BYTE.sub(lambda byte: f"%{ord(byte.group()) - 0xDC00:02X}", location)
        url = join(self.text, href)
        if url is None:
            raise TargetError("not an http or https address")
        return replace(Target.parse(url), authorization=None)

    @property
    def origin(self) -> Origin:
        """Return scheme, host and port, the border that credentials do not cross."""
        return self.url.scheme, self.host, self.port

    @property
    def origin_url(self) -> str:
        """Return the origin as the beginning of a URL, without a final slash."""
        return f"{self.url.scheme}://{self.url.raw_authority}"


def _host(name: str) -> str:
    if ":" in name:
        address, mark, zone = name.partition("%")
        return f"{ip_address(address)}{mark}{zone}"
    name = name.rstrip(".") + ("." if name.endswith(".") else "")
    return name if name.isascii() else URL.build(scheme="http", host=name).raw_host or ""


def _legal(text: str) -> str:
    return _STRAY_PERCENT.sub("%25", quote(text, safe=_LEGAL, errors="replace"))


def _basic(parts: SplitResult) -> str | None:
    """Return the Basic credentials of the address, if it has any (RFC 7617: UTF-8)."""
    if "@" not in parts.netloc or not (parts.username or parts.password):
        return None
    pair = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}"
    return f"Basic {base64.b64encode(pair.encode()).decode()}"
