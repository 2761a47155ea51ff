"""Every known vector, read as a browser reads it, twice: nothing active comes out, nothing mutates."""

import html5lib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html as lxml_html

from aggregator.text.html import plain, sanitise
from tests.support.active import active_content
from tests.support.xss import VECTORS

BASE = "https://example.com/news/today"
CONTAINERS = ("div", "body", "p", "td", "table", "select", "title", "svg", "math", "template", "noscript")


def as_browser(html: str, container: str = "div", *, scripting: bool = False) -> str:
    """Parse by the rules of browsers (WHATWG) and write what was understood."""
    tree = html5lib.parseFragment(html, container=container, treebuilder="etree", scripting=scripting)
    return str(
        html5lib.serialize(
            tree,
            tree="etree",
            omit_optional_tags=False,
            quote_attr_values="always",
            alphabetical_attributes=True,
            resolve_entities=False,
            escape_lt_in_attrs=True,
            escape_rcdata=True,
        )
    )


def as_lxml(html: str) -> str:
    if not html.strip():
        return ""
    tree = lxml_html.fragment_fromstring(html, create_parent="div")
    return str(lxml_html.tostring(tree, encoding="unicode"))


def assert_harmless(dirty: str, base: str | None) -> None:
    clean = sanitise(dirty, base_url=base)
    assert active_content(clean) == []
    understood = as_browser(clean)
    assert active_content(understood) == [], "read as a browser reads it"
    for container in CONTAINERS:
        for scripting in (False, True):
            assert active_content(as_browser(clean, container, scripting=scripting)) == [], container
    assert active_content(as_lxml(clean)) == []
    again = sanitise(understood, base_url=base)
    assert as_browser(again) == understood, "a second round changes nothing"
    assert sanitise(again, base_url=base) == again
    assert sanitise(clean, base_url=base) == clean


def test_there_are_enough_of_them() -> None:
    assert len(set(VECTORS)) == len(VECTORS) >= 150


@pytest.mark.parametrize("base", [BASE, None])
@pytest.mark.parametrize("vector", VECTORS)
def test_vectors(vector: str, base: str | None) -> None:
    assert_harmless(vector, base)
    assert_harmless(f"<p>before</p><div>{vector}</div><p>after</p>", base)


@pytest.mark.parametrize("vector", VECTORS)
def test_as_the_text_of_a_text(vector: str) -> None:
    """What was understood as text and written as HTML once more is still text."""
    text = plain(vector)
    assert_harmless(text, BASE)


@settings(max_examples=150)
@given(st.lists(st.sampled_from(VECTORS), min_size=2, max_size=4), st.integers(0, 60))
def test_mixtures(vectors: list[str], cut: int) -> None:
    """Vectors that follow one another, the first cut off anywhere."""
    assert_harmless(vectors[0][:cut] + "".join(vectors[1:]), BASE)
