"""Page bytes to the main text, clean and honest about what it is worth.

Pure and costly: meant for a worker process with a CPU limit. Never touches the network, never lets
a cookie banner or an error page pass for an article, and knows no host.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from aggregator.extract import body as bodies
from aggregator.extract import metadata, page, quality, rules
from aggregator.extract.blocks import REASONS, Watch
from aggregator.extract.expected import expected
from aggregator.extract.join import join
from aggregator.extract.recurring import NOTHING, PRINTS, learn, still_there
from aggregator.model import Article, Entry, Facts, Failure, FailureKind, JudgedPage, Quality, SiteRule
from aggregator.text.html import plain

__all__ = ["PRINTS", "REASONS", "Reading", "Watch", "article", "choose", "join", "read", "still_there"]

_NO_ARTICLE = (Quality.CONSENT_WALL, Quality.ERROR_PAGE)
_WHOLE_FEED = 1000  # Latin characters of content from which a feed is taken to carry the whole text
_FULLER = 1.1
_SHORT_PAGE = 1500
_PASSWORD = re.compile(r"<input\b[^>]{0,300}\btype\s*=\s*[\"']?password", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Reading:
    """An article, how it was judged, and what else its page said."""

    page: JudgedPage
    next_url: str | None = None  # of the next page of the same article, where a rule finds it
    origins: Mapping[str, str] = field(default_factory=dict)  # title, authors, published_at: "rule" or "page"

    @property
    def article(self) -> Article:
        """The article by itself."""
        return self.page.article


def article(
    body: bytes, *, charset: str | None, url: str, with_metadata: bool, entry: Entry | None = None
) -> Article | Failure:
    """Extract the article of a page without any rule, as `read` does."""
    found = read(body, charset=charset, url=url, with_metadata=with_metadata, entry=entry)
    return found if isinstance(found, Failure) else found.article


def read(
    body: bytes,
    *,
    charset: str | None,
    url: str,
    with_metadata: bool,
    entry: Entry | None = None,
    rule: SiteRule | None = None,
    lang: str | None = None,
    now: datetime | None = None,
    watch: Watch | None = None,
    others: Sequence[Sequence[int]] = (),
) -> Reading | Failure:
    """Extract the article of a page, or say why there is none.

    `url` is where the page was found, `charset` what the server named. What the feed says in `entry` helps
    to tell the article from another page; a page that is no article keeps its verdict and no text.
    Metadata costs twice the text again: ask for it only where the feed lacks it; the canonical link, and
    what the rule of the site names, are always read. `lang` and `now` help to read the rule's date;
    `watch` sees what becomes of each block. `others` are the prints that other pages of the site left
    behind: what enough of them hold is no part of the article.
    """
    source, failure = page.load(body, charset, url)
    if failure:
        return failure
    whole = page.parse(source, url)
    if whole is None:
        return Failure(FailureKind.NOT_HTML, f"no HTML could be read behind the link: {url}")
    known = metadata.read(whole.tree, whole.base) if with_metadata else None
    said = rules.read(whole, rule, lang, now) if rule else rules.Said()
    found = bodies.extract(whole, source, url, rule, watch, learn(others) if others else NOTHING)
    facts = Facts(
        text=found.text,
        titles=(said.title, *whole.titles) if said.title else whole.titles,
        statements=whole.statements,
        running=found.running,
        spoken=found.spoken,
        walls=found.walls,
        lines=found.lines,
        dropped=found.dropped.lines,
        last=found.dropped.last or found.onward,
        asking=found.dropped.asking,
        url=url,
        canonical_url=whole.canonical_url,
        has_password=len(found.text) < _SHORT_PAGE and _PASSWORD.search(source) is not None,
        is_rescued=found.is_rescued,
        has_lost_cards=found.has_lost_cards,
    )
    verdict = quality.judge(facts, expected(entry))
    if verdict.quality is Quality.FAILED:
        return Failure(FailureKind.EMPTY, f"{'; '.join(verdict.evidence)}: {url}")
    is_refused = not verdict.is_article
    if is_refused and watch:
        watch.refuse(found.text)
    notes = (*found.notes, *said.notes)
    result = Article(
        "" if is_refused else found.html,
        "" if is_refused else found.text,
        verdict.quality,
        (*verdict.evidence, *notes),
        is_from_page=True,
        title=said.title or (known.title if known else None),
        authors=said.authors or (known.authors if known else ()),
        published_at=said.published_at or (known.published_at if known else None),
        site_name=known.site_name if known else None,
        image_url=known.image_url if known else None,
        canonical_url=whole.canonical_url,
    )
    origins = {
        name: "rule" if getattr(said, name) else "page"
        for name in ("title", "authors", "published_at")
        if getattr(result, name)
    }
    prints = () if is_refused else found.prints
    return Reading(JudgedPage(result, facts, notes, prints), said.next_url, origins)


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
