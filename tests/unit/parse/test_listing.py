"""Pages without a feed, read by selectors."""

from datetime import UTC, datetime

import pytest

from aggregator.model import Entry, ListingRule
from aggregator.parse import listing
from tests.unit.parse.reading import failure, feed

URL = "https://example.com/tag/alibaba/"


def entries(html: str, rule: ListingRule, **options: object) -> tuple[Entry, ...]:
    return feed(html, url=URL, kind="listing", listing=rule, **options).entries


PAGE = """<!doctype html><html lang="fr"><head><title>Alibaba</title></head><body>
<article><h2><a href="/a-1">Premier</a></h2><time datetime="2026-01-04T10:00:00Z">hier</time>
<p>Texte <b>un</b>.</p></article>
<article><h2><a href="/a-2">Second</a></h2><time>5 janvier 2026</time><p>Texte deux.</p></article>
</body></html>"""


def test_items_links_titles_dates_and_content() -> None:
    found = feed(PAGE, url=URL, kind="listing", listing=ListingRule(item="article", date="time"))
    assert (found.format, found.title, found.lang, found.site_url) == ("listing", "Alibaba", "fr", URL)
    second, first = found.entries  # newest first
    assert (first.title, first.url) == ("Premier", "https://example.com/a-1")
    assert "<p>Texte <b>un</b>.</p>" in first.content_html
    assert "hier" not in first.content_html
    assert "Premier" not in first.content_html
    assert first.published_at == datetime(2026, 1, 4, 10, tzinfo=UTC)
    assert second.published_at == datetime(2026, 1, 5, tzinfo=UTC)
    assert first.raw_id is None


def test_given_selectors_win() -> None:
    links = '<a href="#x">anchor</a><a class=l href="/y">more</a>'
    page = f"<div class=i><h2>No</h2>{links}<b>Yes</b><i>sum</i></div>"
    rule = ListingRule(item=".i", link="a.l", title="b", summary="i")
    (entry,) = entries(page, rule)
    assert (entry.title, entry.url) == ("Yes", "https://example.com/y")
    assert "sum" in entry.summary_html
    assert entry.content_html == ""


def test_an_item_without_link_has_its_text_and_no_address() -> None:
    item = "<li>• Alibaba collabore avec IBM<p>Alibaba Cloud s’allie à IBM.</p></li>"
    page = f"<ul>{item}<li>Jack Ma refait surface</li></ul>"
    first, second = entries(page, ListingRule(item="li"))
    assert first.title == "• Alibaba collabore avec IBM"
    assert first.url is None
    assert first.raw_id is None
    assert first.content_html == "<p>Alibaba Cloud s’allie à IBM.</p>"
    assert (second.title, second.content_html) == ("Jack Ma refait surface", "")


def test_the_item_itself_may_be_the_link() -> None:
    (entry,) = entries('<a class=t href="/x"><h3>Title</h3><p>Text</p></a>', ListingRule(item="a.t"))
    assert (entry.title, entry.url) == ("Title", "https://example.com/x")
    assert "Text" in entry.content_html


def test_the_link_of_the_heading_comes_first() -> None:
    page = '<div class=i><a href="/author">A</a><a href="/story"><h2>Story</h2></a></div>'
    assert entries(page, ListingRule(item=".i"))[0].url == "https://example.com/story"


def test_base_element_and_hostile_links() -> None:
    items = '<p class=i><a href="a">one</a></p><p class=i><a href="javascript:x">two</a></p>'
    page = f'<base href="https://cdn.example/x/">{items}'
    first, second = entries(page, ListingRule(item=".i"))
    assert first.url == "https://cdn.example/x/a"
    assert second.url is None


def test_empty_items_are_passed_over_and_the_rest_is_cut() -> None:
    page = "<ul><li></li>" + "".join(f"<li>item {number}</li>" for number in range(9)) + "</ul>"
    found = entries(page, ListingRule(item="li"), max_entries=3)
    assert [entry.title for entry in found] == ["item 0", "item 1", "item 2"]


def test_no_item_is_said() -> None:
    why = failure("<p>x</p>", kind="listing", listing=ListingRule(item=".none"))
    assert why == "nothing to list: no item matches the selector '.none'"


def test_selectors_that_match_in_no_item_are_named() -> None:
    page = "<p class=i><b>One</b></p><p class=i><b>Two</b><time>x</time></p>"
    rule = ListingRule(item=".i", link="h2 a", title="b", date="time", summary=".lead")
    found = feed(page, kind="listing", listing=rule)
    assert found.note == "of 2 items none matches link 'h2 a', summary '.lead'"
    assert feed(page, kind="listing", listing=ListingRule(item=".i", title="b")).note is None


def test_items_without_any_text_are_said() -> None:
    why = failure("<p class=i></p><p class=i></p>", kind="listing", listing=ListingRule(item=".i"))
    assert why == "nothing to list: 2 items, none with a title or text"


@pytest.mark.parametrize("field", ["item", "link", "title", "date", "summary"])
def test_a_selector_that_is_no_css_is_named(field: str) -> None:
    rule = ListingRule(**{"item": "p", field: "a[["})  # type: ignore[arg-type]
    assert f"listing.{field}" in failure("<p>x</p>", kind="listing", listing=rule)
    assert [name for name, _ in listing.check(rule)] == [field]


def test_damaged_text_is_mended() -> None:
    page = "<ul><li>Alibaba autour de la sĂ©curitĂ©<p>premiĂšre</p></li></ul>"
    (entry,) = entries(page, ListingRule(item="li"))
    assert (entry.title, entry.content_html) == ("Alibaba autour de la sécurité", "<p>première</p>")
