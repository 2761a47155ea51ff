"""Page bytes to the main text, clean and honest about what it is worth.

Pure and costly: meant for a worker process with a CPU limit. Never touches the network, never lets
a cookie banner or an error page pass for an article, and knows no host.
"""

import re
from dataclasses import replace

from aggregator.extract import body as bodies
from aggregator.extract import metadata, page, quality
from aggregator.extract.expected import expected
from aggregator.model import Article, Entry, Failure, FailureKind, Quality
from aggregator.text.html import plain

__all__ = ["article", "choose"]

_NO_ARTICLE = (Quality.CONSENT_WALL, Quality.ERROR_PAGE)
_WHOLE_FEED = 1000  # Latin characters of content from which a feed is taken to carry the whole text
_FULLER = 1.1
_SHORT_PAGE = 1500
_PASSWORD = re.compile(r"<input\b[^>]{0,300}\btype\s*=\s*[\"']?password", re.IGNORECASE)


def article(
    body: bytes, *, charset: str | None, url: str, with_metadata: bool, entry: Entry | None = None
) -> Article | Failure:
    """Extract the article of a page, or say why there is none.

    `url` is where the page was found, `charset` what the server named. What the feed says in `entry` helps
    to tell the article from another page; a page that is no article keeps its verdict and no text.
    Metadata costs twice the text again: ask for it only where the feed lacks it; the canonical link is
    always read.
    """
    source, failure = page.load(body, charset, url)
    if failure:
        return failure
    whole = page.parse(source, url)
    if whole is None:
        return Failure(FailureKind.NOT_HTML, f"no HTML could be read behind the link: {url}")
    known = metadata.read(whole.tree, whole.base) if with_metadata else None
    found = bodies.extract(whole, source, url)
    verdict = quality.judge(
        quality.Facts(
            text=found.text,
            titles=whole.titles,
            statements=whole.statements,
            running=found.running,
            spoken=found.spoken,
            walls=found.walls,
            lines=found.lines,
            dropped=found.dropped.lines,
            last=found.dropped.last or found.onward,
            asking=found.dropped.asking,
            expected=expected(entry),
            url=url,
            canonical_url=whole.canonical_url,
            has_password=len(found.text) < _SHORT_PAGE and _PASSWORD.search(source) is not None,
            is_rescued=found.is_rescued,
            has_lost_cards=found.has_lost_cards,
        )
    )
    if verdict.quality is Quality.FAILED:
        return Failure(FailureKind.EMPTY, f"{'; '.join(verdict.evidence)}: {url}")
    result = Article(
        found.html if verdict.is_article else "",
        found.text if verdict.is_article else "",
        verdict.quality,
        verdict.evidence,
        is_from_page=True,
        canonical_url=whole.canonical_url,
    )
    if known is None:
        return result
    return replace(
        result,
        title=known.title,
        authors=known.authors,
        published_at=known.published_at,
        site_name=known.site_name,
        image_url=known.image_url,
    )


def choose(page: Article | Failure | None, entry: Entry) -> Article:
    """Decide between the page's text and the feed's own; the evidence says which and why.

    `page` is None for sources whose pages are not fetched.
    """
    html = max((entry.content_html, entry.summary_html), key=len)
    text = plain(html)
    is_whole = (
        bool(entry.content_html) and quality.weight(text) >= _WHOLE_FEED and not quality.breaks_off(text)
    )
    own = Quality.FULL if is_whole else Quality.TEASER
    if page is None:
        return Article(html, text, own, ("the feed's own text; its pages are not fetched",))
    if isinstance(page, Failure):
        verdict = Quality.FULL if is_whole else Quality.FAILED
        return Article(html, text, verdict, (f"the feed's own text; the page failed: {page.detail}",))
    if page.quality in _NO_ARTICLE or not page.text:
        why = f"the feed's own text; the page is no article ({page.quality}: {'; '.join(page.evidence)})"
        verdict = own if is_whole else page.quality
        return replace(page, html=html, text=text, quality=verdict, evidence=(why,), is_from_page=False)
    if quality.weight(text) > _FULLER * quality.weight(page.text):
        why = f"the feed's own text, {len(text)} characters; the page gave {len(page.text)} ({page.quality})"
        verdict = own if is_whole or page.quality is Quality.FULL else page.quality
        evidence = (why, *page.evidence)
        return replace(page, html=html, text=text, quality=verdict, evidence=evidence, is_from_page=False)
    return replace(
        page,
        evidence=(f"the page's text, {len(page.text)} characters; the feed gave {len(text)}", *page.evidence),
    )
