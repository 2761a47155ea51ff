"""What is said of two readings of one article, and what is not worth saying."""

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.dedup.changes import compare
from aggregator.model import Article, Change, Quality
from tests.support.records import article

FIRST = (
    "The market regulator opened an inquiry into the platform on Monday, two people at the authority said.",
    "Merchants had complained for years that they were asked to choose between one shop and its rival.",
    "The company promised to work with the officials and would not say how long that might take.",
    "A fine could reach 4.2 billion yuan, which is a tenth of what it turned over in the year before.",
)
MORE = (
    "Analysts at three banks expect other cases before the summer, one of them about loans to students.",
    "Shares of the company fell in Hong Kong and closed lower than on any day since the spring.",
    "The authority had asked for the minutes of the board already in autumn, without giving a reason.",
)
HAN = (
    "市场监管部门周一表示，已对该平台展开调查。"
    "商家多年来一直投诉被迫在两家平台之间做出选择。公司表示将配合调查。"
)


def text(*paragraphs: str) -> str:
    return "\n\n".join(paragraphs)


def changed(before: str | Article, after: str | Article) -> tuple[Change, str]:
    one, other = (article(each) if isinstance(each, str) else each for each in (before, after))
    found = compare(one, other)
    return found.change, found.note


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", ""),
        ("Updated 5 minutes ago", "Updated 2 hours ago"),
        ("Mis à jour à 12:05", "Mis à jour à 17:40"),
        ("12 comments", "1,204 comments"),
        ("Commentaires (3)", "Commentaires (41)"),
        ("Geteilt 14 mal", "Geteilt 2 390 mal"),
        ("14:05", "16:20"),
        ("2小时前", "8小时前"),
        ("阅读 12", "阅读 4.5万"),
        ("", "Shares 1.2K"),
    ],
)
def test_what_only_counts_or_tells_the_time_is_no_change(before: str, after: str) -> None:
    old, new = text(FIRST[0], before, *FIRST[1:]), text(FIRST[0], after, *FIRST[1:])
    assert changed(old, new) == (Change.NONE, "unchanged")


def test_white_space_quotes_case_and_order_are_no_change() -> None:
    old = text("He said: “It's over”.", *FIRST)
    new = text(*FIRST[2:], *FIRST[:2], 'He  said:\u00a0"It’s OVER".').replace("Monday, ", "Monday,\n")
    assert changed(old, new)[0] is Change.NONE


def test_a_stub_that_was_completed_is_told_by_its_length() -> None:
    change, note = changed(article(FIRST[0], quality=Quality.TEASER), article(text(*FIRST, *MORE)))
    assert change is Change.SUBSTANTIAL
    assert note == "text grew from 17 to 123 words"


def test_chinese_is_counted_in_characters() -> None:
    change, note = changed(
        HAN, HAN + "分析师预计今年还会有两起案件，其中一起与学生贷款有关，另一起与广告有关。"
    )
    assert change is Change.SUBSTANTIAL
    assert note.startswith("text grew from 50 to ")
    assert note.endswith(" characters")


def test_a_slip_of_the_pen_is_taken_over_in_silence() -> None:
    old = text(*FIRST, *MORE)
    assert changed(old, old.replace("autumn", "winter")) == (Change.SMALL, "1 of 123 words changed")


def test_a_figure_that_is_put_right_is_told() -> None:
    old = text(*FIRST, *MORE)
    change, note = changed(old, old.replace("4.2 billion", "2.8 billion"))
    assert (change, note) == (Change.SUBSTANTIAL, "figures changed: 4.2 is now 2.8")


def test_a_share_price_beside_the_text_is_not() -> None:
    old, new = text(*FIRST, "BABA 85.32 (HK)"), text(*FIRST, "BABA 91.10 (HK)")
    assert changed(old, new)[0] is Change.SMALL


@pytest.mark.parametrize(
    "notice",
    [
        "Correction: the inquiry was opened on Tuesday, not on Monday.",
        "An earlier version of this article named the wrong authority.",
        "Rectificatif : l'enquête a été ouverte mardi.",
        "In einer früheren Version dieses Artikels stand ein falsches Datum.",
        "更正：调查于周二展开。",
    ],
)
def test_a_correction_is_quoted(notice: str) -> None:
    change, note = changed(text(*FIRST), text(*FIRST, notice))
    assert change is Change.SUBSTANTIAL
    assert note.startswith(f"correction: “{notice}”")
    again = changed(text(*FIRST, notice), text(*FIRST, notice, MORE[0]))
    assert "correction" not in again[1], "it was there before"


def test_what_we_have_learnt_to_leave_out_is_no_change_of_the_publishers() -> None:
    """It stands on the page still, outside of what is read as the article now."""
    box = "Read also: the minister answers. Our newsletter brings you the markets each morning at seven."
    one, other = article(text(*FIRST, box)), article(text(*FIRST))
    found = compare(one, other, beside=f"Menu\n{text(*FIRST)}\n{box}")
    assert (found.change, found.note) == (Change.SMALL, "15 words left out that are no part of the article")
    assert compare(one, other).change is Change.SUBSTANTIAL, "it is gone from the page, too"


def test_an_article_about_corrections_is_none() -> None:
    prose = "Correction facilities cost more each year, the ministry said; it named three: one is full."
    assert "correction:" not in changed(text(*FIRST), text(*FIRST, prose))[1]


def test_another_headline_is_noted_and_told_where_readers_see_it() -> None:
    one = article(text(*FIRST), title="Regulator opens inquiry")
    other = replace(one, title="Platform under fire")
    note = "title changed, it was “Regulator opens inquiry”"
    assert (compare(one, other).change, compare(one, other).note) == (Change.SMALL, note)
    assert compare(one, other, is_title_shown=True).change is Change.SUBSTANTIAL
    for same in ("LIVE: Regulator opens inquiry", "Regulator opens inquiry | The Paper", None, ""):
        assert compare(one, replace(one, title=same)).change is Change.NONE


@pytest.mark.parametrize("quality", [Quality.PAYWALL, Quality.TEASER, Quality.PARTIAL, Quality.CONSENT_WALL])
def test_a_page_that_became_worse_leaves_the_earlier_text(quality: Quality) -> None:
    later = article(text(*FIRST[:3]), quality=quality, evidence=("it says so",))
    change, note = changed(text(*FIRST), later)
    assert change is Change.WORSE
    assert "the earlier text of 71 stands" in note
    assert f"now {quality}: it says so" in note


def test_a_stub_in_place_of_the_text_is_not_taken_whatever_its_verdict() -> None:
    change, note = changed(text(*FIRST), text(FIRST[0]))
    assert change is Change.WORSE
    assert "much shorter" in note


def test_a_partial_text_that_is_much_fuller_is_taken() -> None:
    later = article(text(*FIRST, *MORE), quality=Quality.PARTIAL)
    assert changed(article(text(*FIRST[:3])), later)[0] is Change.SUBSTANTIAL


def test_the_same_text_with_a_better_verdict_is_taken_over() -> None:
    change, note = changed(article(text(*FIRST), quality=Quality.PAYWALL), text(*FIRST))
    assert (change, note) == (Change.SMALL, "the same text, now full: it was paywall")


PITCH = (
    "Subscribe to read on: from one euro a week you have every report, all archives and each morning letter.",
    "Cancel whenever you like, read on four devices, and give one subscription to a friend for nothing.",
)


def test_a_wall_that_says_more_than_short_news_does_not_replace_it() -> None:
    wall = article(text(FIRST[0], *PITCH), quality=Quality.PAYWALL, evidence=("it asks to subscribe",))
    change, note = changed(article(text(*FIRST[:2])), wall)
    assert change is Change.WORSE
    assert "now paywall" in note


OTHER = (
    "The first film was shown on Saturday night after four years of work on the roof and on the seats.",
    "Concerts of the season take place in the park behind the station, since the hall burnt down in May.",
    "A bakery sells bread through a hatch at night, and lorry drivers come from the motorway to buy it.",
    "Nobody was hurt when the arm of a crane came down on an empty pier on Sunday, the harbour master said.",
)


@pytest.mark.parametrize("title", ["The Paper", "Old cinema reopens its doors"])
def test_another_article_or_the_front_page_does_not_replace_a_text(title: str) -> None:
    one = article(text(*FIRST), title="Regulator opens inquiry into platform")
    found = compare(one, article(text(*OTHER), title=title), is_title_shown=True)
    assert found.change is Change.WORSE
    assert f"another article stands there now, “{title}”" in found.note
    assert compare(article(text(*OTHER), title=title), one).change is Change.WORSE


def test_another_article_in_chinese_does_not_replace_a_text() -> None:
    other = (
        "老石桥下周一起封闭维修，工期八个月。期间车辆和行人须绕行新桥，轮渡票价保持不变，学生仍可免费乘船。"
    )
    one = article(HAN, title="监管部门调查电商平台")
    assert compare(one, article(other, title="老石桥下周封闭维修")).change is Change.WORSE
    assert (
        compare(one, article(other + "监管部门已调查该电商平台。", title="平台被查")).change
        is not Change.WORSE
    )


def test_a_stub_that_was_written_anew_is_taken() -> None:
    stub = article("Quake hits the north. More soon.", title="Quake hits Chile", quality=Quality.TEASER)
    later = article(
        text("A strong quake killed at least twelve people in northern Chile on Monday, police said.", *MORE),
        title="At least twelve dead in the north",
    )
    assert compare(stub, later).change is Change.SUBSTANTIAL


def test_what_was_learnt_to_be_left_out_does_not_hold_back_short_news() -> None:
    """The text is judged by what it is worth without the box that it was stored with."""
    box = text(*MORE, "Read also: the minister answers. Our letter brings you the markets each day at seven.")
    one, other = article(text(FIRST[0], box)), article(FIRST[0])
    found = compare(one, other, beside=text(FIRST[0], box))
    assert found.change is Change.SMALL
    assert found.note.endswith("words left out that are no part of the article")
    assert compare(one, other).change is Change.WORSE, "it is gone from the page, too"


_WORDS = st.lists(
    st.sampled_from(("the", "fine", "of", "3.4", "Alibaba", "罚款", "on", "Monday", "said", "“ago”", "12")),
    max_size=30,
)
_TEXTS = st.lists(_WORDS.map(" ".join), max_size=8).map("\n\n".join)


@given(_TEXTS)
def test_nothing_changes_between_a_text_and_itself(whole: str) -> None:
    assert compare(article(whole), article(whole)).change is Change.NONE


@given(_TEXTS, _TEXTS)
def test_a_note_is_one_short_line_and_a_text_never_gives_way_to_half_of_it(one: str, other: str) -> None:
    there, back = compare(article(one), article(other)), compare(article(other), article(one))
    for found in (there, back):
        assert found.note
        assert "\n" not in found.note
        assert len(found.note) < 600
    assert not there.change is back.change is Change.WORSE
    assert (there.change is Change.NONE) == (back.change is Change.NONE)


def test_a_hostile_text_costs_what_its_length_costs() -> None:
    dice = random.Random(1)
    long = " ".join(f"w{dice.randint(0, 9)} {dice.randint(0, 9)}." for _ in range(200_000))
    assert compare(article(long), article(long[::-1])).change is not Change.NONE
