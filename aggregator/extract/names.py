"""What the class, id or role of a box says about it.

Whole words of the name only, and never enough to cut a box that holds the text: who asks must weigh.
"""

import re
from enum import IntEnum
from functools import lru_cache


class Kind(IntEnum):
    """What a box is by its element and names, the stronger the higher."""

    NOTHING = 0
    FURNITURE = 1  # by its element
    NAMED = 2  # by a word in its names
    WALL = 3  # where readers are asked to pay, or what they would pay for
    DIALOG = 4  # a consent box or another dialog


_ROLES = frozenset(("navigation", "banner", "complementary", "contentinfo", "search", "menu", "menubar"))
_DIALOGS = frozenset(("dialog", "alertdialog"))

_BOILERPLATE = (
    r"nav|navbar|navigation|menu|menus|submenu|breadcrumbs?|sidebar|side-?bar|rail|toolbar|skip-?link",
    r"footer|foot|masthead|copyright|login|search-?form|print-?only",
    r"shar(?:e|ing|ebar|er)|social(?:s|-?media)?|addthis|sharethis",
    r"related|recirc|recommend(?:ed|ations?|s)?|popular|trending|most-?(?:read|popular|viewed)|outbrain|taboola",
    r"read-?(?:next|also|more)|up-?next|see-?also|more-?(?:stories|news|from|on)|next-?articles?|jp-relatedposts",
    r"newsletters?|subscribe|subscription|signup|sign-up",
    r"promos?|promotion|adverts?|advertisement|ads?|adslot|sponsor(?:ed)?",
    r"comments?|respond|disqus|pagination|pager|modal|popup|overlay|lightbox",
    r"tags|taglist|tag-?list|topics-?list|widget-?area|author-?(?:bio|box)|about-?(?:the-?)?author",
)
_CONSENT = (
    r"cookies?|cookie-?\w{0,12}|consent|cmp|gdpr|rgpd|didomi|onetrust|usercentrics|cybotcookiebot\w*|sp-message",
)
# As often the name of what is paid for: who asks must look at what the box says.
_WALL = (
    r"paywall\w*|pay-?wall|reg-?wall|registration-?wall|login-?wall|subscri(?:ber|ption)-?wall|premium-?wall|barrier",
)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


def _words(parts: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(rf"(?:^|[\s_-])(?:{'|'.join(parts)})(?=$|[\s_-])")


_BOILERPLATE_WORD = _words(_BOILERPLATE)
_CONSENT_WORD = _words(_CONSENT)
_WALL_WORD = _words(_WALL)


@lru_cache(maxsize=8192)
def kind_of_name(name: str) -> Kind:
    """Tell what a class or an id says that its box is."""
    words = _CAMEL.sub("-", name[:500]).lower()
    if _CONSENT_WORD.search(words):
        return Kind.DIALOG
    if _WALL_WORD.search(words):
        return Kind.WALL
    return Kind.NAMED if _BOILERPLATE_WORD.search(words) else Kind.NOTHING


def kind_of(classes: str | None, mark: str | None, role: str | None) -> Kind:
    """Tell the strongest that class, id and ARIA role of a box say that it is."""
    kind = kind_of_name(classes) if classes else Kind.NOTHING
    if mark:
        kind = max(kind, kind_of_name(mark))
    if role in _DIALOGS:
        return Kind.DIALOG
    return max(kind, Kind.NAMED) if role in _ROLES else kind
