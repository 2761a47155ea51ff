"""Feeds that somebody asks for: the archive by a query, a topic narrowed by query, language or age.

Nothing of them is written. One is made at a time, off the loop, and few may wait: whoever asks for
more is told to come back.
"""

import asyncio
import gzip
import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from urllib.parse import quote, urlencode

from aiohttp import hdrs, web

from aggregator.config.values import duration
from aggregator.errors import UsageError
from aggregator.pipeline.adhoc import Asked, make
from aggregator.pipeline.parts import Parts
from aggregator.publish import FORMATS, MEDIA_TYPES, Format
from aggregator.serve.access import PARAMETER
from aggregator.serve.answers import RETRY_SECONDS, send
from aggregator.serve.documents import Document

PARAMETERS = frozenset(("q", "lang", "since"))
_WAITING = 8
_LEVEL = 5
_HOW_SINCE = (
    "since must be a day (2026-03-14), an instant (2026-03-14T09:26:53Z) or a time back from now (2d, 12h)"
)
_LATER = "Too many searches at once; ask again in a moment.\n"


class Feeds:
    """Answers requests for feeds that are made when they are asked for."""

    def __init__(self, parts: Callable[[], Parts]) -> None:
        self._parts = parts
        self._turn = asyncio.Lock()
        self._waiting = 0

    async def search(self, request: web.Request) -> web.StreamResponse:
        """Answer with what the archive holds for a query."""
        return await self.answer(request, None, request.match_info["format"])

    async def answer(self, request: web.Request, topic_id: str | None, fmt: str) -> web.StreamResponse:
        """Answer with the feed that is asked for, or say what is wrong with the question."""
        parts = self._parts()
        if self._waiting >= _WAITING:
            return web.Response(status=503, text=_LATER, headers={hdrs.RETRY_AFTER: RETRY_SECONDS})
        self._waiting += 1
        try:
            asked, canonical = _read(request, parts, topic_id, fmt)
            if (elsewhere := _elsewhere(request, canonical)) is not None:
                headers = {hdrs.LOCATION: elsewhere, hdrs.CACHE_CONTROL: caching(parts)}
                return web.Response(status=301, headers=headers)
            async with self._turn:
                body = await make(parts, asked)
        except UsageError as error:
            return web.Response(status=400, text=f"{error}\n")
        finally:
            self._waiting -= 1
        document = Document(
            body=body,
            etag=hashlib.blake2b(body, digest_size=12).hexdigest(),
            zipped=await asyncio.to_thread(gzip.compress, body, _LEVEL, mtime=0),
            modified_at=None,  # entries leave it, too: no date says that
        )
        return await send(request, document, _type(asked.format), caching(parts))


def caching(parts: Parts) -> str:
    """Say how long a feed may be kept, and whether by others than who asked for it."""
    seconds = int(parts.config.publish.ttl.total_seconds())
    return f"private, max-age={seconds}" if parts.config.serve.tokens else f"max-age={seconds}"


def _elsewhere(request: web.Request, canonical: Sequence[tuple[str, str]]) -> str | None:
    """Return where a question is answered, as seen from its address; None: there.

    So a feed is known to readers by one address, the one that it names as its own. How the characters
    of a query are encoded makes no difference: clients change that on the way.
    """
    shown = [(name, value) for name, value in request.query.items() if name != PARAMETER]
    if shown == list(canonical):
        return None
    tokens = [(PARAMETER, value) for value in request.query.getall(PARAMETER, [])[:1]]
    question = urlencode([*canonical, *tokens])
    return quote(request.path.rpartition("/")[2], safe="") + (f"?{question}" if question else "")


def _read(
    request: web.Request, parts: Parts, topic_id: str | None, fmt: str
) -> tuple[Asked, Sequence[tuple[str, str]]]:
    """Read what is asked for, and the parameters that ask for it, in order. Raises UsageError."""
    query = request.query
    known = next((each for each in FORMATS if each == fmt), None)
    if known is None:
        raise UsageError(f"there is no format {fmt[:20]!r}; there are {', '.join(FORMATS)}")
    text, lang, since = (query.get(name, "").strip() for name in ("q", "lang", "since"))
    lang = lang.lower()
    canonical = [(name, value) for name, value in (("lang", lang), ("q", text), ("since", since)) if value]
    asked = Asked(
        query=text,
        lang=lang,
        since=_since(since, parts.clock.now()),
        topic_id=topic_id,
        format=known,
        address=f"{parts.config.publish.base_url}{quote(request.path)}?{urlencode(canonical)}",
    )
    return asked, canonical


def _type(fmt: Format) -> str:
    # JSON is UTF-8 and has no such parameter (RFC 8259, section 11).
    return MEDIA_TYPES[fmt] if fmt == "json" else f"{MEDIA_TYPES[fmt]}; charset=utf-8"


def _since(text: str, now: datetime) -> datetime | None:
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return now - _back(text)
    try:
        return at.astimezone(now.tzinfo) if at.tzinfo else at.replace(tzinfo=now.tzinfo)
    except OverflowError:
        raise UsageError(_HOW_SINCE) from None


def _back(text: str) -> timedelta:
    try:
        return duration(text)
    except ValueError:
        raise UsageError(_HOW_SINCE) from None
