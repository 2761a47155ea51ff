"""Recognise the pages that protection services show instead of the document, and name them.

A wall is no refusal of the publisher and no document either; taken for one, its text would become
an article. Only marks of the machinery count (headers, script names), never words that an article
about such walls might use. Nothing here tries to get past a wall.
"""

from collections.abc import Mapping
from dataclasses import dataclass

LOOK_AT = 64 * 1024  # bytes of a body that are looked at; no wall is longer


@dataclass(frozen=True, slots=True)
class _Wall:
    name: str
    header: tuple[str, str] | None = None  # name, and what its value contains
    marks: tuple[bytes, ...] = ()  # any of these in the body
    max_bytes: int = LOOK_AT  # a longer body is a page that merely loads the service's script
    refusals_only: bool = False  # the marks are too weak for an answer of 2xx


_REFUSALS = frozenset((401, 403, 405, 406, 429))  # not 404 and 5xx: those pages are often the service's too

_WALLS = (
    _Wall("Cloudflare", header=("cf-mitigated", "challenge")),
    _Wall("Cloudflare", marks=(b"window._cf_chl_opt",)),
    _Wall("Cloudflare", marks=(b"cf-error-details",), refusals_only=True),
    _Wall("DataDome", marks=(b"ct.captcha-delivery.com", b"geo.captcha-delivery.com")),
    _Wall("DataDome", header=("x-dd-b", ""), refusals_only=True),
    _Wall("Imperva", marks=(b"_Incapsula_Resource", b"Incapsula incident ID"), max_bytes=4096),
    _Wall("Akamai", marks=(b"errors.edgesuite.net",), refusals_only=True),
    _Wall("HUMAN", marks=(b"px-captcha", b"window._pxAppId"), refusals_only=True),
    _Wall("AWS WAF", header=("x-amzn-waf-action", "")),
    _Wall("Vercel", header=("x-vercel-mitigated", "")),
    _Wall("Kasada", header=("x-kpsdk-ct", ""), refusals_only=True),
    _Wall("Sucuri", marks=(b"sucuri_cloudproxy_js",), max_bytes=16384),
    _Wall("Sucuri", marks=(b"Sucuri WebSite Firewall",), refusals_only=True),
    _Wall("DDoS-Guard", header=("server", "ddos-guard"), refusals_only=True),
    _Wall("Anubis", marks=(b"/.within.website/x/cmd/anubis/", b'id="anubis_challenge"')),
    _Wall("Alibaba Cloud", marks=(b"acw_sc__v2", b"aliyun_waf_aa"), max_bytes=32768),
    _Wall("Alibaba Cloud", marks=(b"errors.aliyun.com",), refusals_only=True),
    _Wall("Baidu", marks=(b"wappass.baidu.com/static/captcha",)),
    _Wall("SafeLine", marks=(b"/.safeline/",), max_bytes=32768),
)


def wall(status: int, headers: Mapping[str, str], content_type: str, body: bytes) -> str | None:
    """Return the name of the service whose wall this answer is, or None.

    `headers` must find names in any case; `body` is decoded from its content coding.
    """
    is_refusal = status in _REFUSALS
    has_page = "html" in content_type or not content_type
    head = body[:LOOK_AT]
    for candidate in _WALLS:
        if candidate.refusals_only and not is_refusal:
            continue
        if candidate.header is not None:
            name, part = candidate.header
            if name in headers and part in headers[name].lower():
                return candidate.name
        elif has_page and len(body) <= candidate.max_bytes and any(mark in head for mark in candidate.marks):
            return candidate.name
    return None
