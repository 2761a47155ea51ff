"""Pictures as a page means them: one address each, however late the page itself would load it.

Pages hide the address of a picture in `srcset`, in `data-` attributes beside a placeholder, in the
sources of `<picture>`, in `<noscript>` and in `<amp-img>`; and some pictures only count readers. Both
the article pages and the HTML of feeds pass through here, before anything else reads their pictures.
Refuses to make an address safe or absolute: that is done to every address, by `text.html`.
"""

import html as entities
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING

from aggregator.urls import MAX_LENGTH

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_MAX_SET = 20_000  # characters of one srcset that are read
_MAX_CANDIDATES = 100  # of one srcset
_MAX_SOURCES = 20  # of one <picture>
_MAX_ATTRIBUTES = 40
_MAX_NOSCRIPTS = 500
_MAX_STYLE = 1_000
_LONGEST_NAME = 40
_LEAST_WIDTH = 64  # pixels; what is narrower stands in until the picture is there

# Only HTML in which one of these stands is worth a parser's time.
_LATE = re.compile(
    r"srcset|src-set|<amp-|<noscript|-src\b|data-(?:src|original|lazy|orig-file|large-file|full-url|actualsrc|echo)"
    r"|(?:width|height)\s*:\s*[01](?![\d.]*[2-9%])|(?:display|visibility|left|top)\s*:\s*(?:none|hidden|-\d{3})",
    re.IGNORECASE,
)
_SET_NAME = re.compile(r"(?:data-(?:[a-z0-9]+-)*)?src-?set\Z")
_LAZY_NAME = re.compile(
    r"data-(?:(?:[a-z0-9]+-)*src|src-[a-z0-9]+|lazy|lazyload|original|orig-file|large-file|full-url|actualsrc|echo)\Z"
)
_LESSER = re.compile(r"low|small|thumb|tiny|mini|placeholder|preview|blur|error|fallback|default")
_PIECE = re.compile(r"[\s,]*([^\s,]\S*)")
_DESCRIPTOR = re.compile(r"\s*([0-9]{1,6}(?:\.[0-9]{1,6})?)([wx])\b", re.IGNORECASE)
_IS_SET = re.compile(r"\s[0-9]{1,6}(?:\.[0-9]{1,6})?[wx]\s*(?:,|\Z)", re.IGNORECASE)
_ADDRESS = re.compile(r"(?:(?:https?:)?//|(?![^/?#]*:)[^\s#])[^<>{}\"]+\Z", re.IGNORECASE)
_PLACEHOLDER = re.compile(
    r"(?:\A|/)(?:(?:img|image|pic|lazy|lazyload|ajax|svg|gif|bg)[-_]?)?"
    r"(?:blank|placeholder|spacer|loading|loader|spinner|lazy|lazyload|transparent|empty|pixel|clear|[01]x[01]|1px)"
    r"(?:[-_]?(?:img|image|pic|pixel|icon|bg|gif|[0-9]{1,4}(?:x[0-9]{1,4})?))?\.(?:gif|png|svg|jpe?g|webp)"
    r"(?:[?#]|\Z)",
    re.IGNORECASE,
)
_FILE = re.compile(r"\.(?:avif|jpe?g|png|webp)(?:[?#]|\Z)", re.IGNORECASE)
_NEW_TYPES = re.compile(r"image/(?:avif|jxl|heic|heif)", re.IGNORECASE)  # readers may not show them
_AMP = ("amp-img", "amp-anim")
_SIZE = ("width", "height", "style")
_KEPT = ("src", "alt", "title", "class", "id", "width", "height")  # a style may hide it until it is loaded
_MIN_WIDTH = re.compile(r"min-width\s*:\s*([0-9]{1,5})", re.IGNORECASE)
_TINY = re.compile(r"\s*0*[01](?:\.[0-9]{0,3})?\s*(?:px)?\s*\Z", re.IGNORECASE)
_TINY_STYLE = re.compile(
    r"(?:\A|[;\s])(?:max-)?(?:width|height)\s*:\s*0*[01](?:\.[0-9]{0,3})?\s{0,9}(?:px)?\s{0,9}(?:!|;|\Z)",
    re.IGNORECASE,
)
_HIDDEN_STYLE = re.compile(
    r"(?:\A|[;\s])(?:display\s*:\s*none|visibility\s*:\s*hidden|(?:left|top)\s*:\s*-[0-9]{3})", re.IGNORECASE
)
_TRACKER = re.compile(
    r"https?://(?:[^\"/]*\.)?(?:feedburner\.com/~[rf]{1,2}/|feedsportal\.com/|doubleclick\.net/|pixel\.wp\.com/"
    r"|stats\.wordpress\.com/|b\.scorecardresearch\.com/|google-analytics\.com/|xiti\.com/|quantserve\.com/"
    r"|feeds\.wordpress\.com/|rss\.buysellads\.com/|pixel\.[^\"/]*/)",
)
_Candidate = tuple[int, float, str]  # rank, size, address


def is_no_picture(attributes: Mapping[str, str]) -> bool:
    """Tell whether an image only counts readers, fills a place, or is not there at all."""
    src = attributes.get("src", "")
    return not src or _is_tiny(attributes) or bool(_TRACKER.match(src) or _PLACEHOLDER.search(src))


def settled(html: str) -> str:
    """Do to HTML in writing what `settle` does to a tree; most comes back as it is."""
    if "<" not in html or not _LATE.search(html):
        return html
    # Late, because only workers parse, and the rest need not hold the library in memory.
    from lxml import etree
    from lxml.html import HtmlElement, HTMLParser, fragment_fromstring, tostring

    parser = HTMLParser(
        encoding="utf-8", collect_ids=False, remove_comments=True, remove_pis=True, huge_tree=True
    )
    parser.set_element_class_lookup(etree.ElementDefaultClassLookup(element=HtmlElement))
    try:
        tree = fragment_fromstring(html.encode("utf-8", "ignore"), create_parent="div", parser=parser)
        if parser.error_log.filter_from_fatals():  # nested too deep: the parser left the rest out
            return html
        unwrap(tree)
        settle(tree)
        inner = (tostring(child, encoding="unicode") for child in tree)
        return "".join((entities.escape(tree.text or "", quote=False), *inner))
    except (etree.LxmlError, ValueError, AssertionError):
        return html  # no worse than before: whoever sanitises reads it with a parser of its own


def settle(tree: "HtmlElement") -> None:
    """Give each picture of a tree one `src`, the largest that it offers, and drop those that count readers.

    Source: HTML Living Standard, 4.8.4.2 (srcset); linear in the size of the tree.
    """
    for element in list(tree.iter("img", *_AMP)):
        if element.tag == "img":
            _settle(element)
        elif element.getparent() is not None:  # else the fallback of another, gone with it
            _settle(_from_amp(element))


def unwrap(tree: "HtmlElement") -> None:
    """Take out of <noscript> the pictures that nothing else shows; the rest of it stays where it is."""
    noscripts = [each for each in islice(tree.iter("noscript"), _MAX_NOSCRIPTS) if len(each)]
    images = {each: list(islice(each.iter("img"), _MAX_CANDIDATES)) for each in noscripts}
    if not any(images.values()):
        return
    inside = {image for each in images.values() for image in each}
    outside = islice((image for image in tree.iter("img") if image not in inside), _MAX_NOSCRIPTS)
    shown = {image.get("data-src") or image.get("src") for image in outside}
    for noscript in noscripts:
        box = noscript.getparent()
        beside = _beside(noscript)
        if box is None or box.tag in _AMP or (len(images[noscript]) == 1 and any(map(_offered, beside))):
            continue
        for image in images[noscript]:
            src = _offered(image)
            # Without a picture whose place it takes, and without a picture's ending, it counts readers.
            if src and src not in shown and (beside or _FILE.search(src)):
                shown.add(src)
                image.tail = None
                noscript.addprevious(image)


def best(attributes: Mapping[str, str], sources: Sequence[Mapping[str, str]] = ()) -> str:
    """Return the address of the largest picture that an image offers, as it is written; "" if none."""
    late: list[_Candidate] = []
    own: list[_Candidate] = []
    for name, value in attributes.items():
        if name == "srcset":
            own.extend(_candidates(value))
        elif is_late(name):
            late.extend(_candidates(value, is_set=bool(_SET_NAME.match(name))))
    found = [*late, *own]
    src = attributes.get("src", "").strip()
    if not late and _is_usable(src):
        found.append((1, 1.0, src))
    for source in sources:
        if not _NEW_TYPES.match(source.get("type", "").strip()):
            found.extend(_from_source(source))
    if not found:
        return src if _is_usable(src) else ""
    return max(found, key=lambda each: each[:2])[2]


@lru_cache(maxsize=1024)  # pages use few names, many times
def is_late(name: str) -> bool:
    """Tell whether an attribute of this name holds an address that scripts would set."""
    if len(name) > _LONGEST_NAME or not (_SET_NAME.match(name) or _LAZY_NAME.match(name)):
        return False
    return not _LESSER.search(name)


def _candidates(value: str, *, is_set: bool = True) -> Iterator[_Candidate]:
    """Give rank, size and address of each usable candidate: those of a width first, then by density."""
    if not is_set and not _IS_SET.search(value[:_MAX_SET]):
        value = value[: MAX_LENGTH + 1].strip()
        if _is_usable(value):
            yield 1, 1.0, value
        return
    is_cut = len(value) > _MAX_SET
    value = value[:_MAX_SET]
    at = 0
    for _ in range(_MAX_CANDIDATES):
        piece = _PIECE.match(value, at)
        if piece is None or (is_cut and piece.end() == len(value)):
            return
        at = piece.end()
        address = piece[1].rstrip(",")
        size = _DESCRIPTOR.match(value, at) if address == piece[1] else None
        if address == piece[1]:
            at = value.find(",", at) % (len(value) + 1)
        if not _is_usable(address):
            continue
        number, unit = (float(size[1]), size[2].lower()) if size else (1.0, "x")
        yield (1 if unit == "x" else 2 if number >= _LEAST_WIDTH else 0), number, address


def _from_source(source: Mapping[str, str]) -> Iterator[_Candidate]:
    """Give the candidates of a <source>; one without sizes is as good as the screen it is for is wide."""
    least = _MIN_WIDTH.search(source.get("media", "")[:_MAX_STYLE])
    for name, value in source.items():
        if _SET_NAME.match(name):
            for rank, size, address in _candidates(value):
                yield rank, (size * float(least[1]) if least and rank == 1 else size), address


def _is_usable(address: str) -> bool:
    return len(address) <= MAX_LENGTH and bool(_ADDRESS.match(address)) and not _PLACEHOLDER.search(address)


def _settle(image: "HtmlElement") -> None:
    names = [str(name) for name in image.attrib]
    late = [name for name in names if name == "srcset" or (name[:5] == "data-" and is_late(name))]
    size = _some(image, _SIZE)
    if _is_tiny(size) or (not late and _HIDDEN_STYLE.search(size.get("style", "")[:_MAX_STYLE])):
        image.drop_tree()
        return
    sources = _sources(image)
    if not late and not sources:
        return
    kept = _some(image, _KEPT)
    address = best({**kept, **_some(image, late)}, [_of_source(source) for source in sources])
    image.attrib.clear()
    image.attrib.update({**kept, "src": address} if address else kept)
    for source in sources:
        source.drop_tag()


def _some(element: "HtmlElement", names: Sequence[str]) -> dict[str, str]:
    """Take few attributes by name: of an element with thousands, taking all costs their square."""
    return {name: value for name in names[:_MAX_ATTRIBUTES] if (value := element.get(name)) is not None}


def _of_source(source: "HtmlElement") -> dict[str, str]:
    sets = [name for name in map(str, source.attrib) if _SET_NAME.match(name)]
    return _some(source, ("type", "media", *sets))


def _sources(image: "HtmlElement") -> "list[HtmlElement]":
    """Return the sources of the picture round an image; the parser puts each into the one before."""
    box, depth = image.getparent(), 0
    while box is not None and box.tag == "source" and depth < _MAX_SOURCES:
        box, depth = box.getparent(), depth + 1
    return list(islice(box.iter("source"), _MAX_SOURCES)) if box is not None and box.tag == "picture" else []


def _from_amp(element: "HtmlElement") -> "HtmlElement":
    """Put an ordinary image in front of an AMP one, and leave of that only what it wraps by mistake."""
    image = element.makeelement("img", _some(element, (*_KEPT, "style", "srcset")))
    for child in [each for each in element if each.tag == "noscript" or each.get("fallback") is not None]:
        child.drop_tree()
    element.addprevious(image)
    element.drop_tag()
    return image


def _offered(image: "HtmlElement") -> str:
    return best(_some(image, [str(name) for name in image.attrib]))


def _beside(noscript: "HtmlElement") -> "list[HtmlElement]":
    """Return the images right before and after, alone in their boxes or not in one."""
    before, after = noscript.getprevious(), noscript.getnext()
    found = []
    if before is not None and not (before.tail or "").strip():
        found.append(before)
    if after is not None and not (noscript.tail or "").strip():
        found.append(after)
    return [image for box in found if (image := _only_image(box)) is not None]


def _only_image(box: "HtmlElement") -> "HtmlElement | None":
    if box.tag == "img":
        return box
    if box.tag not in ("picture", "a", "span", "div", "figure"):
        return None
    for element in islice(box.iter(), 10):
        if (element.text or "").strip() or (element is not box and (element.tail or "").strip()):
            return None
        if element.tag == "img":
            return element
    return None


def _is_tiny(attributes: Mapping[str, str]) -> bool:
    return (
        _TINY.match(attributes.get("width", "")) is not None
        or _TINY.match(attributes.get("height", "")) is not None
        or _TINY_STYLE.search(attributes.get("style", "")[:_MAX_STYLE]) is not None
    )
