"""The pages of an article on the network: asked for politely, read in workers, one after the other.

A page is followed to the next one only where a rule of its site says how, within the same registrable
domain, never twice to one address and at most ten times; robots.txt is asked for each.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import TypeVar
from urllib.parse import urldefrag

from aggregator import analysis
from aggregator.analysis import AgainJob, PageJob, PartJob, PartResult
from aggregator.config.schema import SourceConfig
from aggregator.errors import AggregatorError
from aggregator.logs import get_logger
from aggregator.model import (
    Access,
    Entry,
    Failure,
    FailureKind,
    Fetched,
    FetchResult,
    NotModified,
    Quality,
    Request,
    SiteRule,
    Validators,
)
from aggregator.pipeline.network import learn
from aggregator.pipeline.parts import Parts
from aggregator.store import prints
from aggregator.urls import registrable_domain

log = get_logger("pages")

MAX_PAGES = 10
ACCEPT = "text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.1"
_HTML = {"", "text/html", "application/xhtml+xml", "application/xml", "text/xml", "text/plain"}
_NO_PAGE = (Quality.CONSENT_WALL, Quality.ERROR_PAGE)
_J = TypeVar("_J", PageJob, AgainJob, PartJob)
_R = TypeVar("_R")


@dataclass(frozen=True, slots=True)
class Visit:
    """How the pages of one article are asked for, and by whom."""

    owner: str  # whose place in the workers it takes: its source's, whatever hosts the source links to
    access: Access
    obeys_robots: bool
    rule: SiteRule | None
    lang: str | None
    with_metadata: bool
    entry: Entry | None = None  # what the feed says of the page
    is_looking: bool = False  # somebody wants to know what becomes of each block; nothing is stored
    others: tuple[tuple[int, ...], ...] = ()  # what other pages of the site hold


@dataclass(frozen=True, slots=True)
class ReadPages:
    """The pages of an article that could be read, at least one."""

    urls: tuple[str, ...]
    parts: tuple[PartResult, ...]
    broken: str = ""  # why the rest is missing


def visit(
    parts: Parts,
    source: SourceConfig | None,
    url: str,
    *,
    lang: str | None,
    with_metadata: bool,
    entry: Entry | None = None,
) -> Visit:
    """Say how the page at an address is asked for, on behalf of a source or of the user alone."""
    site = parts.config.site(url)
    access = source.access if source else Access()
    if site and site.user_agent:
        access = replace(access, user_agent=site.user_agent)
    obeys_robots = parts.config.articles.robots if source is None or source.robots is None else source.robots
    owner = registrable_domain(source.url if source else url)
    return Visit(owner, access, obeys_robots, site.rule if site else None, lang, with_metadata, entry)


@asynccontextmanager
async def fetched(
    parts: Parts, url: str, how: Visit, may_follow: Callable[[str], Failure | None] = lambda _: None
) -> AsyncIterator[Fetched | Failure]:
    """Give a page or what came instead, until the block ends.

    `may_follow` says why a redirect is not followed, if so; robots.txt is asked anyway.
    """
    async with answered(parts, url, how, may_follow) as answer:
        if isinstance(answer, NotModified):  # no validators were sent: the server is confused
            detail = "the server answered 304 to a request without validators"
            yield Failure(FailureKind.PROTOCOL, detail)
        else:
            yield answer


@asynccontextmanager
async def answered(
    parts: Parts,
    url: str,
    how: Visit,
    may_follow: Callable[[str], Failure | None] = lambda _: None,
    validators: Validators = Validators(),
) -> AsyncIterator[FetchResult]:
    """Give a page as `fetched` does; or "not modified", where there are `validators`."""

    async def refusal(address: str) -> Failure | None:
        if (found := may_follow(address)) is not None or not how.obeys_robots:
            return found
        return await parts.robots.check(address, access=how.access)

    if (failure := await refusal(url)) is not None:
        yield failure
        return
    request = Request(url, parts.config.fetch.max_page, validators, how.access, ACCEPT)
    async with parts.client.document(request, may_follow=refusal) as answer:
        if isinstance(answer, Failure):
            answer = replace(answer, detail=parts.config.redact(answer.detail))
        if not how.is_looking:
            await learn(parts, url, answer if isinstance(answer, Failure) else None, blamed=None)
        if isinstance(answer, Fetched) and answer.content_type not in _HTML:
            detail = f"the link leads to {answer.content_type}, not to a page"
            yield Failure(FailureKind.NOT_HTML, detail)
        else:
            yield answer


async def read(parts: Parts, first: Fetched, how: Visit) -> ReadPages | Failure:
    """Read a page and those that follow it; a Failure if not even the first can be read."""
    how = replace(_there(parts, first, how), others=await others(parts, first))
    found = await _part(parts, first, how)
    if isinstance(found, Failure):
        return found
    urls, results = [first.final_url], [found]
    seen = {_place(first.url), _place(first.final_url)}
    home = registrable_domain(first.final_url)
    broken = ""
    while found.article.text and not broken and (url := found.next_url) and _place(url) not in seen:
        if len(results) == MAX_PAGES:
            broken = f"more than {MAX_PAGES} pages"
            break
        more = await _next(parts, url, replace(how, with_metadata=False), seen, home)
        if isinstance(more, Failure):
            broken = f"page {len(results) + 1} is missing: {more.detail}"
        elif more is None or any(more.article.text == each.article.text for each in results):
            break  # after its last page this server goes round
        elif more.article.quality in _NO_PAGE or not more.article.text:
            broken = f"page {len(results) + 1} is no article ({more.article.quality})"
        else:
            found = more
            urls.append(url)
            results.append(found)
    return ReadPages(tuple(urls), tuple(results), broken)


async def _next(parts: Parts, url: str, how: Visit, seen: set[str], home: str) -> PartResult | Failure | None:
    """Read one more page; None if the address leads back to one that was seen, by a redirect."""

    def elsewhere(address: str) -> Failure | None:
        if registrable_domain(address) == home:
            return None
        return Failure(FailureKind.BAD_URL, "it is on another site")

    seen.add(_place(url))
    async with fetched(parts, url, how, elsewhere) as answer:
        if isinstance(answer, Failure):
            return answer
        if _place(answer.final_url) != _place(url):
            if _place(answer.final_url) in seen:
                return None
            seen.add(_place(answer.final_url))
        # Its own title and summary are those of the article, of which this is a later part.
        return await _part(parts, answer, replace(how, entry=Entry(None, url, "")))


async def others(parts: Parts, page: Fetched) -> tuple[tuple[int, ...], ...]:
    """Return the prints that other pages of the same site left behind."""
    return await parts.gate.read(prints.others, page.final_url)


def rule_for(parts: Parts, page: Fetched, how: Visit) -> SiteRule | None:
    """Return the rule of the site where a page was found, else of the one where it was looked for."""
    return _there(parts, page, how).rule


def _there(parts: Parts, page: Fetched, how: Visit) -> Visit:
    """Go on by the rule of the site to which redirects led."""
    site = parts.config.site(page.final_url)
    if site is None:
        return how
    user_agent = site.user_agent or how.access.user_agent
    return replace(how, rule=site.rule, access=replace(how.access, user_agent=user_agent))


async def in_worker(parts: Parts, how: Visit, function: Callable[[_J], _R], job: _J) -> _R | Failure:
    """Run a job in a worker; a bug that one page brings out costs that page, and is loud."""
    run = parts.workers.run_page if job.body else parts.workers.run  # a feed's text may take a feed's time
    try:
        async with parts.workers.turn(how.owner):
            return await run(function, job)
    except AggregatorError:
        raise
    except Exception as error:
        log.error("bug", url=job.url, exc_info=error)
        return Failure(FailureKind.INTERNAL, f"a bug in aggregator: {type(error).__name__}: {error}")


async def _part(parts: Parts, page: Fetched, how: Visit) -> PartResult | Failure:
    job = PartJob(
        body=page.content,
        charset=page.charset,
        url=page.final_url,
        lang=how.lang,
        with_metadata=how.with_metadata,
        now=parts.clock.now(),
        rule=how.rule,
        entry=how.entry,
        is_watched=how.is_looking,
        others=how.others,
    )
    return await in_worker(parts, how, analysis.part, job)


def _place(url: str) -> str:
    return urldefrag(url).url
