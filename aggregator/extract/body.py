"""The article's body out of a page's tree: prune, extract, take back, drop lines.

The only place that calls trafilatura for text; never its downloader.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from lxml.etree import Element, _Element, tostring
from lxml.html import HtmlElement
from trafilatura import bare_extraction
from trafilatura.htmlprocessing import convert_to_html
from trafilatura.settings import use_config

from aggregator.extract.elements import leads_on
from aggregator.extract.lines import Dropped, drop_furniture
from aggregator.extract.page import Page, parse, strip_inert
from aggregator.extract.phrases import weight
from aggregator.extract.prune import Cut, prune
from aggregator.extract.restore import lines_of, paragraphs_of, take_back, take_captions
from aggregator.text.html import plain, sanitise

# Its complaints about pages are expected here and come back as verdicts.
for _name in ("trafilatura", "htmldate"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)

# Below this its last resort joins the whole page into one paragraph: `paragraphs_of` does better.
_SETTINGS = use_config()
_SETTINGS.set("DEFAULT", "MIN_EXTRACTED_SIZE", "0")

_POOR = 250  # characters below which the uncut page is asked too
_POOR_SHARE = 0.3
_CARDS = 500
_RESCUED = 20_000  # elements of a page that is worth a second extraction
_SPOKEN = 100_000
_ONWARD = 800  # characters below which a text may be the start of another
_SHORT_PAGE = 1500  # weight below which a page may be something else than an article
_LEAST = 60  # weight below which the extractor found nothing


@dataclass(frozen=True, slots=True)
class Body:
    """The extracted text in both forms, and how it came about."""

    html: str
    text: str
    cuts: tuple[Cut, ...]
    running: int
    is_rescued: bool
    has_lost_cards: bool
    dropped: Dropped
    spoken: str  # what the page says outside navigation and lists of articles, where walls say what they want
    walls: str
    lines: tuple[str, ...]  # all blocks of the pruned page, of short pages only
    onward: str  # the line that sends the reader on to the rest of a text


def extract(page: Page, source: str, url: str) -> Body:
    """Extract the body of a page; its tree is used up. `source` is read again if the cuts went too far."""
    strip_inert(page.tree)
    pruned = prune(page.tree, url)
    spoken = "".join((pruned.asides, "\n", *islice(page.tree.itertext(), 20_000)))[:_SPOKEN]
    root = _run(page.tree, page.base)
    size = weight("".join(root.itertext()))
    if size < _LEAST:
        root = paragraphs_of(page.tree)
    else:
        if size < _ONWARD:
            take_captions(root, page.tree)
        take_back(root, page.tree, pruned.running)
    html, text, dropped = _finish(root, page.titles, page.base)
    is_poor = pruned.lost > 0 and len(text) < max(_POOR, _POOR_SHARE * (pruned.running + pruned.lost))
    is_rescued = False
    if (is_poor or (pruned.has_lost_cards and len(text) < _CARDS)) and pruned.elements <= _RESCUED:
        whole = parse(source, url)
        if whole is not None:
            strip_inert(whole.tree)
            prune(whole.tree, url, is_careful=True)
            other_html, other, other_dropped = _finish(_run(whole.tree, page.base), page.titles, page.base)
            if len(other) > 2 * len(text):
                html, text, dropped, is_rescued = other_html, other, other_dropped, True
    return Body(
        html,
        text,
        pruned.cuts,
        pruned.running,
        is_rescued,
        pruned.has_lost_cards,
        dropped,
        spoken,
        pruned.walls,
        tuple(lines_of(page.tree)) if weight(text) < _SHORT_PAGE else (),
        pruned.onward or (_onward(page.tree) if len(text) < _ONWARD else ""),
    )


def _onward(tree: HtmlElement) -> str:
    """Return the line that leads on by a link to another site, which is never cut."""
    for link in islice(tree.iter("a"), 500):
        box = link.getparent()
        if box is not None and (text := leads_on(box if box.tag in ("p", "div") else link)):
            return text
    return ""


def _run(tree: HtmlElement, base: str) -> _Element:
    """Run trafilatura on a tree and return the body in HTML vocabulary."""
    document = bare_extraction(
        tree,
        url=base or None,
        fast=True,
        with_metadata=False,
        include_comments=False,
        include_links=True,
        include_images=True,
        include_formatting=True,
        config=_SETTINGS,
    )
    body = getattr(document, "body", None)
    if body is None:
        return Element("body")
    converted: _Element = convert_to_html(body)[0]
    return converted


def _finish(body: _Element, titles: Sequence[str], base: str) -> tuple[str, str, Dropped]:
    dropped = drop_furniture(body, tuple(titles))
    html = sanitise(tostring(body, encoding="unicode"), base_url=base or None)
    return html, plain(html), dropped
