"""What a pass over a page took out and found on the way."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cut:
    """A piece that was taken out, and the rule that did it."""

    name: str
    start: str  # its first words


@dataclass(frozen=True, slots=True)
class Pruned:
    """What a pass did to a page."""

    cuts: tuple[Cut, ...]
    running: int  # characters of running text that stayed
    lost: int  # characters of running text that went and might be an article's
    elements: int  # of the page before
    has_lost_cards: bool  # cards went from inside main or article
    asides: str  # what the boxes said that went: a wall says there what it wants
    walls: str  # of these, what boxes said that are named as walls and make an offer
    onward: str  # a line below a paragraph that sent the reader on
