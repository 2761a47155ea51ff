"""What a user says about the article pages of particular hosts."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SiteRule:
    """How the pages of some hosts are read; each part is by CSS or XPath selectors.

    Of several selectors the first that finds something counts, except in `strip`, where all do.
    """

    host: str  # the pattern by which it was chosen
    body: tuple[str, ...] = ()  # the article; () leaves that to the extraction
    strip: tuple[str, ...] = ()  # what never belongs to it
    title: tuple[str, ...] = ()
    author: tuple[str, ...] = ()
    date: tuple[str, ...] = ()
    next_page: tuple[str, ...] = ()  # the link to the next page of the same article
    prefer_feed: bool = False  # the feed's own text is taken wherever there is one
    user_agent: str = ""  # for these pages; "": as the source says


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of a page's text and what became of it."""

    text: str  # one line
    where: str  # the element as a selector would name it: of a dropped piece, the one that was cut
    reason: str | None  # None: kept; else the name of the rule that dropped it
