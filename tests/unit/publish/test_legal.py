"""Titles and other plain texts, also for readers that take them for HTML."""

from html import unescape

import html5lib
import pytest

from aggregator.publish import legal
from tests.support.effort import at_most


@pytest.mark.parametrize(
    "text",
    [
        "hello &lt;img src=x onerror=alert(document.domain) x=",
        "hello &amp;lt;img src=x onerror=alert(1) x=",
        "<img src=x onerror=alert(1) //",
        "<image src=x onerror=alert(1)>",
        "<portal src=https://evil.example>",
        "<keygen autofocus onfocus=alert(1)>",
        "<xss onpointerenter=alert(1)>",
        "<XSS/ONPOINTERENTER = alert(1)>",
        '<xss title=">" onpointerenter=alert(1)>',
        "<xss title=x<y onpointerenter=alert(1)",
        "<x style=position:fixed;inset:0>",
        "<img<xss onpointerenter=alert(1)>",
        "<im\x00g src=x onerror=alert(1)>",
        "<im\u200bg src=x onerror=alert(1)>",
        "<svg/onload=alert(1)",
        "hello </title",
        "hello <script",
        "hello <plaintext>",
        "hello <!-- the rest of the page",
        "&amp;amp;amp;amp;lt;img src=x onerror=alert(1)&gt;",
    ],
)
def test_no_title_is_markup_whatever_a_reader_puts_around_it(text: str) -> None:
    title = legal.line(text)
    for shown in (title, unescape(title)):
        page = html5lib.HTMLParser(namespaceHTMLElements=False).parse(f"<h2>{shown} </h2>\n<p>next</p>")
        found = [each.tag for each in page.iter()]
        assert found == ["html", "head", "body", "h2", "p"]
    assert legal.line(title) == title


@pytest.mark.parametrize("mark", ["\u0301", "\u0e47", "\u064b", "\u20dd"])
def test_no_title_grows_over_the_lines_above(mark: str) -> None:
    assert legal.line(f"e{mark * 500}nd") == f"e{mark * 4}nd"


@pytest.mark.parametrize("text", ["Việt Nam", "שָׁלוֹם", "ที่นี่", "हिन्दी", "مُحَمَّد", "e\u0301\u0323"])
def test_the_marks_of_a_script_stay(text: str) -> None:
    assert legal.line(text) == text


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("a < b", "a < b"),
        ("I <3 you, x <3", "I <3 you, x <3"),
        ("List<String>", "List<String>"),
        ("Map<String, List<Integer>>", "Map<String, List<Integer>>"),
        ("<T extends Foo> in Java", "<T extends Foo> in Java"),
        ("vector<int> connection = x", "vector<int> connection = x"),
        ("1 < 2 and online = true", "1 < 2 and online = true"),
        ("AT&T, R&D &amp; more", "AT&T, R&D & more"),
        ("Why <b>bold</b>?", "Why bold?"),
        ("Q&lt;A&gt;", "Q"),
        ("List<Image> & more", "List‹Image› & more"),  # a noun that is an element: the words stay
        ("if a <b and c", "if a ‹b and c"),
    ],
)
def test_ordinary_titles_stay_readable(text: str, title: str) -> None:
    assert legal.line(text) == title


@pytest.mark.parametrize("piece", ["<a", "<b ", "<x on", "<x onx ", " onx ", "&lt;a", "&amp;", "<!-", "</"])
def test_the_work_grows_with_the_length(piece: str) -> None:
    with at_most(0.3):
        line = legal.line(piece * 20_000, 4_000)
    assert len(line) <= 4_000
