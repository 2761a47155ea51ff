"""A user's rule for a site: what it takes, what it leaves to the extraction, what it says when it fails."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from aggregator.extract import Reading, read
from aggregator.model import Article, Entry, Quality, SiteRule
from aggregator.text.html import plain
from tests.unit.extract.pages import HEADLINES, PARAGRAPHS, page

URL = "https://paper.example/2025/inquiry"
NOW = datetime(2025, 6, 1, tzinfo=UTC)
RULE = SiteRule("paper.example")
HEAD = (
    '<meta property="og:title" content="What the page calls it"><meta name="author" content="Page Author">'
    '<meta property="article:published_time" content="2025-03-01T10:00:00Z">'
    '<meta name="day" content="20250304"><link rel="next" href="/2025/inquiry?page=2">'
)


def reading(rule: SiteRule | None, body: str | None = None, *, with_metadata: bool = False) -> Reading:
    found = read(
        page(body, head=HEAD),
        charset=None,
        url=URL,
        with_metadata=with_metadata,
        rule=rule,
        lang="en",
        now=NOW,
    )
    assert isinstance(found, Reading), found
    return found


def text(rule: SiteRule | None, body: str | None = None) -> str:
    return reading(rule, body).article.text


def notes(rule: SiteRule, body: str | None = None) -> set[str]:
    """Return what only the rule says about a page."""
    return set(reading(rule, body).article.evidence) - set(reading(None, body).article.evidence)


BODY = (
    f'<div class="lead"><p>{PARAGRAPHS[0]}</p></div><p class="note">Our Paris desk added a line.</p>'
    f'<div class="rest"><p>{PARAGRAPHS[1]}</p><div class="rest"><p>{PARAGRAPHS[2]}</p></div></div>'
)


def test_the_body_is_what_is_chosen_in_page_order_and_once() -> None:
    assert text(replace(RULE, body=(".rest, .lead",)), BODY).split("\n\n") == list(PARAGRAPHS)
    assert text(replace(RULE, body=("//div[@class='rest']",)), BODY).split("\n\n") == list(PARAGRAPHS[1:])


def test_what_is_chosen_stays_apart_whatever_it_is() -> None:
    cells = "".join(f"<tr><td>{text}</td></tr>" for text in PARAGRAPHS)
    spans = "".join(f"<span>{text}</span>" for text in PARAGRAPHS)
    items = "".join(f"<li>{text}" for text in PARAGRAPHS)
    for selector, body in (
        ("td", f"<table>{cells}</table>"),
        ("span", spans),
        ("article li", f"<ul>{items}</ul>"),
    ):
        found = reading(replace(RULE, body=(selector,)), body).article
        assert found.text.split("\n\n") == list(PARAGRAPHS)
        assert plain(found.html) == found.text


def test_html_and_text_agree_and_nothing_active_survives() -> None:
    inner = f'{PARAGRAPHS[0]}<script>alert(1)</script><i></i> <a href="/n">n</a>'
    body = f'<div class="a"><p onclick="x()">{inner}</p></div>'
    found = reading(replace(RULE, body=("div.a",)), body).article
    assert plain(found.html) == found.text == f"{PARAGRAPHS[0]} n"
    assert 'href="https://paper.example/n"' in found.html
    assert "alert" not in found.html
    assert "onclick" not in found.html


def test_the_first_selector_that_finds_something_counts() -> None:
    assert text(replace(RULE, body=(".no", ".lead", ".rest")), BODY) == PARAGRAPHS[0]
    found = reading(
        replace(RULE, title=("h6", "h1"), author=("string(//h6)", "//meta[@name='author']/@content"))
    )
    assert found.article.title == "Marketplace faces inquiry over rankings"
    assert found.article.authors == ("Page Author",)


def test_what_is_stripped_goes_with_a_chosen_body_and_without() -> None:
    strip = (".note", "//p[starts-with(., 'Officials')]", ".absent")
    kept = [PARAGRAPHS[0], PARAGRAPHS[2]]
    rule = replace(RULE, body=("article",), strip=(*strip, "h1", ".byline"))
    assert text(rule, BODY).split("\n\n") == kept
    assert text(replace(rule, strip=()), BODY).split("\n\n")[3] == "Our Paris desk added a line."
    assert text(replace(RULE, strip=strip), BODY).split("\n\n") == kept
    assert notes(replace(RULE, strip=strip), BODY) == set()


def test_a_body_that_is_not_there_leaves_the_page_to_the_extraction_and_says_so() -> None:
    rule = replace(RULE, body=("div.gone",))
    assert text(rule) == text(None)
    assert notes(rule) == {"the rule's body finds nothing on this page"}


def test_what_fails_on_a_page_is_said_and_harms_nothing() -> None:
    bad = "//article[starts-with(.)]"  # an argument too few, which shows only where there is an article
    rule = replace(
        RULE, body=(bad,), strip=(bad,), title=(bad, "h1"), author=(bad,), date=("h1",), next_page=(bad,)
    )
    found = reading(rule)
    assert found.article.text == text(None)
    assert found.article.title == "Marketplace faces inquiry over rankings"
    said = notes(rule)
    for key in ("body", "strip", "title", "author", "next_page"):
        assert any(
            line.startswith(f"the rule's {key} '//article[starts") and "fails" in line for line in said
        ), key
    assert "the rule's date finds no text that is a date" in said


def test_title_authors_and_date_are_read_even_where_no_metadata_is_asked_for() -> None:
    rule = replace(
        RULE,
        title=("h1",),
        author=("concat(//h1, '; Ben; Ben;')",),
        date=("//meta[@name='day']",),
    )
    for with_metadata in (False, True):
        found = reading(rule, with_metadata=with_metadata)
        assert found.article.title == "Marketplace faces inquiry over rankings"
        assert found.article.authors == ("Marketplace faces inquiry over rankings", "Ben")
        assert found.article.published_at == datetime(2025, 3, 4, tzinfo=UTC)
        assert found.origins == dict.fromkeys(("title", "authors", "published_at"), "rule")


def test_where_a_rule_finds_nothing_the_page_is_asked() -> None:
    found = reading(replace(RULE, title=("h6",)), with_metadata=True)
    assert found.article.title == "What the page calls it"
    assert found.article.authors == ("Page Author",)
    assert found.origins == dict.fromkeys(("title", "authors", "published_at"), "page")
    assert reading(None).origins == {}


@pytest.mark.parametrize(
    ("selector", "url"),
    [
        ("link[rel=next]", "https://paper.example/2025/inquiry?page=2"),
        ("//link[@rel='next']/@href", "https://paper.example/2025/inquiry?page=2"),
        ("concat('/p/', 2)", "https://paper.example/p/2"),
        ("a.none", None),
        ("concat('javascript:', 'x')", None),
    ],
)
def test_the_next_page(selector: str, url: str | None) -> None:
    rule = replace(RULE, next_page=(selector,))
    assert reading(rule).next_url == url
    assert notes(rule) == set()


def test_a_wall_stays_a_wall_whatever_a_rule_chooses() -> None:
    wall = (
        '<div class="story"><p>We and our 612 partners use cookies to store data on your device, for '
        "personalised advertising. You can withdraw your consent at any time in our privacy policy.</p></div>"
    )
    found = reading(replace(RULE, body=(".story",)), wall).article
    assert found.quality is Quality.CONSENT_WALL


def test_a_wall_beside_a_chosen_body_or_stripped_is_still_one() -> None:
    wall = '<div class="paywall"><p>Subscribe to continue reading this article.</p></div>'
    for rule in (replace(RULE, body=(".rest",)), replace(RULE, body=(".rest",), strip=(".paywall",))):
        assert reading(rule, BODY + wall).article.quality is Quality.PAYWALL
    found = reading(replace(RULE, body=(".rest",)), BODY).article
    assert found.quality is Quality.FULL, "what else stands on the page is no reason to doubt the rule"


def test_the_title_that_a_rule_finds_tells_the_article() -> None:
    entry = Entry("1", URL, "Bread prices double overnight")
    body = (
        f'<div class="story"><h2>Bread prices double overnight</h2><p>{"</p><p>".join(PARAGRAPHS)}</p></div>'
    )
    told = page(body, title="404 Not Found")
    rule = replace(RULE, body=(".story p",))
    for title, quality in (((), Quality.ERROR_PAGE), ((".story h2",), Quality.FULL)):
        found = read(
            told, charset=None, url=URL, with_metadata=False, entry=entry, rule=replace(rule, title=title)
        )
        assert isinstance(found, Reading)
        assert found.article.quality is quality


def test_no_rule_no_change() -> None:
    assert reading(RULE) == reading(None)
    assert isinstance(reading(None).article, Article)
    assert not any(headline in text(None) for headline in HEADLINES)
