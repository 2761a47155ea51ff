"""Pages of one article, judged as one: what a page says by itself is not held against the whole."""

import pytest

from aggregator.extract import Reading, join, read
from aggregator.model import JudgedPage, Quality, SiteRule
from tests.unit.extract.pages import PARAGRAPHS, page

RULE = SiteRule("paper.example", body=("article",), strip=("h1", ".byline"), next_page=("a.next",))
LAST = "Merchants had asked for such an inquiry since the spring, and were told to wait for the summer."


def part(number: int, body: str, extra: str = "", rule: SiteRule = RULE) -> JudgedPage:
    url = f"https://paper.example/2025/inquiry/{number}"
    found = read(page(body, extra=extra), charset=None, url=url, with_metadata=False, rule=rule)
    assert isinstance(found, Reading), found
    return found.page


def numbered(*, rule: SiteRule = RULE) -> list[JudgedPage]:
    """Return three pages that name their number and send the reader on."""
    return [
        part(
            number,
            f"<p>{text}</p><p>{LAST}</p>",
            f'<p>Page {number} of 3 <a class="next" href="/x">Next</a></p>',
            rule,
        )
        for number, text in enumerate(PARAGRAPHS[:3], 1)
    ]


@pytest.mark.parametrize("rule", [RULE, SiteRule("paper.example", next_page=("a.next",))])
def test_the_first_of_three_pages_is_partial_until_the_others_are_there(rule: SiteRule) -> None:
    pages = numbered(rule=rule)
    assert pages[0].article.quality is Quality.PARTIAL
    whole = join(pages)
    assert whole.quality is Quality.FULL, whole.evidence
    assert whole.text.split("\n\n")[::2] == list(PARAGRAPHS[:3])
    assert whole.evidence[0] == "3 pages were joined"
    assert not any("Page 1 of 3" in line for line in whole.evidence)


def test_a_rest_that_is_missing_makes_the_whole_partial() -> None:
    whole = join(numbered()[:2], "page 3 is missing: the server answered 503")
    assert whole.quality is Quality.PARTIAL
    assert "page 3 is missing: the server answered 503" in whole.evidence


def test_a_wall_on_the_last_page_is_one_however_much_stands_before_it() -> None:
    long = "".join(f"<p>{text}</p>" for text in PARAGRAPHS * 3)
    wall = '<div class="paywall"><p>Subscribe to continue reading this article.</p></div>'
    whole = join([part(1, long), part(2, f"<p>{PARAGRAPHS[0]}</p>", wall)])
    assert whole.quality is Quality.PAYWALL
    assert any("subscribe" in line.lower() for line in whole.evidence)
    freed = join([part(1, f"<p>{PARAGRAPHS[0]}</p>", wall), part(2, long)])
    assert freed.quality is Quality.FULL, "what stood behind the wall was read"


def test_short_pages_make_a_long_text() -> None:
    pages = [part(1, "<p>The regulator opened an inquiry on Tuesday, after three years of talk…</p>")]
    pages += [part(number, f"<p>{text}</p>") for number, text in enumerate(PARAGRAPHS, 2)]
    assert pages[0].article.quality is Quality.TEASER
    assert join(pages).quality is Quality.FULL
    assert join(pages[:1]).quality is Quality.TEASER
    assert join(pages[::-1]).quality is not Quality.FULL, "the last page breaks off"


def test_what_the_rule_came_to_is_said_once_or_of_its_page() -> None:
    rule = SiteRule("paper.example", body=("article",), author=(".who",))
    named = '<p class="who">Ada</p>'
    whole = join(
        [part(1, f"<p>{PARAGRAPHS[0]}</p>", named, rule), part(2, f"<p>{PARAGRAPHS[1]}</p>", "", rule)]
    )
    assert whole.evidence.count("the rule for paper.example says what the body is") == 1
    assert "page 2: the rule's author finds nothing on this page" in whole.evidence


def test_what_is_no_article_is_joined_with_nothing() -> None:
    wall = part(1, "<p>We and our 612 partners use cookies to store data on your device. Accept all?</p>")
    assert wall.article.quality is Quality.CONSENT_WALL
    assert join([wall, part(2, f"<p>{PARAGRAPHS[0]}</p>")]) == wall.article
