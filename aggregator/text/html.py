"""HTML from strangers made harmless, and HTML turned into plain text: the one door of nh3.

`sanitise` keeps what an article needs (text structure, links, pictures, sound) and drops all that
acts, tracks or draws outside its place: scripts, styles, forms, frames, SVG, MathML, event
attributes, classes, ids. It refuses to judge what the text is worth.
"""

import html as entities
import re
from functools import lru_cache

import nh3

from aggregator.text.pictures import is_no_picture, settled
from aggregator.text.xmlchars import xml_legal
from aggregator.urls import is_http

_BLOCK_NAMES = """
    address article aside blockquote caption dd details div dl dt figcaption figure footer h1 h2 h3 h4 h5 h6
    header hr li main nav ol p pre section summary table tbody tfoot thead tr ul
"""
_INLINE_NAMES = """
    a abbr b bdi bdo br cite code del dfn em i img ins kbd mark q rp rt ruby s samp small span strong sub sup
    time u var wbr td th audio video source
"""
# Their text is not for readers either; every other unknown element only loses its tags.
_DROPPED_NAMES = """
    script style svg math iframe frame frameset noframes noscript object embed noembed applet template title
    textarea select option button canvas dialog xmp plaintext
"""
_BLOCKS = frozenset(_BLOCK_NAMES.split())
_INLINE = frozenset(_INLINE_NAMES.split())
_DROPPED = frozenset(_DROPPED_NAMES.split())
_ATTRIBUTES = {
    "*": frozenset(("lang", "dir")),
    "a": frozenset(("href", "title", "hreflang")),
    "abbr": frozenset(("title",)),
    "audio": frozenset(("src",)),
    "video": frozenset(("src", "width", "height")),
    "source": frozenset(("src", "type")),
    "img": frozenset(("src", "alt", "title", "width", "height")),
    "ol": frozenset(("start", "reversed")),
    "td": frozenset(("colspan", "rowspan")),
    "th": frozenset(("colspan", "rowspan", "scope")),
    "time": frozenset(("datetime",)),
}
_SCHEMES = frozenset(("http", "https", "mailto"))
_REL = "noopener noreferrer nofollow"

# nh3 writes attributes as name="value" with quotes escaped, so its output can be read with a pattern.
_IMG = re.compile(r'<img((?: [a-z]+="[^"]*")*)>')
_ATTRIBUTE = re.compile(r' ([a-z]+)="([^"]*)"')
_TAG = re.compile(r"<(/?)([a-z][a-z0-9]*)[^>]*>")
_SPACES = re.compile(r" {2,}")
_BLANKS = re.compile(r"[ \t]{2,}")
_PARAGRAPHS = re.compile(r"\n{3,}")


def sanitise(html: str, *, base_url: str | None, is_settled: bool = False) -> str:
    """Reduce HTML to harmless HTML with absolute http(s) links, legal in XML.

    Relative addresses are resolved against `base_url` (RFC 3986), or dropped where there is none.
    `is_settled`: its pictures have their one address already (`pictures.settle`).
    Thousands of nested elements take quadratic time: call it in a worker, which has a CPU limit.
    """
    if not html:
        return ""
    base = base_url if base_url and is_http(base_url) else None
    legal = xml_legal(html)
    clean = _cleaner(base).clean(legal if is_settled else settled(legal))
    if "<img" in clean:
        clean = _IMG.sub(_drop_useless_image, clean)
    return xml_legal(clean).strip()


def plain(html: str) -> str:
    """Give the readable text of HTML, paragraphs parted by an empty line."""
    if "<" not in html and "&" not in html:
        return _tidy(xml_legal(html))
    marked = _text_cleaner().clean(xml_legal(html))
    for blank in "\t\r\n\f":
        marked = marked.replace(blank, " ")
    marked = _SPACES.sub(" ", marked) if "  " in marked else marked
    return _tidy(xml_legal(entities.unescape(_TAG.sub(_break, marked))))


def escape(text: str) -> str:
    """Write plain text as HTML."""
    return entities.escape(xml_legal(text))


@lru_cache(maxsize=64)
def _cleaner(base_url: str | None) -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=_BLOCKS | _INLINE,
        clean_content_tags=_DROPPED,
        attributes=_ATTRIBUTES,
        url_schemes=_SCHEMES,
        url_relative=("rewrite_with_base", base_url) if base_url else "deny",
        link_rel=_REL,
        set_tag_attribute_values={"audio": {"controls": ""}, "video": {"controls": ""}},
    )


@lru_cache(maxsize=1)
def _text_cleaner() -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=_BLOCKS | {"br", "td", "th"},
        clean_content_tags=_DROPPED | {"rt", "rp"},
        attributes={},
        link_rel=None,
    )


def _drop_useless_image(match: re.Match[str]) -> str:
    """Drop tracking pixels, placeholders and pictures whose address was not acceptable."""
    return "" if is_no_picture(dict(_ATTRIBUTE.findall(match.group(1)))) else match.group()


def _break(match: re.Match[str]) -> str:
    name = match.group(2)
    if name == "br":
        return "\n"
    if name in ("td", "th"):
        return " "
    return "\n\n"


def _tidy(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "  " in text or "\t" in text:
        text = _BLANKS.sub(" ", text)
    return _PARAGRAPHS.sub("\n\n", "\n".join([line.strip() for line in text.split("\n")])).strip()
