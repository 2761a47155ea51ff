"""The verdict on every page of the sets, and the pieces that lead to it."""

import pytest

from aggregator.extract import article
from aggregator.extract.consent import asking
from aggregator.extract.expected import Expected
from aggregator.extract.phrases import is_behind, says_missing
from aggregator.model import Article, Entry, Quality
from tests.support.articlepages import Case, cases
from tests.support.effort import at_most
from tests.unit.extract.pages import PARAGRAPHS, page

ALL = cases()
# Only the feed's title tells that such a page is meant.
NAMED_BY_THE_FEED = (
    "report-titled-like-an-error",
    "short-news-about-a-banner",
    "short-news-about-a-banner-french",
)


def _read(body: bytes) -> Article:
    found = article(body, charset=None, url="https://a.example/1", with_metadata=False)
    assert isinstance(found, Article), found
    return found


@pytest.mark.parametrize("case", ALL, ids=lambda case: case.name)
def test_page(case: Case) -> None:
    assert case.wrong() == []


def test_the_sets_are_what_was_promised() -> None:
    assert len({case.name for case in ALL}) == len(ALL) >= 60
    assert {case.verdict for case in ALL} == set(Quality)
    for quality in (Quality.CONSENT_WALL, Quality.PAYWALL, Quality.TEASER, Quality.ERROR_PAGE):
        assert {"de", "en", "fr", "zh"} <= {case.lang for case in ALL if case.verdict is quality}, quality
    assert all(case.has or case.lacks for case in ALL)


@pytest.mark.parametrize("case", ALL, ids=lambda case: case.name)
def test_what_asks_is_never_kept(case: Case) -> None:
    found = article(case.body, charset=case.charset, url=case.url, with_metadata=False, entry=case.entry)
    if isinstance(found, Article) and found.quality in (Quality.CONSENT_WALL, Quality.ERROR_PAGE):
        assert (found.html, found.text) == ("", "")


@pytest.mark.parametrize(
    "case",
    [
        case
        for case in ALL
        if case.verdict in (Quality.CONSENT_WALL, Quality.FULL) and case.name not in NAMED_BY_THE_FEED
    ],
    ids=lambda case: case.name,
)
def test_a_verdict_on_text_needs_no_feed(case: Case) -> None:
    """Without an entry to compare with, no article is lost and every wall of consent is named."""
    found = article(case.body, charset=case.charset, url=case.url, with_metadata=False)
    assert isinstance(found, Article)
    if case.verdict is Quality.CONSENT_WALL:
        assert (found.quality, found.text) == (Quality.CONSENT_WALL, "")
    else:
        assert all(words in found.text for words in case.has)


def test_a_report_on_banners_asks_for_nothing() -> None:
    report = (
        "“We use cookies to remember your cart,” the shop's lawyer said, and the court was not convinced.",
        "The authority fined the chain and its partners because nobody had been asked for consent.",
    )
    assert asking(report).blocks == ()
    assert not asking(report).is_wall


def test_a_banner_beside_prose_is_named_and_the_prose_is_not() -> None:
    banner = "We and our 12 partners use cookies to personalise ads. You may withdraw your consent."
    found = asking((banner, *PARAGRAPHS))
    assert found.blocks == (0,)
    assert not found.is_wall
    assert asking((banner,)).is_wall


@pytest.mark.parametrize(
    ("asked", "given", "where"),
    [
        ("https://a.example/2025/x", "https://a.example/", "the front page"),
        ("https://a.example/2025/x", "https://a.example/fr/", "the front page"),
        ("https://a.example/2025/x", "https://www.a.example/index.html", "the front page"),
        ("https://a.example/news/2025/x", "https://a.example/news/", "a section"),
        ("https://a.example/2025/x", "https://a.example/search?q=x", "a list"),
        ("https://a.example/2025/x", "https://a.example/tag/x/", "a list"),
        ("https://a.example/2025/x", "https://a.example/?s=x", "the front page"),
        ("https://a.example/2025/x", "https://a.example/2025/x/", None),
        ("https://a.example/2025/x", "https://b.example/other/x-2", None),
        ("https://a.example/?p=123", "https://a.example/", "the front page"),
        ("https://a.example/index.php?id=5", "https://a.example/", "the front page"),
        ("https://a.example/?p=123", "https://a.example/?p=123&lang=en", None),
        ("https://a.example/2025/x/amp", "https://a.example/2025/x", None),
        ("https://a.example/2025/x/amp/", "https://a.example/2025/x/", None),
        ("https://a.example/2025/x/print", "https://a.example/2025/x", None),
        ("https://a.example/2025/x/rss", "https://a.example/2025/x", None),
        ("https://a.example/2025/x/index.html", "https://a.example/2025/x/", None),
        ("https://a.example/news/ampere", "https://a.example/news", "a section"),
        ("https://a.example/", "https://a.example/", None),
        ("https://a.example/", "https://www.a.example/", None),
        ("https://a.example/tag/x", "https://a.example/tags/x", None),
        ("", "https://a.example/", None),
    ],
)
def test_where_a_redirect_led(asked: str, given: str, where: str | None) -> None:
    assert Expected(url=asked).elsewhere(given) == where


@pytest.mark.parametrize(
    ("title", "titles", "is_named"),
    [
        ("Mill to close", ("Mill to close | The Paper",), True),
        ("The paper mill is to close in June", ("Paper mill to close in June",), True),
        ("Mill to close", ("The Paper",), False),
        ("老石桥下周封闭", ("老石桥下周一起封闭维修 - 青溪新闻网",), True),
        ("老石桥下周封闭", ("青溪新闻网",), False),
        ("", ("The Paper",), None),
        ("Mill to close", (), None),
    ],
)
def test_whether_a_page_bears_the_title(title: str, titles: tuple[str, ...], is_named: bool | None) -> None:
    assert Expected(title=title).names(titles) is is_named


@pytest.mark.parametrize(
    ("line", "is_wall"),
    [
        ("This post is for paid subscribers", True),
        ("Alle Artikel lesen mit dem Abo für 5 Euro", True),
        ("Profitez d'un accès illimité à nos contenus à partir de 4,99 €", True),
        ("Dieser Artikel ist für alle frei zugänglich, weil Abonnenten zahlen.", False),
        ("The council paid for the wall.", False),
        ("Tous les enfants étaient là.", False),
    ],
)
def test_lines_that_stand_before_the_rest(line: str, is_wall: bool) -> None:
    assert is_behind(line) is is_wall


@pytest.mark.parametrize(
    ("text", "is_missing"),
    [
        ("The page you asked for isn't here. Go back to the homepage.", True),
        ("Diesen Artikel gibt es leider nicht mehr.", True),
        ("抱歉，该文章已被删除，返回首页", True),
        ("The page was printed in 1611 and is not for sale.", False),
    ],
)
def test_texts_that_apologise(text: str, is_missing: bool) -> None:
    assert says_missing(text) is is_missing


@pytest.mark.parametrize(
    "piece",
    [
        "We and our partners use ",
        "unsere aaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "by clicking " * 3,
        "the page you ",
        "il vous reste ",
        "1 of ",
        "… ",
        "“" * 40,
    ],
)
def test_no_pattern_runs_away(piece: str) -> None:
    """Nor is what merely begins like a wall or an error taken for one."""
    text = piece * (40_000 // len(piece))
    with at_most(10):
        below = _read(page(f"<p>{PARAGRAPHS[0]}</p><p>{text}</p>"))
        alone = _read(page(f"<p>{text[:1000]}</p>", title=text[:400]))
    assert (below.quality, alone.quality) == (Quality.FULL, Quality.FULL)
    assert below.text == f"{PARAGRAPHS[0]}\n\n{text.strip()}"
    assert text[:1000].strip() in alone.text


def test_boxes_named_as_consent_inside_each_other_cost_a_bounded_time() -> None:
    deep = '<div class="cookie-consent">' * 200 + f"<p>{'We and our partners use cookies. ' * 1000}</p>"
    with at_most(15):
        found = _read(page(extra=deep))
    assert found.text.split("\n\n") == list(PARAGRAPHS)


@pytest.mark.parametrize(("title", "is_missed"), [("Bare", False), ("In it", False), ("Bread prices", True)])
def test_a_title_of_one_word_tells_no_page_from_another(title: str, is_missed: bool) -> None:
    assert Expected(title=title).shares_words(("The Paper",)) is not is_missed


COLUMN = "".join(f"<p>{text}</p>" for text in PARAGRAPHS[:2])


@pytest.mark.parametrize(
    "line",
    [
        "<p>Read more: <a href=/x>Barge families fear for their moorings</a></p>",
        "<p>READ MORE <a href=/x>Barge families fear for their moorings</a></p>",
        "<p><a href=/x>Read more: Barge families fear for their moorings</a></p>",
        "<p>Weiterlesen: <a href=/x>Die Schleuse am See</a></p>",
        "<p>Lire la suite : <a href=/x>Les péniches du canal</a></p>",
    ],
)
def test_a_link_to_another_article_makes_no_teaser(line: str) -> None:
    found = _read(page(f"{COLUMN}{line}<p>A second vote is due in March.</p>"))
    assert found.quality is Quality.FULL
    assert "A second vote is due in March." in found.text
    assert "moorings" not in found.text


@pytest.mark.parametrize("line", ["Read more", "Continue reading: example.org", "Lire la suite"])
def test_a_link_to_the_rest_makes_one(line: str) -> None:
    found = _read(page(f'<p>{PARAGRAPHS[0]}</p><p><a href="/x">{line}</a></p>'))
    assert found.quality is Quality.TEASER


OFFERED = "".join(
    f"<h3><a href=/{n}>Story number {n} about the harbour</a></h3><p>Residents of quarter {n} told the "
    "inquiry on Monday that they had not been asked before the plans were drawn up by the city.</p>"
    for n in range(9)
)
ASKED = Entry(
    raw_id=None,
    url="https://a.example/1",
    title="River tax splits council",
    summary_html="The council in Marl voted to charge barge owners for the upkeep of three locks.",
)


@pytest.mark.parametrize(
    ("heading", "line"),
    [
        ("We can't find that page", "The link may be out of date. Try our home page or these stories."),
        ("Sorry, this page has gone", "It may have moved. Here is what others are reading."),
        ("Cette page n’est plus là", "Désolé, l’article demandé a été retiré."),
        ("Diese Seite gibt es nicht mehr", "Der Artikel wurde gelöscht."),
        ("内容已下线", "您要看的文章已被删除，看看这些："),
    ],
)
def test_a_lost_page_above_other_stories_is_one(heading: str, line: str) -> None:
    body = f"<html><body><main><h1>{heading}</h1><p>{line}</p>{OFFERED}</main></body></html>".encode()
    found = article(body, charset="utf-8", url=ASKED.url or "", with_metadata=False, entry=ASKED)
    assert isinstance(found, Article)
    assert (found.quality, found.text) == (Quality.ERROR_PAGE, "")


@pytest.mark.parametrize(
    "title",
    ["Search for missing walker resumes", "Suche nach Ian Holt geht weiter", "Recherche médicale en mer"],
)
def test_an_article_that_begins_with_search_is_no_list(title: str) -> None:
    entry = Entry(
        raw_id=None, url=ASKED.url, title="Rescue teams return to the fell", summary_html=PARAGRAPHS[0]
    )
    body = f"<html><body><main><article><h1>{title}</h1>{COLUMN}</article></main></body></html>".encode()
    found = article(body, charset="utf-8", url=ASKED.url or "", with_metadata=False, entry=entry)
    assert isinstance(found, Article)
    assert found.quality is Quality.FULL


@pytest.mark.parametrize(
    "title", ["Search", "Search results for barge", "Suche: Ian Holt", "Recherche : péniches"]
)
def test_a_list_of_finds_is_one(title: str) -> None:
    body = f"<html><body><main><h1>{title}</h1>{OFFERED}</main></body></html>".encode()
    found = article(body, charset="utf-8", url=ASKED.url or "", with_metadata=False, entry=ASKED)
    assert isinstance(found, Article)
    assert found.quality is Quality.ERROR_PAGE


@pytest.mark.parametrize(
    "text",
    [
        (
            "The data watchdog fined the retailer Lumo €3m on Friday because its banner read “We and our 214 "
            "partners use cookies to store and access information on your device” while the button to refuse "
            "was hidden, the agency said."
        ),
        (
            "Die Datenschützer verhängten am Freitag drei Millionen Euro gegen den Händler Lumo, weil sein "
            "Banner „Wir und unsere 214 Partner verwenden Cookies auf Ihrem Gerät“ nur einen Knopf hatte."
        ),
    ],
)
def test_news_that_quotes_a_banner_is_no_banner(text: str) -> None:
    assert not asking((text,)).is_wall
    assert asking((text.split("“" if "“We" in text else "„")[1],)).is_wall
