"""The seed texts as full pages in three layouts: no furniture in the article, no paragraph lost."""

import re

import pytest

from aggregator.extract import article
from aggregator.model import Article
from tests.support.layouts import LAYOUTS, WORDS, render
from tests.support.seedweb import SeedPage, listing_pages, single_pages
from tests.support.shared import find_shared

SHARED = find_shared()
needs_shared = pytest.mark.skipif(SHARED is None, reason="the shared seed texts are not there")

_SPEAKING = re.compile(r"<(/?)(?:article|main|nav|aside|header|footer|section)\b[^>]*>")
_NAMES = re.compile(r""" (?:class|id|role)=(?:"[^"]*"|'[^']*')""")
_FURNITURE = (
    *("Nos partenaires utilisent des traceurs", "Les plus lus", "La lettre du matin", "Mentions légales"),
    *("Alibaba : l'amende historique infligée", "Ant Group, le régulateur chinois hausse", "S'inscrire"),
    *("Recevez chaque jour notre sélection", "Copier le lien", "Ça vous a plu"),
)


def _layout(html: str, name: str) -> str:
    if name == "speaking":
        return html
    if name == "wordpress":
        html = html.replace("<article>", "<div class='entry-content'>").replace("</article>", "</div>")
        return html.replace("<main>", "<div id='content'>").replace("</main>", "</div>")
    return _NAMES.sub("", _SPEAKING.sub(r"<\1div>", html))


def _solid(text: str) -> str:
    return "".join(text.split())


def _is_caption(number: int, line: str) -> bool:
    """Captions belong to pictures: kept or not, they are no part of the promise."""
    return "(Image :" in line or line.startswith("(Crédit") or (number == 0 and len(line) < 40)


def _extracted(page: SeedPage, html: str) -> str:
    url = f"http://127.0.0.1:1{page.path}"
    found = article(html.encode(), charset="utf-8", url=url, with_metadata=False)
    assert isinstance(found, Article), (page.key, found)
    return found.text


def _lost(page: SeedPage, text: str) -> list[tuple[str, str]]:
    """Return the paragraphs of a page that a text lacks, by key and beginning."""
    solid = _solid(text)
    return [
        (page.key, line[:60])
        for number, line in enumerate(page.paragraphs)
        if _solid(line) not in solid and not _is_caption(number, line)
    ]


@needs_shared
@pytest.mark.parametrize("layout", ["speaking", "mute", "wordpress"])
def test_seeds(layout: str) -> None:
    assert SHARED is not None
    lost, leaked = [], []
    for page in (*single_pages(SHARED), *listing_pages(SHARED)):
        text = _extracted(page, _layout(page.html, layout))
        lost += _lost(page, text)
        own = _solid(" ".join(page.paragraphs))
        leaked += [(page.key, line[:60]) for line in text.splitlines() if _solid(line) not in own]
        leaked += [(page.key, words) for words in _FURNITURE if words in text and _solid(words) not in own]
    assert lost == []
    assert leaked == []


@needs_shared
@pytest.mark.parametrize("layout", LAYOUTS)
def test_seeds_in_other_layouts(layout: str) -> None:
    assert SHARED is not None
    words = WORDS["fr"]
    lost, leaked = [], []
    # Entries of two lines are shorter than the furniture: only names or elements could tell them apart.
    short = listing_pages(SHARED) if layout in ("modules", "bare") else ()
    for page in (*single_pages(SHARED), *short):
        text = _extracted(page, render(layout, page.title, page.paragraphs, words))
        lost += _lost(page, text)
        leaked += [(page.key, line) for line in words.all() if _solid(line) in _solid(text)]
    assert lost == []
    assert leaked == []
