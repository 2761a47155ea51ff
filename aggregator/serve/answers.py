"""A document as an answer: validators, compression, and no more in our memory than the client takes."""

import contextlib
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache

from aiohttp import ETag, hdrs, web

from aggregator.publish import MEDIA_TYPES, STYLE_HASH
from aggregator.serve.documents import Document

RETRY_SECONDS = "5"
"""When to ask again what cannot be answered at this moment."""

_POLICY = (
    f"default-src 'none'; style-src 'self' '{STYLE_HASH}'; img-src https: http:; media-src https: http:;"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Server": "aggregator",
}
_FEEDS = (MEDIA_TYPES["atom"], MEDIA_TYPES["rss"])
_CHUNK = 64 << 10  # octets handed to the socket at a time; a larger body waits for the client to read


def protect(response: web.StreamResponse) -> None:
    """Tell browsers to trust an answer no further than it needs; pages bring a policy of their own."""
    response.headers.update(_HEADERS)
    response.headers.setdefault("Content-Security-Policy", _POLICY)


async def send(
    request: web.Request, document: Document, media_type: str, cache_control: str
) -> web.StreamResponse:
    """Answer with a document, or say that the client's copy is still good."""
    zipped = document.zipped if accepts_gzip(request.headers.get(hdrs.ACCEPT_ENCODING, "")) else None
    # Compressed and plain are two representations: each has its own strong validator (RFC 9110, 8.8.3).
    etag = f"{document.etag}-gz" if zipped is not None else document.etag
    headers = {
        hdrs.ETAG: f'"{etag}"',
        hdrs.CACHE_CONTROL: cache_control,
        hdrs.VARY: "Accept, Accept-Encoding" if media_type.startswith(_FEEDS) else hdrs.ACCEPT_ENCODING,
    }
    if document.modified_at is not None:
        headers[hdrs.LAST_MODIFIED] = _http_date(document.modified_at)
    if _is_current(request, document, etag):
        return web.Response(status=304, headers=headers)
    headers[hdrs.CONTENT_TYPE] = _shown_as(media_type, request.headers.get(hdrs.ACCEPT, ""))
    if zipped is not None:
        headers[hdrs.CONTENT_ENCODING] = "gzip"
    body = document.body if zipped is None else zipped
    if len(body) <= _CHUNK or request.method == hdrs.METH_HEAD:
        return web.Response(body=body, headers=headers)
    response = web.StreamResponse(headers=headers)
    response.content_length = len(body)
    whole = memoryview(body)
    with contextlib.suppress(ConnectionError):  # the client may go away in the middle
        await response.prepare(request)
        for start in range(0, len(body), _CHUNK):
            await response.write(whole[start : start + _CHUNK])
        await response.write_eof()
    return response


def _shown_as(media_type: str, accepted: str) -> str:
    """Call a feed plain XML to a browser: it lays that out, and shows feeds as source."""
    if media_type.startswith(_FEEDS) and "text/html" in accepted:
        return "application/xml; charset=utf-8"
    return media_type


@lru_cache(maxsize=1024)
def _http_date(at: datetime) -> str:
    return format_datetime(at, usegmt=True)


@lru_cache(maxsize=256)  # clients send the same few
def accepts_gzip(accepted: str) -> bool:
    """Read Accept-Encoding as far as gzip goes (RFC 9110, section 12.5.3)."""
    wanted = {}
    for choice in accepted.lower().split(","):
        coding, _, parameters = choice.partition(";")
        wanted[coding.strip()] = parameters.replace(" ", "")
    for coding in ("gzip", "x-gzip", "*"):  # what is named counts before the star
        if coding in wanted:
            return wanted[coding] not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


def _is_current(request: web.Request, document: Document, etag: str) -> bool:
    """Tell whether the client's copy is still good (RFC 9110, section 13.2.2)."""
    tags: tuple[ETag, ...] | None = request.if_none_match
    if tags is not None:
        return any(tag.value in (etag, "*") for tag in tags)
    since = request.if_modified_since
    return since is not None and document.modified_at is not None and document.modified_at <= since
