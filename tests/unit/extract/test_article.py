"""Page bytes to articles: what stays, what goes, what is no page at all."""

from datetime import UTC, datetime

import pytest

from aggregator.extract import article
from aggregator.model import Article, Failure, FailureKind, Quality
from aggregator.text.html import plain
from tests.support.effort import at_most
from tests.unit.extract.pages import HEADLINES, PARAGRAPHS, TITLE, page

URL = "https://paper.example/2025/inquiry"


def read(body: bytes, charset: str | None = None, *, with_metadata: bool = False) -> Article:
    found = article(body, charset=charset, url=URL, with_metadata=with_metadata)
    assert isinstance(found, Article), found
    return found


@pytest.mark.parametrize("layout", ["article", "divs", "breaks"])
def test_the_article_stays_and_the_furniture_goes(layout: str) -> None:
    found = read(page(layout=layout))
    assert found.text.split("\n\n") == list(PARAGRAPHS)
    assert found.quality is Quality.FULL
    assert not any(headline in found.text for headline in HEADLINES)
    assert found.evidence


@pytest.mark.parametrize("layout", ["article", "divs", "breaks"])
def test_html_and_text_agree(layout: str) -> None:
    found = read(page(layout=layout))
    assert plain(found.html) == found.text
    assert found.html.count("<p>") == len(PARAGRAPHS)


def test_structure_survives() -> None:
    body = (
        f'<p>{PARAGRAPHS[0]} See <a href="../doc">the notice</a>.</p><h2>What is at stake</h2>'
        f"<p>{PARAGRAPHS[1]}</p>"
        "<ul><li>search results</li><li>storage fees</li></ul><blockquote><p>We will answer.</p></blockquote>"
        f'<figure><img src="/pic.jpg" alt="A warehouse"></figure><p>{PARAGRAPHS[2]}</p>'
        "<table><tr><th>Year</th><th>Fine</th></tr><tr><td>2024</td><td>12</td></tr></table>"
    )
    html = read(page(body)).html
    assert "<h2>What is at stake</h2>" in html
    assert "<li>storage fees</li>" in html
    assert "<blockquote>" in html
    assert 'href="https://paper.example/doc"' in html
    assert 'src="https://paper.example/pic.jpg"' in html
    assert "<td>2024</td>" in html


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("other", "https://paper.example/2025/other"),
        ("?page=2", "https://paper.example/2025/inquiry?page=2"),
        ("#note-1", "https://paper.example/2025/inquiry#note-1"),
        ("/2024/first", "https://paper.example/2024/first"),
        ("//court.example/ruling", "https://court.example/ruling"),
        ("http://court.example/ruling", "http://court.example/ruling"),
    ],
)
def test_links_are_resolved_as_browsers_do(written: str, meant: str) -> None:
    body = f'<p>{PARAGRAPHS[0]} See <a href="{written}">the notice</a>.</p><p>{PARAGRAPHS[1]}</p>'
    assert f'<a href="{meant}"' in read(page(body)).html


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("pic.jpg", "https://paper.example/2025/pic.jpg"),
        ("//cdn.example/pic.jpg", "https://cdn.example/pic.jpg"),
        ("http://cdn.example/pic.jpg", "http://cdn.example/pic.jpg"),
    ],
)
def test_addresses_of_pictures_are_resolved_as_browsers_do(written: str, meant: str) -> None:
    body = f'<p>{PARAGRAPHS[0]}</p><figure><img src="{written}" alt="x"></figure><p>{PARAGRAPHS[1]}</p>'
    assert f'src="{meant}"' in read(page(body)).html


def test_active_content_never_survives() -> None:
    body = (
        f'<p onclick="x()">{PARAGRAPHS[0]}</p><script>alert(1)</script><p>{PARAGRAPHS[1]} '
        '<a href="javascript:alert(1)">here</a></p><iframe src="https://evil.example"></iframe>'
    )
    html = read(page(body)).html
    assert "alert" not in html
    assert "onclick" not in html
    assert "iframe" not in html


def test_cards_inside_the_article_go() -> None:
    cards = "".join(
        f'<div class="q"><h3><a href="/n/{n}">{text}</a></h3><span>Our report</span></div>'
        for n, text in enumerate(HEADLINES)
    )
    text = read(
        page(f"<p>{PARAGRAPHS[0]}</p><div>{cards}</div><p>{PARAGRAPHS[1]}</p><p>{PARAGRAPHS[2]}</p>")
    ).text
    assert not any(headline in text for headline in HEADLINES)
    assert all(paragraph in text for paragraph in PARAGRAPHS)


def test_a_wrapper_with_a_telling_name_is_no_boilerplate() -> None:
    inner = "".join(f"<p>{text}</p>" for text in PARAGRAPHS)
    assert read(page(f'<div class="has-sidebar related">{inner}</div>')).text.split("\n\n") == list(
        PARAGRAPHS
    )


def test_a_wall_of_cookies_is_named() -> None:
    wall = b"""<html><head><title>The Paper</title></head><body><div>
<p>We and our 612 partners use cookies to store and read information on your device, for personalised
advertising and audience measurement.</p>
<p>You can give or withdraw your consent at any time in our privacy policy; legitimate interest may apply to
some of our partners.</p><button>Accept all</button></div></body></html>"""
    assert read(wall).quality is Quality.CONSENT_WALL


@pytest.mark.parametrize(
    "title",
    [
        "404 Not Found",
        "Page introuvable",
        "Seite nicht gefunden",
        "页面不存在",
        "Error 404",
        "Page not found | The Paper",
    ],
)
def test_error_pages_are_named(title: str) -> None:
    assert (
        read(page("<p>Try the search or go back to the front page.</p>", title=title)).quality
        is Quality.ERROR_PAGE
    )


@pytest.mark.parametrize(
    "title", ["500 million euros for Apple", "Chine : 500 000 yuans d'amende", "404 jobs go at the mill"]
)
def test_figures_in_a_title_are_no_error(title: str) -> None:
    assert read(page(title=title)).quality is Quality.FULL


def test_a_page_that_says_it_is_not_free_and_breaks_off_is_a_paywall() -> None:
    head = '<script type="application/ld+json">{"@type":"NewsArticle","isAccessibleForFree":"False"}</script>'
    found = read(page(f"<p>{PARAGRAPHS[0]}</p><p>{PARAGRAPHS[1][:60]}…</p>", head=head))
    assert found.quality is Quality.PAYWALL
    assert any("JSON-LD" in line for line in found.evidence)


def test_subscribe_to_read_is_a_paywall() -> None:
    found = read(
        page(f"<p>{PARAGRAPHS[0]}</p><div class='subscribe'>Already a subscriber? Log in to continue.</div>")
    )
    assert found.quality is Quality.PAYWALL


def test_a_text_that_breaks_off_is_a_teaser() -> None:
    assert read(page(f"<p>{PARAGRAPHS[0][:120]} … Read more</p>")).quality is Quality.TEASER


def test_stated_body_that_is_longer_makes_it_partial() -> None:
    words = "word " * 600
    head = f'<script type="application/ld+json">{{"@graph":[{{"articleBody":"{words}"}}]}}</script>'
    assert read(page(head=head)).quality is Quality.PARTIAL


def test_the_canonical_link_is_always_read() -> None:
    found = read(page(head='<link rel="canonical" href="/2025/inquiry-full">'))
    assert found.canonical_url == "https://paper.example/2025/inquiry-full"
    assert found.title is None
    assert read(page(head='<link rel="canonical" href="javascript:x">')).canonical_url is None


def test_metadata_on_demand() -> None:
    head = (
        '<meta property="og:site_name" content="The Paper"><meta name="author" content="Ada Writer">'
        '<meta property="og:image" content="https://paper.example/a.jpg">'
        '<meta property="article:published_time" content="2025-03-01T10:00:00+01:00">'
        f'<meta property="og:title" content="{TITLE}">'
    )
    found = read(page(head=head), with_metadata=True)
    assert found.title == TITLE
    assert found.authors == ("Ada Writer",)
    assert found.published_at == datetime(2025, 3, 1, 9, tzinfo=UTC)
    assert found.site_name == "The Paper"
    assert found.image_url == "https://paper.example/a.jpg"


def test_the_charset_of_the_header_counts() -> None:
    text = (
        "L'autorité a ouvert une enquête à l'égard de la société, accusée d'avoir pénalisé des rivaux. " * 3
    )
    body = f"<html><body><article><h1>Enquête</h1><p>{text}</p><p>{text}</p></article></body></html>".encode(
        "cp1252"
    )
    assert "accusée d'avoir pénalisé" in read(body, "windows-1252").text


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", FailureKind.EMPTY),
        (b"\x00" * 500, FailureKind.EMPTY),
        (b"<html><body></body></html>", FailureKind.EMPTY),
        (b"%PDF-1.7 ...", FailureKind.NOT_HTML),
        (b"\x89PNG\r\n", FailureKind.NOT_HTML),
        (b'{"articleBody": "x"}', FailureKind.NOT_HTML),
        (b"only words", FailureKind.NOT_HTML),
        (b'<?xml version="1.0"?><rss><channel/></rss>', FailureKind.NOT_HTML),
        (b"<html><body>" + b"<div>" * 20_000 + b"x" + b"</div>" * 20_000, FailureKind.EMPTY),
    ],
)
def test_what_is_no_article(body: bytes, kind: FailureKind) -> None:
    found = article(body, charset=None, url=URL, with_metadata=True)
    assert isinstance(found, Failure)
    assert found.kind is kind
    assert URL in found.detail


def test_characters_that_xml_cannot_hold_do_no_harm() -> None:
    body = page(
        f"<div>{PARAGRAPHS[0]}\x01&#1;&#xFFFF;&#xD800;<br><br>{PARAGRAPHS[1]}\x00</div>", layout="divs"
    )
    found = read(body)
    assert PARAGRAPHS[0] in found.text
    assert "\x01" not in found.text


@pytest.mark.parametrize(
    "rest",
    [
        "".join(f'<a href="/a{n}">some link {n}</a> ' for n in range(100_000)),
        "<ul>" + "".join(f'<li><a href="/a{n}">some link {n}</a></li>' for n in range(50_000)) + "</ul>",
    ],
)
def test_a_hundred_thousand_links_cost_a_bounded_time(rest: str) -> None:
    # Far above what it takes, far below what quadratic work would.
    with at_most(15):
        found = read(page(extra=rest))
        assert found.text.split("\n\n")[0] == PARAGRAPHS[0]
