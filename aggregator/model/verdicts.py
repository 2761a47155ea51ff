"""What the verdict on an extracted page is reached from, and what one page of an article came to."""

from dataclasses import dataclass, field

from aggregator.model.texts import Article


@dataclass(frozen=True, slots=True)
class Statements:
    """What a page says of itself for machines: JSON-LD (schema.org) and meta elements."""

    is_free: bool | None = None  # isAccessibleForFree
    body_length: int = 0  # characters of the longest articleBody
    types: frozenset[str] = frozenset()  # @type, in small letters
    paid_length: int = 0  # characters on the page inside the parts that are named as not free
    is_locked: bool = False  # article:content_tier


@dataclass(frozen=True, slots=True)
class Asking:
    """Which blocks of a text ask for consent, and whether the rest is an article."""

    blocks: tuple[int, ...]
    is_wall: bool
    sample: str = ""  # the words that ask
    is_report: bool = False  # more is said about asking than to the reader, and no button is there to press


@dataclass(frozen=True, slots=True)
class Facts:
    """What a page shows and says, as far as it tells what the text taken from it is worth."""

    text: str
    titles: tuple[str, ...]
    statements: Statements
    running: int  # characters of running text on the pruned page
    spoken: str = ""  # all text of the page outside navigation, cards and footers, also what was cut
    walls: str = ""  # what boxes say that are named as walls and make an offer
    lines: tuple[str, ...] = ()  # all blocks of a short page
    dropped: tuple[str, ...] = ()  # lines taken out of the text because they speak to the reader
    last: str = ""  # of these, what stood below the text
    asking: Asking = field(default_factory=lambda: Asking((), is_wall=False))
    url: str = ""
    canonical_url: str | None = None
    has_password: bool = False
    is_rescued: bool = False  # the uncut page had to be used
    has_lost_cards: bool = False


@dataclass(frozen=True, slots=True)
class JudgedPage:
    """A page of an article by itself, with what is needed to judge it together with others."""

    article: Article
    facts: Facts
    notes: tuple[str, ...] = ()  # what the rule of its site came to, and what the site repeats
    prints: tuple[int, ...] = ()  # of its blocks: numbers by which other pages of the site know them
