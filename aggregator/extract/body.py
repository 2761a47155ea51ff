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
from trafilatura.settings import use_config

from aggregator.extract import rules
from aggregator.extract.blocks import Watch
from aggregator.extract.lines import drop_furniture
from aggregator.extract.page import Page, parse, strip_inert
from aggregator.extract.prune import Cut, prune
from aggregator.extract.restore import take_back
from aggregator.model import SiteRule
from aggregator.text.html import plain, sanitise

# Its complaints about pages are expected here and come back as verdicts.
for _name in ("trafilatura", "htmldate"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)

# Below this its last resort joins the whole page into one paragraph; a short Chinese item is whole.
_SETTINGS = use_config()
_SETTINGS.set("DEFAULT", "MIN_EXTRACTED_SIZE", "100")

_POOR = 250  # characters below which the uncut page is asked too
_POOR_SHARE = 0.3
_CARDS = 500
_RESCUED = 20_000  # elements of a page that is worth a second extraction
_VISIBLE = 100_000


@dataclass(frozen=True, slots=True)
class Body:
    """The extracted text in both forms, and how it came about."""

    html: str
    text: str
    cuts: tuple[Cut, ...]
    running: int
    is_rescued: bool
    has_lost_cards: bool
    visible: str  # the start of all that the page shows, where walls say what they want
    notes: tuple[str, ...] = ()  # what the rule of its site came to


def extract(
    page: Page, source: str, url: str, rule: SiteRule | None = None, watch: Watch | None = None
) -> Body:
    """Extract the body of a page; its tree is used up. `source` is read again if the cuts went too far.

    `watch` sees what becomes of each block.
    """
    strip_inert(page.tree)
    if watch:
        watch.begin(page.tree)
    visible = "".join(islice(page.tree.itertext(), 20_000))[:_VISIBLE]
    told = watch.cut if watch else None
    notes: tuple[str, ...] = ()
    if rule:
        notes = rules.strip(page.tree, rule, told)
        chosen, more = rules.body(page.tree, rule)
        notes += more
        if chosen:
            if watch:
                watch.chosen(chosen)
            return _chosen(
                chosen, page.base, visible, (f"the rule for {rule.host} says what the body is", *notes)
            )
    pruned = prune(page.tree, url, told)
    root = _run(page.tree, page.base)
    take_back(root, page.tree, pruned.running)
    html, text = _finish(root, page.titles, page.base, watch)
    is_poor = pruned.lost > 0 and len(text) < max(_POOR, _POOR_SHARE * (pruned.running + pruned.lost))
    is_rescued = False
    if (is_poor or (pruned.has_lost_cards and len(text) < _CARDS)) and pruned.elements <= _RESCUED:
        whole = parse(source, url)
        if whole is not None:
            strip_inert(whole.tree)
            if rule:
                rules.strip(whole.tree, rule)
            other_html, other = _finish(_run(whole.tree, page.base), page.titles, page.base, watch)
            if len(other) > 2 * len(text):
                html, text, is_rescued = other_html, other, True
                if watch:
                    watch.take_back_cuts()
    return Body(html, text, pruned.cuts, pruned.running, is_rescued, pruned.has_lost_cards, visible, notes)


def _chosen(elements: Sequence[HtmlElement], base: str, visible: str, notes: tuple[str, ...]) -> Body:
    """Take what a rule chose as it is: who wrote the rule has seen the page."""
    # A box round each keeps texts apart that are chosen as cells, items or spans.
    parts = (f"<div>{as_html(each, encoding='unicode', with_tail=False)}</div>" for each in elements)
    html = "\n".join(sanitise(part, base_url=base or None) for part in parts)
    return Body(
        html, plain(html), (), 0, is_rescued=False, has_lost_cards=False, visible=visible, notes=notes
    )


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


def _finish(body: _Element, titles: Sequence[str], base: str, watch: Watch | None) -> tuple[str, str]:
    drop_furniture(body, tuple(titles), watch.line if watch else None)
    html = sanitise(tostring(body, encoding="unicode"), base_url=base or None)
    return html, plain(html)
