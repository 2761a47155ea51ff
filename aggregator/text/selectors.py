"""Elements chosen by what users write in their files: CSS, or XPath 1.0.

A selector is XPath if it begins as no CSS can: `/`, `./`, `../`, `(` or a function such as `string(`.
Mistakes are found before any page is there, as far as that can be; what fails on a page still is a
`SelectorMistakeError`. Costs what the selector costs: meant for a worker, with its limits.
"""

import re
from difflib import get_close_matches
from functools import lru_cache

from cssselect import SelectorError
from lxml import etree
from lxml.cssselect import CSSSelector
from lxml.html import HtmlElement

from aggregator.text.xmlchars import one_line

_XPATH = re.compile(r"\s*(?:/|\.{1,2}/|\(|[A-Za-z-]+\s*\()")
_LITERAL = re.compile(r"'[^']*'|\"[^\"]*\"")
_CALL = re.compile(r"([A-Za-z_][\w.:-]*)\s*\(")
_PREFIX = re.compile(r"(?<![\w:.-])([A-Za-z_][\w.-]*):(?!:)")
_VARIABLE = re.compile(r"\$[\w.-]*")
_WORDS = ("and", "or", "div", "mod")  # operators, which may stand before a bracket
_TESTS = ("text", "node", "comment", "processing-instruction")
_FUNCTIONS = (  # XPath 1.0, section 4
    *("last", "position", "count", "id", "local-name", "namespace-uri", "name", "string", "concat"),
    *("starts-with", "contains", "substring-before", "substring-after", "substring", "string-length"),
    *("normalize-space", "translate", "boolean", "not", "true", "false", "lang"),
    *("number", "sum", "floor", "ceiling", "round"),
)
_EMPTY = etree.fromstring("<html><head><title>t</title></head><body><p>t</p></body></html>")

Found = list[HtmlElement | str] | str | float | bool


class SelectorMistakeError(ValueError):
    """A selector that cannot be used; the message says why, without naming it."""


def is_xpath(selector: str) -> bool:
    """Tell XPath from CSS by how it begins."""
    return _XPATH.match(selector) is not None


def check(selector: str, *, is_text_enough: bool) -> None:
    """Raise SelectorMistakeError for a selector that can never choose anything.

    `is_text_enough`: it may also give a text, as `string(//h1)` does; else it must choose elements.
    """
    found = _evaluate(_compiled(selector), _EMPTY)
    if not isinstance(found, list) and not (is_text_enough and isinstance(found, str)):
        kind = {str: "a text", bool: "true or false"}.get(type(found), "a number")
        raise SelectorMistakeError(f"gives {kind}, not {'a text' if is_text_enough else 'elements'}")


def elements(tree: HtmlElement, selector: str) -> list[HtmlElement]:
    """Return the elements that a selector chooses, in page order; SelectorMistakeError if it fails here."""
    found = _evaluate(_compiled(selector), tree)
    return [each for each in found if isinstance(each, HtmlElement)] if isinstance(found, list) else []


def texts(tree: HtmlElement, selector: str, *attributes: str) -> list[str]:
    """Return what a selector finds as lines of text, without empty ones.

    Of an element the first of these attributes that it has, else its text. SelectorMistakeError as above.
    """
    found = _evaluate(_compiled(selector), tree)
    given = found if isinstance(found, list) else [found] if isinstance(found, str) else []
    lines = (one_line(_text(each, attributes)) for each in given)
    return [line for line in lines if line]


def _text(found: HtmlElement | str, attributes: tuple[str, ...]) -> str:
    if isinstance(found, str):
        return found
    if not isinstance(found, HtmlElement):
        return ""  # a comment, or a namespace
    written = next((value for name in attributes if (value := found.get(name))), None)
    return "".join(found.itertext()) if written is None else str(written)


@lru_cache(maxsize=256)
def css(selector: str) -> CSSSelector:
    """Compile a selector that is CSS however it begins; SelectorMistakeError if it is none."""
    try:
        return CSSSelector(selector, translator="html")
    except (SelectorError, etree.XPathError, ValueError, RecursionError) as error:
        raise SelectorMistakeError(f"is no CSS selector: {_plain(error)}") from None


@lru_cache(maxsize=256)
def _compiled(selector: str) -> etree.XPath:
    if is_xpath(selector):
        _refuse_unknown(selector)
        try:
            return etree.XPath(selector, smart_strings=False)
        except etree.XPathError as error:
            raise SelectorMistakeError(f"is no XPath: {_plain(error)}") from None
    return css(selector)


def _refuse_unknown(expression: str) -> None:
    """Refuse names that do not exist, which would only fail on a page where they are reached."""
    bare = _LITERAL.sub("''", expression)
    for name in _CALL.findall(bare):
        axis, _, test = name.rpartition("::")
        known = (*_TESTS, *_WORDS) if axis else (*_FUNCTIONS, *_TESTS, *_WORDS)
        if test not in known:
            near = get_close_matches(test, _FUNCTIONS, 1)
            meant = f", did you mean {near[0]}()?" if near else ""
            raise SelectorMistakeError(f"is no XPath: there is no function {test}(){meant}")
    if prefix := _PREFIX.search(bare):
        raise SelectorMistakeError(f"is no XPath for a page: it has no namespace {prefix[1]!r}")
    if variable := _VARIABLE.search(bare):
        raise SelectorMistakeError(f"is no XPath: there is no variable {variable.group()!r}")


def _evaluate(compiled: etree.XPath, tree: etree._Element) -> Found:
    try:
        found: Found = compiled(tree)
    except etree.XPathError as error:
        raise SelectorMistakeError(f"fails: {_plain(error)}") from None
    return found


def _plain(error: Exception) -> str:
    text = one_line(str(error))[:200].rstrip(".")
    return f"{text[:1].lower()}{text[1:]}" or type(error).__name__
