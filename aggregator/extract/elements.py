"""What single elements say and are: their words, their links, whether anybody sees them."""

import re
from itertools import islice

from lxml.html import HtmlElement

from aggregator.extract.phrases import READ_ON

_SILENT = ("comment", "nav", "menu", "foot", "related", "sidebar", "banner")
_SENTENCE = re.compile(r"\w.{20,}[.!?。！？]\W{0,2}$|[一-鿿].{8,}[。！？]\W{0,2}$")
_ONWARD = 120


def words(element: HtmlElement) -> str:
    """Return the text of an element in one line."""
    return " ".join(" ".join(element.itertext()).split())


def start(element: HtmlElement) -> str:
    """Return the first words of an element."""
    return " ".join(" ".join(islice(element.itertext(), 12)).split())[:80]


def speaks(element: HtmlElement) -> bool:
    """Tell a box that may speak of this article from navigation, comments and what is not shown."""
    names = f"{element.get('class')} {element.get('id')} {element.get('role')}".lower()
    return not (is_hidden(element) or any(word in names for word in _SILENT))


def is_hidden(element: HtmlElement) -> bool:
    """Tell what is hidden by the page's own markup; style sheets are not read."""
    style = (element.get("style") or "").replace(" ", "").lower()
    return "display:none" in style or element.get("hidden") is not None


def is_internal(href: str, domain: str) -> bool:
    """Tell a link that stays on the site."""
    if not href.startswith(("http:", "https:", "//")):
        return not href.startswith(("mailto:", "tel:"))
    host = href.partition("//")[2].partition("/")[0].partition("?")[0].lower()
    return bool(domain) and (host == domain or host.endswith("." + domain))


def asks_for_mail(element: HtmlElement) -> bool:
    """Tell an input field for an e-mail address."""
    kind = (element.get("type") or "text").lower()
    if kind == "email":
        return True
    return (
        kind == "text"
        and "mail" in f"{element.get('name')} {element.get('id')} {element.get('placeholder')}".lower()
    )


def leads_on(element: HtmlElement) -> str:
    """Return the words of a line below a paragraph that sends the reader on; "" if it is none.

    Where a paragraph follows, the text goes on here: the line leads to another article.
    """
    before = element.getprevious()
    if before is None or before.tag not in ("p", "div"):
        return ""
    text = words(element)
    if len(text) > _ONWARD or not READ_ON.search(text):
        return ""
    return "" if any(_SENTENCE.search(words(each)) for each in element.itersiblings("p")) else text
