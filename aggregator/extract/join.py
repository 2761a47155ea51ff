"""The pages of one article made into one."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from aggregator.extract.quality import breaks_off
from aggregator.model import Article, Quality

_WALLS = frozenset((Quality.PAYWALL, Quality.CONSENT_WALL, Quality.ERROR_PAGE))


def join(pages: Sequence[Article], broken: str = "") -> Article:
    """Join the texts of at least one page; `broken` says why the rest is not there.

    Title, date and the like are what the first page says. A rest that is missing, or a page cut short,
    makes the whole partial; a page that says "read on" before the next one does not.
    """
    first = pages[0]
    if len(pages) == 1 and not broken:
        return first
    evidence = [f"{len(pages)} pages were joined"] if len(pages) > 1 else []
    if broken:
        evidence.append(broken)
    return replace(
        first,
        html="\n".join(page.html for page in pages),
        text="\n\n".join(page.text for page in pages),
        quality=_quality(pages, is_broken=bool(broken)),
        evidence=(*evidence, *_told(pages)),
    )


def _quality(pages: Sequence[Article], *, is_broken: bool) -> Quality:
    if wall := next((page.quality for page in pages if page.quality in _WALLS), None):
        return wall
    if is_broken or breaks_off(pages[-1].text) or pages[-1].quality is Quality.PARTIAL:
        return Quality.PARTIAL
    is_short = any(page.quality is Quality.PARTIAL and not breaks_off(page.text) for page in pages)
    return Quality.PARTIAL if is_short else Quality.FULL


def _told(pages: Sequence[Article]) -> Iterator[str]:
    """Give the evidence of all pages, what all of them say once."""
    shared = set(pages[0].evidence).intersection(*(page.evidence for page in pages))
    yield from (line for line in pages[0].evidence if line in shared)
    for number, page in enumerate(pages, 1):
        yield from (f"page {number}: {line}" for line in page.evidence if line not in shared)
