"""What became of each block of a page: nothing is left out, nothing is told twice, every cut has a reason."""

import re
from pathlib import Path

import pytest

from aggregator.extract import REASONS, Reading, Watch, lines, prune, read
from aggregator.model import Block, SiteRule
from tests.support.effort import at_most
from tests.unit.extract.pages import HEADLINES, PARAGRAPHS, page

URL = "https://paper.example/2025/inquiry"


def blocks(body: bytes, rule: SiteRule | None = None) -> tuple[Block, ...]:
    watch = Watch()
    found = read(body, charset=None, url=URL, with_metadata=False, rule=rule, watch=watch)
    assert isinstance(found, Reading), found
    unwatched = read(body, charset=None, url=URL, with_metadata=False, rule=rule)
    assert found == unwatched, "looking changes nothing"
    return watch.blocks(found.article.text)


def reasons(body: bytes) -> dict[str, str | None]:
    return {block.text: block.reason for block in blocks(body)}


@pytest.mark.parametrize("layout", ["article", "divs", "breaks"])
def test_the_article_is_kept_and_all_else_has_a_reason(layout: str) -> None:
    found = blocks(page(layout=layout))
    assert [block.text for block in found if block.reason is None] == list(PARAGRAPHS)
    dropped = {block.text: block.reason for block in found if block.reason is not None}
    assert dropped["The morning letter"] == "newsletter"
    assert {dropped[headline] for headline in HEADLINES} == {"links"}  # the last of three such lists
    assert dropped["© The Paper — Terms · Privacy"] == "furniture"
    assert (
        dropped[
            "We and our 612 partners store cookies to show personalised advertising. "
            "You may withdraw your consent under the GDPR at any time."
        ]
        == "consent"
    )


@pytest.mark.parametrize("layout", ["article", "divs", "breaks"])
def test_every_word_of_the_page_is_told_once_and_in_order(layout: str) -> None:
    body = page(layout=layout).decode()
    words = (
        re.sub(r"<head>.*?</head>|<[^>]*>", " ", body, flags=re.DOTALL).replace("<!DOCTYPE html>", "").split()
    )
    assert "".join(block.text for block in blocks(page(layout=layout))).replace(" ", "") == "".join(words)


@pytest.mark.parametrize("sign", ["&shy;", "&#x200b;", "&#x202e;", "&#x2060;", "\x97"])
def test_a_paragraph_with_signs_that_nobody_sees_is_kept(sign: str) -> None:
    first, *others = PARAGRAPHS
    marked = first.replace("marketplace", f"market{sign}place")
    assert marked != first
    found = blocks(page("".join(f"<p>{text}</p>" for text in (marked, *others))))
    assert [block.text for block in found if block.reason is None] == list(PARAGRAPHS)


def test_each_reason() -> None:
    cards = "".join(
        f'<div class="q"><h3><a href="/n/{n}">{text}</a></h3>'
        "<span>Our report of the day, told in full length</span></div>"
        for n, text in enumerate(HEADLINES[:2])
    )
    links = "".join(f'<li><a href="/l/{n}">{text}</a></li>' for n, text in enumerate(HEADLINES))
    body = (
        f"<p>Updated on 3 March 2025</p><p>{PARAGRAPHS[0]}</p><div>{cards}</div><p>{PARAGRAPHS[1]}</p>"
        "<p>Subscribe to our paper.</p>"
        f'<p>What others read</p><ul>{links}</ul><p><a href="/z">A story of the lake</a></p>'
        f'<div class="related">See our dossier.</div><p>{PARAGRAPHS[2]}</p><h2>Nothing more</h2>'
    )
    found = reasons(page(body))
    assert found["Subscribe to our paper."] == "speech"
    assert found["Our report of the day, told in full length"] == "card"
    assert found["What others read"] == "label"
    assert found["A story of the lake"] == "link"
    assert found["See our dossier."] == "name"
    assert found["Updated on 3 March 2025"] == "top"
    assert set(found.values()) - {None} <= set(REASONS)


@pytest.mark.parametrize(
    "line",
    [
        "less",
        "… more",
        "Show more",
        "Voir plus",
        "Mehr anzeigen",
        "展开全文",
        "Was this article helpful?",
        "Cet article vous a-t-il été utile ?",
        "War dieser Artikel hilfreich?",
        "您认为这篇文章与“湖区”相关度高吗？",
    ],
)
def test_what_unfolds_a_page_or_asks_how_it_was_liked_goes(line: str) -> None:
    found = reasons(page(f"<p>{PARAGRAPHS[0]}</p><p>{line}</p><p>{PARAGRAPHS[1]}</p>"))
    assert found[line] == "speech"


@pytest.mark.parametrize(
    "line",
    [
        "More of them will follow in March.",
        "Less is known of the second mayor.",
        "“Was this article of the law ever applied?” he asked.",
        "Cet article vous aurait condamnés, dit-elle.",
        "War dieser Artikel der Verfassung je umstritten, so bleibt er es.",
    ],
)
def test_sentences_that_begin_alike_stay(line: str) -> None:
    found = reasons(page(f"<p>{PARAGRAPHS[0]}</p><p>{line}</p><p>{PARAGRAPHS[1]}</p>"))
    assert found[line] is None


def test_what_asks_for_money_or_consent_has_its_reason() -> None:
    body = (
        f"<p>{PARAGRAPHS[0]}</p>"
        "<p>We and our 612 partners use cookies for personalised advertising. Accept all?</p>"
        f'<p>{PARAGRAPHS[1]}</p><div class="paywall"><p>Subscribe to keep reading.</p></div>'
        "<p>To continue reading, subscribe now.</p>"
    )
    found = reasons(page(body))
    assert found["We and our 612 partners use cookies for personalised advertising. Accept all?"] == "consent"
    assert found["Subscribe to keep reading."] == "wall"
    assert found["To continue reading, subscribe now."] in ("wall", "speech")
    assert [text for text, reason in found.items() if reason is None] == list(PARAGRAPHS[:2])


def test_the_text_of_what_is_no_article_is_named_as_such() -> None:
    wall = "<p>We and our 612 partners use cookies to store data on your device. Accept all?</p>"
    found = reasons(page(wall))
    assert None not in found.values()
    assert found["We and our 612 partners use cookies to store data on your device. Accept all?"] == "verdict"


def test_what_is_cut_of_a_page_read_anew_has_its_reason() -> None:
    texts = (*PARAGRAPHS, *(f"Again: {text}" for text in PARAGRAPHS))
    story = "".join(f'<div class="promo"><p>{text}</p></div>' for text in texts)
    banner = '<div class="cookie-banner"><p>We use cookies.</p></div>'
    body = f'<html><body>{story}<div class="related">{banner}<p>See our dossier.</p></div></body></html>'
    found = {block.text: block.reason for block in blocks(body.encode())}
    assert [text for text, reason in found.items() if reason is None][:6] == list(texts)
    assert found["We use cookies."] == "consent"
    assert found["See our dossier."] in (None, "other")


def test_what_a_cut_took_is_named_as_a_selector_would() -> None:
    note = '<div id="n1" class="related box wide"><div><p>See our dossier.</p></div></div>'
    (block,) = (
        each
        for each in blocks(page(f"<p>{PARAGRAPHS[0]}</p>{note}<p>{PARAGRAPHS[1]}</p>"))
        if each.text == "See our dossier."
    )
    assert block == Block("See our dossier.", "div#n1.related.box", "name")
    kept = next(each for each in blocks(page()) if each.reason is None)
    assert kept.where == "p.z"


def test_a_rule_has_reasons_of_its_own() -> None:
    rule = SiteRule("paper.example", body=("article",), strip=("h1", "p:nth-of-type(3)"))
    found = {block.text: block.reason for block in blocks(page(), rule)}
    assert found[PARAGRAPHS[0]] is None
    assert found[PARAGRAPHS[1]] == "strip"
    assert found["Marketplace faces inquiry over rankings"] == "strip"
    assert found["The morning letter"] == "outside"


def test_when_the_uncut_page_is_read_after_all_nothing_was_cut() -> None:
    story = "".join(f"<p>{text}</p>" for text in PARAGRAPHS)
    lead = "<p>The authority has spoken on the ranking of goods, as it had said in its plan for the year.</p>"
    body = f'<html><body>{lead}<div class="cookie-wall">{story}<p class="ad">An ad.</p></div></body></html>'
    found = blocks(body.encode(), SiteRule("paper.example", strip=(".ad",)))
    assert [block.text for block in found if block.reason is None][-3:] == list(PARAGRAPHS)
    assert found[-1] == Block("An ad.", "p.ad", "strip")


def test_every_name_of_a_cut_is_explained() -> None:
    source = Path(prune.__file__).read_text(encoding="utf-8")
    marked = re.findall(r"marks(?:\.setdefault\(\w+, |\[\w+\] = )(.*)", source)
    names = {name for line in marked for name in re.findall(r'"([a-z-]+)"', line)}
    assert len(names) >= 8
    source = Path(lines.__file__).read_text(encoding="utf-8")
    dropped = set(re.findall(r'remove\(\S+, "(\w+)"\)', source))
    assert dropped >= {"top", "speech", "consent", "wall", "heading"}
    assert names | dropped <= set(REASONS)


def test_looking_at_a_hundred_thousand_links_costs_a_bounded_time() -> None:
    rest = "".join(f'<a href="/a{n}">some link {n}</a> ' for n in range(100_000))
    with at_most(30):
        assert blocks(page(extra=f"<div>{rest}</div>"))
