"""What a site repeats is learnt from its other pages; an article's own words are not."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml.html import HtmlElement, fragment_fromstring, tostring

from aggregator.extract import PRINTS, read
from aggregator.extract.blocks import Watch
from aggregator.extract.recurring import NOTHING, Known, drop, learn, still_there
from aggregator.model import Failure
from aggregator.text.html import plain
from tests.unit.extract.pages import page

URL = "https://paper.example/2025/inquiry"
BOX = (
    "Lake ferry runs again after eleven months of repairs",
    "School dinners: parents ask for more vegetables and less noise",
    "Who pays for the new bridge, and who may cross it",
)
WORDS = (
    *("harbour", "council", "winter", "budget", "teacher", "railway", "festival", "orchard", "hospital"),
    *("ministry", "library", "engine", "valley", "merchant", "glacier", "theatre", "bakery", "lawyer"),
)


def paragraphs(number: int, count: int = 4) -> list[str]:
    """Return paragraphs that no other number has."""
    chance = random.Random(number)
    return [
        f"Report {number}: {' '.join(chance.choice(WORDS) for _ in range(24))}, officials said on day {line}."
        for line in range(count)
    ]


def body(*lines: str, heading: tuple[int, ...] = ()) -> HtmlElement:
    tags = ("h3" if number in heading else "p" for number in range(len(lines)))
    return fragment_fromstring(
        "".join(f"<{tag}>{line}</{tag}>" for tag, line in zip(tags, lines, strict=True)), create_parent="body"
    )


def prints(*lines: str) -> tuple[int, ...]:
    return drop(body(*lines), NOTHING).prints


def left(element: HtmlElement) -> list[str]:
    return [child.text_content() for child in element]


def with_box(number: int, box: tuple[str, ...] = BOX) -> list[str]:
    own = paragraphs(number)
    return [*own[:2], *box, *own[2:]]


@pytest.mark.parametrize(("pages", "is_gone"), [(0, False), (2, False), (3, True), (15, True)])
def test_a_box_goes_once_three_other_pages_have_it(pages: int, is_gone: bool) -> None:
    known = learn([prints(*with_box(number)) for number in range(pages)])
    found = body(*with_box(99))
    result = drop(found, known)
    assert left(found) == (paragraphs(99) if is_gone else with_box(99))
    assert bool(result.note) is is_gone
    assert result.prints == prints(*with_box(99)), "what goes is counted all the same"


def test_a_block_of_few_pages_among_many_stays() -> None:
    pages = [prints(*(with_box(number) if number < 4 else paragraphs(number))) for number in range(30)]
    found = body(*with_box(99))
    drop(found, learn(pages))
    assert left(found) == with_box(99)


def test_a_wire_report_under_several_addresses_is_one_text() -> None:
    copies = [prints(*paragraphs(1, 6), f"Added at {hour} o'clock") for hour in range(8)]
    updates = [prints(*paragraphs(1, count)) for count in (3, 4, 5, 6)]
    known = learn([*copies, *updates, prints(*paragraphs(2))])
    assert known.texts == 2
    found = body(*paragraphs(1, 6))
    drop(found, known)
    assert left(found) == paragraphs(1, 6)


def test_the_background_that_articles_on_one_subject_share_stays() -> None:
    background = paragraphs(500)[0]
    pages = [prints(*paragraphs(n), *([background] if n < 9 else [])) for n in range(20)]
    found = body(*paragraphs(99), background)
    drop(found, learn(pages))
    assert background in left(found)


def test_a_subheading_alone_stays_and_goes_with_its_box() -> None:
    series = [prints(paragraphs(n)[0], "What this means for you and your family", *BOX) for n in range(9)]
    own = paragraphs(99)
    heading = "What this means for you and your family"
    found = body(own[0], heading, *own[1:], heading=(1,))
    drop(found, learn(series))
    assert left(found) == [own[0], heading, *own[1:]]
    found = body(own[0], heading, BOX[0], *own[1:], heading=(1,))
    drop(found, learn(series))
    assert left(found) == own


def test_nothing_goes_from_tables_nor_all_of_a_text() -> None:
    known = learn([prints(*with_box(number)) for number in range(9)])
    table = fragment_fromstring(
        f"<p>{paragraphs(9)[0]}</p><table><tr><td>{BOX[0]}</td></tr></table>", create_parent="body"
    )
    before = tostring(table)
    drop(table, known)
    assert tostring(table) == before
    only = body(*BOX)
    drop(only, known)
    assert left(only) == list(BOX)


def test_what_held_only_the_box_goes_with_it_and_loose_text_stays() -> None:
    known = learn([prints(*with_box(number)) for number in range(9)])
    own = paragraphs(99)[0]
    found = fragment_fromstring(
        f"<p>{own}</p><ul><li>{BOX[0]}</li><li>{BOX[1]}</li></ul>"
        f"<blockquote><p>{BOX[2]}</p>but this was said</blockquote><div><img src=a><p>{BOX[1]}</p></div>",
        create_parent="body",
    )
    drop(found, known)
    assert tostring(found, encoding="unicode") == (
        f'<body><p>{own}</p><blockquote> but this was said</blockquote><div><img src="a"></div></body>'
    )


def test_the_order_of_the_pages_does_not_count() -> None:
    pages = [prints(*with_box(number % 5), f"Line of number {number}") for number in range(12)]
    known = learn(pages)
    assert known.texts == 5
    for seed in range(10):
        random.Random(seed).shuffle(pages)
        assert learn(pages) == known


PROMO = "Our reporters are on the road for you each day: become a friend of the paper and read all of it."


def test_a_page_of_nothing_but_the_promo_switches_nothing_off() -> None:
    articles = [prints(*with_box(number), PROMO) for number in range(12)]
    known = learn([*articles, prints("Video: the week in ninety seconds", PROMO)])
    assert known.texts == 13
    found = body(*with_box(99), PROMO)
    drop(found, known)
    assert left(found) == paragraphs(99)


SERIES = (
    "What does an ordinary day look like for you?",
    "„Was würden Sie heute anders machen?“",
    "您每天几点起床，早饭一般吃些什么？",
    "Correction: an earlier version named the wrong mayor.",
    "The appeal is dismissed with costs to the other party.",
    "The minister declined to comment on the matter.",
    "Season with salt and pepper and let it rest overnight.",
)


@pytest.mark.parametrize("line", SERIES)
@pytest.mark.parametrize("pages", [4, 9])
def test_a_sentence_alone_that_some_pages_hold_stays(line: str, pages: int) -> None:
    seen = [prints(*paragraphs(n)[:2], *([line] if n < pages else []), *paragraphs(n)[2:]) for n in range(20)]
    own = paragraphs(99)
    found = body(*own[:2], line, *own[2:])
    drop(found, learn(seen))
    assert line in left(found)


def test_a_line_alone_on_most_pages_goes_unless_it_asks_or_corrects() -> None:
    own, line = paragraphs(99), "Read the paper on your phone: our app is free."
    for each in (line, *SERIES[:4]):
        seen = [prints(*paragraphs(n)[:2], each, *paragraphs(n)[2:]) for n in range(20)]
        found = body(*own[:2], each, *own[2:])
        drop(found, learn(seen))
        assert (each in left(found)) is (each != line), each


def test_what_makes_up_most_of_a_text_stays() -> None:
    forecast = (
        "Tonight clouds and light rain from the west",
        "Tomorrow sunny intervals, mild for the season",
        "The wind is weak to moderate from the south",
        "Outlook: little change until the weekend",
    )
    own = (
        "On Friday a front crosses the hills in the afternoon, and thunder is likely after dark. Cooler then."
    )
    known = learn([prints(paragraphs(n)[0], *forecast) for n in range(9)])
    found = body(own, *forecast)
    drop(found, known)
    assert left(found) == [own, *forecast]
    steps = tuple(f"{line}, which the kitchen has always done." for line in BOX)
    known = learn([prints(*paragraphs(n), *steps) for n in range(9)])
    found = body(*paragraphs(99)[:1], *steps)
    drop(found, known)
    assert left(found) == [*paragraphs(99)[:1], *steps], "most of its sentences"


def test_a_picture_of_its_own_stays_with_its_caption() -> None:
    def shown(number: int, source: str) -> HtmlElement:
        own = "".join(f"<p>{line}</p>" for line in paragraphs(number))
        credit = "Photo by the picture desk of the paper"
        return fragment_fromstring(f"{own}<p><img src={source}><br>{credit}</p>", create_parent="body")

    seen = [drop(shown(number, f"/{number}.jpg"), NOTHING).prints for number in range(9)]
    found = shown(99, "/99.jpg")
    drop(found, learn(seen))
    assert next(found.iter("img")).get("src") == "/99.jpg"
    assert "Photo by" in found.text_content()
    seen = [drop(shown(number, "/app.png"), NOTHING).prints for number in range(9)]
    found = shown(99, "/app.png")
    drop(found, learn(seen))
    assert left(found) == paragraphs(99), "a picture that all pages show is the site's"


def test_what_stands_there_still_is_found_however_its_lines_are_broken() -> None:
    promo = (
        "Become a friend of the paper today<br>and read\u00ad all of it, on <b>paper</b><br>or on the phone."
    )
    items = "".join(f"<li>{line}</li>" for line in BOX)
    html = f"<p>{paragraphs(1)[0]}</p><p>{promo}</p><ul>{items}</ul>"
    marks = drop(fragment_fromstring(html, create_parent="body"), NOTHING).prints
    text = plain(html)
    found = still_there(text, marks)
    assert [line for line in found.split("\n") if line] == [line for line in text.split("\n") if line]
    assert still_there("Another line that stands nowhere.", marks) == ""


_page = st.lists(
    st.sampled_from([*BOX, *paragraphs(1), *paragraphs(2), "Why", "A line of text here"]), max_size=9
)


@given(st.lists(_page, max_size=12), _page, st.randoms(use_true_random=False))
def test_properties(pages: list[list[str]], lines: list[str], chance: random.Random) -> None:
    seen = [prints(*page) for page in pages]
    known = learn(seen)
    chance.shuffle(seen)
    assert learn(seen) == known
    assert known.texts <= len(pages)
    assert all(3 <= count <= known.texts for count in known.counts.values())
    found = body(*lines)
    drop(found, known)
    kept = iter(lines)
    assert all(line in kept for line in left(found)), "what stays keeps its order"
    running = [line for line in lines if len(line) >= 80]
    assert not running or any(line in running for line in left(found)), "some of the text always stays"
    again = tostring(found)
    drop(found, known)
    assert tostring(found) == again or len(left(found)) < len(lines)


@given(st.lists(st.lists(st.integers(-(2**63), 2**63 - 1), max_size=20), max_size=40))
def test_any_numbers_are_taken(pages: list[list[int]]) -> None:
    assert isinstance(learn(pages), Known)


def test_a_text_of_many_blocks_leaves_the_same_prints_on_every_page() -> None:
    lines = [f"Line number {number} of a very long list" for number in range(900)]
    first, second = prints(*lines), prints("Another line here", *lines)
    assert len(first) == PRINTS
    assert len(set(first) & set(second)) >= PRINTS - 1


def test_a_page_is_read_with_what_the_site_repeats() -> None:
    def read_one(
        number: int, others: list[tuple[int, ...]], watch: Watch | None = None
    ) -> tuple[str, tuple[int, ...]]:
        article = "".join(f"<p>{line}</p>" for line in with_box(number))
        found = read(
            page(article, title=f"Report {number}"),
            charset=None,
            url=URL,
            with_metadata=False,
            others=others,
            watch=watch,
        )
        assert not isinstance(found, Failure)
        texts.append(found.article.html)
        evidence.append(found.article.evidence)
        return found.article.text, found.page.prints

    texts: list[str] = []
    evidence: list[tuple[str, ...]] = []
    seen: list[tuple[int, ...]] = []
    for number in range(8):
        text, mine = read_one(number, seen)
        assert (BOX[0] in text) is (number < 3)
        assert all(line in text for line in paragraphs(number))
        assert (BOX[0] in texts[-1]) is (number < 3)
        seen.append(mine)
    assert "blocks left out that stand on up to 7 of 7 other pages of the site: 3" in evidence[-1]
    watch = Watch()
    text, _ = read_one(99, seen, watch)
    reasons = {block.text: block.reason for block in watch.blocks(text)}
    assert {reasons[line] for line in BOX} == {"recurring"}


def test_short_answers_and_labels_that_follow_one_another_stay() -> None:
    """An interviewer's "No comment." and "She laughed." stand next to each other in many of his pieces."""
    pair = ("“No comment.”", "She laughed.")
    known = learn([prints(*with_box(number, pair)) for number in range(5)])
    found = body(*with_box(9, pair))
    drop(found, known)
    assert left(found) == with_box(9, pair)
    known = learn([prints(*with_box(number, (*pair, BOX[1]))) for number in range(5)])
    found = body(*with_box(9, (*pair, BOX[1])))
    drop(found, known)
    assert left(found) == paragraphs(9), "with a line of the site's own they are its box"
