"""The article's body out of a page's tree: prune, extract, take back, drop lines.

The only place that calls trafilatura for text; never its downloader.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from lxml.etree import Element, _Element, tostring
from lxml.html import HtmlElement
from lxml.html import tostring as as_html
from trafilatura import bare_extraction
from trafilatura.htmlprocessing import convert_to_html
from trafilatura.settings import Extractor, use_config

from aggregator.extract import rules
from aggregator.extract.blocks import Watch
from aggregator.extract.consent import asking
from aggregator.extract.cuts import Cut, Pruned
from aggregator.extract.elements import leads_on, speaks
from aggregator.extract.lines import Dropped, drop_furniture
from aggregator.extract.page import Page, parse, strip_inert
from aggregator.extract.phrases import weight
from aggregator.extract.prune import prune
from aggregator.extract.recurring import NOTHING, Known, Recurring
from aggregator.extract.recurring import drop as drop_recurring
from aggregator.extract.restore import lines_of, paragraphs_of, take_back, take_captions
from aggregator.model import SiteRule
from aggregator.text.html import plain, sanitise
from aggregator.text.pictures import settle
from aggregator.urls import join

# Its complaints about pages are expected here and come back as verdicts.
for _name in ("trafilatura", "htmldate"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)

# Below this its last resort joins the whole page into one paragraph: `paragraphs_of` does better.
_SETTINGS = use_config()
_SETTINGS.set("DEFAULT", "MIN_EXTRACTED_SIZE", "0")
# Read once, not for each page. Of "python" it would write the text too, which we take from the HTML.
_OPTIONS = Extractor(
    config=_SETTINGS,
    output_format="html",
    fast=True,
    comments=False,
    formatting=True,
    links=True,
    images=True,
)

_POOR = 250  # characters below which the uncut page is asked too
_POOR_SHARE = 0.3
_CARDS = 500
_RESCUED = 20_000  # elements of a page that is worth a second extraction
_SPOKEN = 100_000
_ONWARD = 800  # characters below which a text may be the start of another
_SHORT_PAGE = 1500  # weight below which a page may be something else than an article
_STRIPPED, _STRIPPED_BOX = 50, 1000  # boxes that a rule strips, and characters of each
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
    notes: tuple[str, ...] = ()  # what the rule of its site came to, and what the site repeats
    prints: tuple[int, ...] = ()  # of the blocks of the text, those included that the site repeats


def extract(
    page: Page,
    source: str,
    url: str,
    rule: SiteRule | None = None,
    watch: Watch | None = None,
    known: Known = NOTHING,
) -> Body:
    """Extract the body of a page; its tree is used up. `source` is read again if the cuts went too far.

    `known` says which blocks other pages of the site hold too; `watch` sees what becomes of each.
    """
    strip_inert(page.tree)
    if watch:
        watch.begin(page.tree)
    told = watch.cut if watch else None
    notes: tuple[str, ...] = ()
    stripped = ""
    if rule:
        notes, stripped = _strip(page.tree, rule, told)
        chosen, more = rules.body(page.tree, rule)
        notes += more
        if chosen:
            if watch:
                watch.chosen(chosen)
            notes = (f"the rule for {rule.host} says what the body is", *notes)
            return _chosen(page, url, chosen, notes, stripped)
    pruned = prune(page.tree, url, told)
    spoken = _spoken(page.tree, stripped, pruned)
    root = _run(page.tree, page.base)
    size = weight("".join(root.itertext()))
    if size < _LEAST:
        root = paragraphs_of(page.tree)
    else:
        if size < _ONWARD:
            take_captions(root, page.tree)
        take_back(root, page.tree, pruned.running)
    html, text, dropped, repeated = _finish(root, page, known, watch)
    is_poor = pruned.lost > 0 and len(text) < max(_POOR, _POOR_SHARE * (pruned.running + pruned.lost))
    is_rescued = False
    is_thin = pruned.lost > 0 and pruned.has_lost_cards and len(text) < _CARDS
    if (is_poor or is_thin) and pruned.elements <= _RESCUED:
        whole = parse(source, url)
        if whole is not None:
            strip_inert(whole.tree)
            places = {element: place for place, element in enumerate(whole.tree.iter("*"))} if watch else {}
            cuts: list[tuple[str, int]] = []
            if rule:
                rules.strip(whole.tree, rule)
            prune(
                whole.tree,
                url,
                (lambda name, element: cuts.append((name, places[element]))) if watch else None,
                is_careful=True,
            )
            other = _finish(_run(whole.tree, page.base), page, known, watch)
            if len(other[1]) > 2 * len(text):
                (html, text, dropped, repeated), is_rescued = other, True
                if watch:
                    watch.take_back_cuts(cuts)
    return Body(
        html,
        text,
        pruned.cuts,
        max(0, pruned.running - repeated.lost),
        is_rescued,
        pruned.has_lost_cards,
        dropped,
        spoken,
        pruned.walls,
        tuple(lines_of(page.tree)) if weight(text) < _SHORT_PAGE else (),
        _onward(page.tree, pruned, text),
        (*notes, repeated.note) if repeated.note else notes,
        repeated.prints,
    )


def _chosen(
    page: Page, url: str, elements: Sequence[HtmlElement], notes: tuple[str, ...], stripped: str
) -> Body:
    """Take what a rule chose as it is: who wrote the rule has seen the page.

    The rest of the page is read only for a wall and for what says that the text goes on elsewhere.
    """
    # A box round each keeps texts apart that are chosen as cells, items or spans.
    parts = (f"<div>{as_html(each, encoding='unicode', with_tail=False)}</div>" for each in elements)
    html = "\n".join(sanitise(part, base_url=page.base or None) for part in parts)
    text = plain(html)
    pruned = prune(page.tree, url)
    return Body(
        html,
        text,
        (),
        0,
        is_rescued=False,
        has_lost_cards=False,
        dropped=Dropped((), "", asking([" ".join(block.split()) for block in text.split("\n\n")])),
        spoken=_spoken(page.tree, stripped, pruned),
        walls=pruned.walls,
        lines=(),
        onward=_onward(page.tree, pruned, text),
        notes=notes,
    )


def _strip(tree: HtmlElement, rule: SiteRule, told: rules.Told | None) -> tuple[tuple[str, ...], str]:
    """Take out what a rule strips, and return its notes and what these boxes said: a wall may be one."""
    said: list[str] = []

    def hear(name: str, element: HtmlElement) -> None:
        if told:
            told(name, element)
        if len(said) < _STRIPPED and speaks(element):
            said.append(" ".join(islice(element.itertext(), 100))[:_STRIPPED_BOX])

    return rules.strip(tree, rule, hear), "\n".join(said)


def _spoken(tree: HtmlElement, stripped: str, pruned: Pruned) -> str:
    return "".join((stripped, "\n", pruned.asides, "\n", *islice(tree.itertext(), 20_000)))[:_SPOKEN]


def _onward(tree: HtmlElement, pruned: Pruned, text: str) -> str:
    """Return the line that leads on; where nothing was cut, it may be a link to another site."""
    if pruned.onward or len(text) >= _ONWARD:
        return pruned.onward
    for link in islice(tree.iter("a"), 500):
        box = link.getparent()
        if box is not None and (line := leads_on(box if box.tag in ("p", "div") else link)):
            return line
    return ""


def _run(tree: HtmlElement, base: str) -> _Element:
    """Run trafilatura on a tree and return the body in HTML vocabulary."""
    settle(tree)  # as late as this, where most of a page's pictures are cut already
    for image in tree.iter("img"):  # an address without a scheme would be taken for http
        src = image.get("src", "")
        if not src.startswith("http") and (address := join(base, src)):
            image.set("src", address)
    # No address of the page, against whose host it would resolve the links: `sanitise` does, as browsers do.
    document = bare_extraction(tree, options=_OPTIONS)
    body = getattr(document, "body", None)
    if body is None:
        return Element("body")
    converted: _Element = convert_to_html(body)[0]
    return converted


def _finish(
    body: _Element, page: Page, known: Known, watch: Watch | None
) -> tuple[str, str, Dropped, Recurring]:
    told = watch.line if watch else None
    dropped = drop_furniture(body, page.titles, told)
    repeated = drop_recurring(body, known, told)
    html = sanitise(tostring(body, encoding="unicode"), base_url=page.base or None, is_settled=True)
    return html, plain(html), dropped, repeated
