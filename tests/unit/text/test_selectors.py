"""CSS and XPath as users write them: told apart, checked ahead, harmless on any page."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml.html import document_fromstring

from aggregator.text.selectors import SelectorMistakeError, check, elements, is_xpath, texts

PAGE = document_fromstring(
    "<html><head><meta name='day' content='2025-03-01'></head><body><!-- no --><h1>A  <b>bold</b>\ntitle</h1>"
    "<p class='a'>one</p><p class='b'>two</p><p> </p>"
    "<time datetime='2025-03-02'>yesterday</time></body></html>"
)


@pytest.mark.parametrize(
    "selector", ["//p", "/html/body", "./p", "../p", "(//p)[1]", "string(//p)", " //p", "id('x')/p"]
)
def test_xpath_is_told_by_its_beginning(selector: str) -> None:
    assert is_xpath(selector)
    check(selector, is_text_enough=True)


@pytest.mark.parametrize("selector", ["p", ".a", "#x", "*", "[id]", ":not(p)", "p:not(.a)", "a > b", "p.a(b"])
def test_all_else_is_css(selector: str) -> None:
    assert not is_xpath(selector)


@pytest.mark.parametrize(
    ("selector", "found"),
    [
        ("p", ["one", "two", ""]),
        (".b, .a", ["one", "two"]),
        ("P.a", ["one"]),
        ("//p[. = 'two']", ["two"]),
        ("//p/@class", []),
        ("//p/text()", []),
        ("//comment()", []),
        ("string(//p)", []),
    ],
)
def test_elements_come_in_page_order(selector: str, found: list[str]) -> None:
    assert [each.text_content().strip() for each in elements(PAGE, selector)] == found


@pytest.mark.parametrize(
    ("selector", "found"),
    [
        ("h1", ["A bold title"]),
        ("//h1/b | //p", ["bold", "one", "two"]),
        ("//p/@class", ["a", "b"]),
        ("string(//meta/@content)", ["2025-03-01"]),
        ("substring-after(//h1, 'A')", ["bold title"]),
        ("string(//h2)", []),
        ("time", ["2025-03-02"]),
        ("meta", ["2025-03-01"]),
        ("//comment()", []),
    ],
)
def test_texts_are_lines(selector: str, found: list[str]) -> None:
    assert texts(PAGE, selector, "datetime", "content") == found


@pytest.mark.parametrize("selector", ["string(//p)", "string-length(//p)", "//p = 'a'"])
def test_elements_are_wanted_where_they_are(selector: str) -> None:
    with pytest.raises(SelectorMistakeError, match=r"^gives (?:a text|a number|true or false), not elements"):
        check(selector, is_text_enough=False)


def test_names_inside_of_quotes_are_none() -> None:
    check("//p[contains(., 'frob() x:y $z') or text()]", is_text_enough=False)
    check("//p/ancestor::div[not(@a) and (b or c)]/following-sibling::node()", is_text_enough=False)


@given(st.text(alphabet="ap./*[]()'\"@:=|$,#>~+^-1 \\\n\u202eé", max_size=40))
def test_whatever_is_written_is_usable_or_a_mistake(selector: str) -> None:
    try:
        check(selector, is_text_enough=True)
    except SelectorMistakeError as error:
        assert str(error)  # noqa: PT017 - either outcome is right
        return
    try:
        elements(PAGE, selector)
        texts(PAGE, selector)
    except SelectorMistakeError:
        pass
