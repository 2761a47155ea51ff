"""The built-in web server: published feeds, the list of topics, and whether all is well.

It only reads: GET and HEAD, files of one folder by their names, and what is asked for by a query. It
refuses everything else. On the event loop it looks at the time of a file (lstat); files are read and the
database is asked on threads. Published files are served also while the database is down.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path

from aiohttp import hdrs, web

from aggregator.errors import ServiceDownError
from aggregator.metrics import MEDIA_TYPE
from aggregator.pipeline.parts import Parts
from aggregator.pipeline.publish import is_removed
from aggregator.publish import FORMATS, INDEX_NAME, MEDIA_TYPES, OPML_NAME, topic_of
from aggregator.publish.files import is_name
from aggregator.serve import pages
from aggregator.serve.access import IS_KNOWN, guard
from aggregator.serve.answers import RETRY_SECONDS, protect, send
from aggregator.serve.asked import PARAMETERS, Feeds, caching
from aggregator.serve.documents import Documents

Probe = Callable[[], Awaitable[str]]
"""Tells in one line what is wrong, "" if nothing is."""

_MAX_AGE = timedelta(minutes=5)

_TYPES: Mapping[str, str] = {
    **{f".{fmt}": f"{media_type}; charset=utf-8" for fmt, media_type in MEDIA_TYPES.items()},
    ".json": MEDIA_TYPES["json"],  # JSON is UTF-8 and has no such parameter (RFC 8259, section 11)
    ".html": "text/html; charset=utf-8",
    ".opml": "text/x-opml; charset=utf-8",
    ".css": "text/css; charset=utf-8",
}

_NO_FEED = (
    "There is no such feed here. The list of topics is at / and every feed is at"
    f" /feeds/<topic>.<format>, where <format> is one of {', '.join(FORMATS)}. The feed of a new topic"
    " appears as soon as the daemon has read its file in config/topics.d/ and published for the first time;"
    " `aggregator status` tells how far it is.\n"
)
_GONE = "The topic of this feed was taken out of the configuration: unsubscribe. The list of topics is at /\n"
_NO_INDEX = (
    "No topic has been published yet. Put a file such as config/topics.d/alibaba.toml in place, with a title"
    " and a query, and some sources in config/sources.d/; `aggregator check` tells whether they are right.\n"
)
_NOT_FOUND = "There is nothing here. The list of topics is at /\n"
_NOT_WELL = "something is wrong; show a token to read what"
_DOWN = "The database does not answer; ask again in a moment. The feeds in /feeds/ are served meanwhile.\n"
_ONLY_READING = "This server can only be read: use GET or HEAD.\n"


async def _fine() -> str:
    return ""


def create(
    feeds_folder: Path,
    *,
    health: Probe = _fine,
    ready: Probe = _fine,
    metrics: Callable[[], Awaitable[bytes]] | None = None,
    remark: Callable[[], str] = str,
    parts: Callable[[], Parts] | None = None,
    max_age: timedelta = _MAX_AGE,
) -> web.Application:
    """Build the application that serves one folder of published files.

    `health` answers /healthz (is the process working?), `ready` /readyz (may clients come?), `metrics`
    /metrics, in Prometheus' text format; readers are asked to keep what they got for `max_age`. `remark`
    is said on a second line by the first two, and changes neither verdict: what the user may want to look at.
    With `parts`, what the daemon works with now, there are pages to look at, too.
    """
    documents = Documents(feeds_folder)
    asked = Feeds(parts) if parts else None

    async def found(request: web.Request, name: str) -> web.StreamResponse | None:
        media_type = _TYPES.get(Path(name).suffix) if is_name(name) else None
        document = await documents.get(name) if media_type else None
        if document is None or media_type is None:
            return None
        kept = caching(parts()) if parts else f"max-age={int(max_age.total_seconds())}"
        return await send(request, document, media_type, kept)

    async def serve(request: web.Request, name: str, missing: str) -> web.StreamResponse:
        return await found(request, name) or web.Response(status=404, text=missing)

    async def feed(request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        topic_id = topic_of(name)
        if parts is None or asked is None or topic_id is None:
            return await serve(request, name, _NO_FEED)
        is_topic = topic_id in parts().topic_configs
        ending = name.rpartition(".")[2]
        is_live = is_topic and name == f"{topic_id}.{ending}"  # not a page of the archive
        if is_live and request.query_string and PARAMETERS & request.query.keys():
            return await asked.answer(request, topic_id, ending)
        # What lies there is good, whether or not the database can be asked.
        if (answer := await found(request, name)) is not None:
            return answer
        if not is_topic and await is_removed(parts(), topic_id):
            return web.Response(status=410, text=_GONE)
        return web.Response(status=404, text=_NO_FEED)

    async def opml(request: web.Request) -> web.StreamResponse:
        return await serve(request, OPML_NAME, _NO_INDEX)

    async def index(request: web.Request) -> web.StreamResponse:
        return await serve(request, INDEX_NAME, _NO_INDEX)

    async def healthz(request: web.Request) -> web.Response:
        return _verdict(request, await health(), remark())

    async def readyz(request: web.Request) -> web.Response:
        return _verdict(request, await ready(), remark())

    app = web.Application(middlewares=[_explain])
    if parts:
        app.middlewares.insert(0, guard(lambda: parts().config.serve.tokens))
    app.on_response_prepare.append(_protect)
    if parts is None:
        app.router.add_get("/", index)
    else:
        pages.add(app, parts, index)
    if asked:
        app.router.add_get("/search.{format:[a-z]+}", asked.search)
    app.router.add_get("/opml", opml)
    app.router.add_get("/feeds/{name}", feed)
    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)
    if metrics is not None:
        app.router.add_get("/metrics", partial(_figures, metrics))
    return app


async def _figures(metrics: Callable[[], Awaitable[bytes]], _: web.Request) -> web.Response:
    headers = {hdrs.CONTENT_TYPE: MEDIA_TYPE, hdrs.CACHE_CONTROL: "no-store"}
    return web.Response(body=await metrics(), headers=headers)


def _verdict(request: web.Request, problem: str, remark: str) -> web.Response:
    if not request.get(IS_KNOWN, True):  # both may name files, topics and sources
        problem, remark = (_NOT_WELL if problem else ""), ""
    return web.Response(
        status=503 if problem else 200,
        text="\n".join(part for part in (problem or "ok", remark, "") if part) + "\n",
        headers={hdrs.CACHE_CONTROL: "no-store"},
    )


@web.middleware
async def _explain(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Say in the router's own refusals what to do instead, and that the database is away."""
    try:
        return await handler(request)
    except web.HTTPMethodNotAllowed as refusal:
        return web.Response(status=405, text=_ONLY_READING, headers={hdrs.ALLOW: refusal.headers[hdrs.ALLOW]})
    except web.HTTPNotFound:
        return web.Response(status=404, text=_NOT_FOUND)
    except ServiceDownError:
        return web.Response(status=503, text=_DOWN, headers={hdrs.RETRY_AFTER: RETRY_SECONDS})


async def _protect(_: web.Request, response: web.StreamResponse) -> None:
    protect(response)
