"""Copies and what only looks like them, in three languages."""

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.dedup.cleaning import clean
from aggregator.dedup.copies import WINDOW, CopyText, addresses, explain, find_copies
from aggregator.dedup.facts import read
from aggregator.dedup.signature import digest
from aggregator.model import CopyEvidence
from aggregator.text.tokens import tokenise
from tests.unit.dedup import texts

NOON = datetime(2025, 3, 1, 12, tzinfo=UTC)
LANGUAGES = ("en", "fr", "zh")
TITLES = {
    "en": ("Norway fines Fjordmat over shopping lists", "Loyalty app costs grocer millions"),
    "fr": ("Valmeige sanctionné pour ses prix imposés", "Skis : une amende pour entente"),
    "zh": ("轻舟出行派单给无证司机被罚", "网约车平台整改期限二十日"),
}
FOOTERS = {
    "en": "Subscribe to the morning letter. All rights reserved. Reporting by our desk; 3 more inside.",
    "fr": "Abonnez-vous à notre lettre gratuite, lue par 48 000 décideurs. Tous droits réservés.",
    "zh": "未经授权不得转载。订阅本报早间快讯,每天七点送达,已有5万读者。",
}


def item(
    number: int, text: str, lang: str | None, title: str = "", *, hours: float = 0, url: str = ""
) -> CopyText:
    return CopyText(
        item_id=number,
        title=title,
        text=text,
        lang=lang,
        digest=digest(tokenise(text)),
        urls=frozenset({url} if url else ()),
        published_at=NOON + timedelta(hours=hours),
        first_seen_at=NOON + timedelta(hours=hours),
    )


def find_copy(new: CopyText, candidates: Sequence[CopyText]) -> CopyEvidence | None:
    return next(iter(find_copies(new, candidates).found), None)


def wire(lang: str) -> CopyText:
    return item(1, _text("FINE", lang), lang, TITLES[lang][0], url=f"https://wire.example/{lang}/1")


def _text(name: str, lang: str) -> str:
    return str(getattr(texts, f"{name}_{lang.upper()}"))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_one_address_is_one_article(lang: str) -> None:
    found = find_copy(item(2, "Teaser.", lang, url=f"https://wire.example/{lang}/1"), [wire(lang)])
    assert found is not None
    assert (found.other_id, found.level, found.share) == (1, "url", 1.0)
    assert f"https://wire.example/{lang}/1" in found.note


def test_articles_that_name_one_section_as_their_address_stay_apart() -> None:
    section = "https://wire.example/section"
    first = item(1, texts.FINE_EN, "en", TITLES["en"][0], url=section)
    other = texts.FINE_EN.replace("Norway", "Sweden").replace("shopping", "wish")
    unlike = "The town council met on street lamps. " + " ".join(
        f"Lamp number {n} stays dark." for n in range(20)
    )
    assert find_copy(item(2, unlike, "en", "Lamps", url=section), [first]) is None
    assert find_copy(item(3, unlike, "en", TITLES["en"][0], url=section), [first]) is not None
    assert find_copy(item(4, other, "en", "Sweden", url=section), [first]) is not None


def test_a_home_page_is_no_address_of_an_article() -> None:
    first, second = (item(n, "", "en", url="https://wire.example/") for n in (1, 2))
    assert find_copy(second, [first]) is None


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_same_text_under_a_new_headline(lang: str) -> None:
    found = find_copy(item(2, _text("FINE", lang), lang, TITLES[lang][1], hours=3), [wire(lang)])
    assert found is not None
    assert (found.other_id, found.level) == (1, "digest")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_truncated(lang: str) -> None:
    short = _text("FINE", lang)
    short = short[: int(len(short) * 0.55)] + ("……(阅读全文)" if lang == "zh" else " […] Read more")
    found = find_copy(item(2, short, lang, TITLES[lang][0], hours=2), [wire(lang)])
    assert found is not None
    assert found.level == "text"
    assert found.share > 0.9


@pytest.mark.parametrize("lang", LANGUAGES)
def test_footer_appended(lang: str) -> None:
    found = find_copy(item(2, f"{_text('FINE', lang)}\n\n{FOOTERS[lang]}", lang), [wire(lang)])
    assert found is not None
    assert found.share == 1.0


@pytest.mark.parametrize("lang", LANGUAGES)
def test_light_rewrite(lang: str) -> None:
    rewrite = item(2, _text("REWRITE", lang), lang, TITLES[lang][1], hours=5)
    found = find_copy(rewrite, [wire(lang)])
    assert found is not None, explain(rewrite, wire(lang))
    assert 0.4 <= found.share < 1
    assert "facts agree" in found.note


@pytest.mark.parametrize("lang", LANGUAGES)
def test_one_template_with_other_facts_is_another_event(lang: str) -> None:
    other = item(2, _text("TEMPLATE", lang), lang, TITLES[lang][1], hours=5)
    assert find_copy(other, [wire(lang)]) is None
    assert "another event" in explain(other, wire(lang))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("4.2 million", "6.9 million"),
        ("March 14", "April 20"),
        ("Fjordmat", "Nordkjøp"),
    ],
)
def test_one_changed_fact_is_enough(old: str, new: str) -> None:
    first = wire("en")
    assert find_copy(item(2, first.text.replace(old, new), "en", hours=1), [first]) is None


def test_figures_are_compared_by_value() -> None:
    first = wire("en")
    same = (
        first.text.replace("4.2 million", "4,200,000")
        .replace("eleven", "11")
        .replace("310,000", "0.31 million")
    )
    assert find_copy(item(2, same, "en"), [first]) is not None


def test_facts_on_one_side_never_contradict() -> None:
    first = wire("fr")
    longer = first.text.replace("euros au", "euros (13,5 millions de dollars, selon Reuters) au")
    assert find_copy(item(2, longer, "fr"), [first]) is not None


def test_an_update_may_bring_one_figure_up_to_date() -> None:
    text = (
        "At least 12 people were hurt when a ferry struck the pier at Sundvik on Monday, the coast guard "
        "said. The vessel had left the island with a full deck and lost power shortly before the harbour."
    )
    more = (
        text.replace("12 people", "19 people")
        + " Divers searched the hull until dusk, and the line stays closed."
    )
    first, second = item(1, text, "en"), item(2, more, "en", hours=6)
    assert find_copy(second, [first]) is not None
    assert find_copy(replace(second, published_at=NOON + timedelta(hours=48)), [first]) is None


def test_never_across_languages_nor_beyond_the_window() -> None:
    first = wire("en")
    again = item(2, first.text, "en")
    assert find_copy(replace(again, lang="fr"), [first]) is None
    assert find_copy(replace(again, lang=None), [first]) is not None
    assert find_copy(replace(again, published_at=NOON + WINDOW + timedelta(hours=1)), [first]) is None


def test_a_digest_that_holds_the_text_is_no_copy() -> None:
    others = "\n\n".join(
        f"In other news, council number {n} met on the question of lamps near school {n}, where parents had "
        f"asked for {n + 20} more of them since the winter, and put the decision off once again until autumn."
        for n in range(12)
    )
    first = wire("en")
    assert find_copy(item(2, f"{others}\n\n{first.text}", "en"), [first]) is None
    assert find_copy(item(2, f"{first.text}\n\n{others}", "en"), [first]) is not None


def test_short_texts_prove_nothing() -> None:
    first, second = (item(n, "Subscribe to read this article.", "en", "A title") for n in (1, 2))
    assert find_copy(second, [first]) is None


def test_texts_that_have_nothing_to_do_with_their_headlines_are_no_copies() -> None:
    wall = "Before you go on, choose what we may store on your device. " + " ".join(
        f"Partner number {n} may read the kind of device and measure how adverts do." for n in range(9)
    )
    titles = ("Mayor opens the new bridge at Sandvik", "Striker leaves Rovers for Italian champions")
    first, second = (item(number, wall, "en", title) for number, title in enumerate(titles, 1))
    assert find_copy(second, [first]) is None
    assert find_copy(replace(second, title=first.title), [first]) is not None
    suited = replace(second, title="Partner adverts measure every device")
    assert find_copy(suited, [first]) is None
    assert find_copy(suited, [replace(first, title="What your device may store for partners")]) is not None


def test_a_pair_is_judged_alike_from_both_sides() -> None:
    known = [
        wire("en"),
        item(2, texts.REWRITE_EN, "en", hours=1),
        item(3, texts.TEMPLATE_EN, "en", hours=2),
        item(5, texts.FINE_EN[:300], "en", hours=-1),
        item(6, f"{texts.FINE_EN}\n\n{FOOTERS['en']}", "en"),
    ]
    for one in known:
        for other in known:
            there, back = find_copy(one, [other]), find_copy(other, [one])
            assert (there and (there.level, there.share)) == (back and (back.level, back.share))


def test_an_item_is_no_copy_of_itself() -> None:
    assert find_copy(wire("en"), [wire("en")]) is None


def test_datelines_and_footers_are_left_out_of_the_comparison() -> None:
    assert clean("PARIS (AFP) — Le texte.").startswith("Le texte")
    assert clean(f"One paragraph.\n\n{FOOTERS['en']}") == "One paragraph."
    assert clean("A text that goes on [...] Continue reading").strip() == "A text that goes on"
    assert clean("Subscribe now, all rights reserved") == "Subscribe now, all rights reserved"


@given(st.permutations(range(6)))
def test_the_order_of_candidates_has_no_influence(order: list[int]) -> None:
    candidates = [
        wire("en"),
        item(2, texts.REWRITE_EN, "en", hours=1),
        item(3, texts.TEMPLATE_EN, "en", hours=2),
        item(4, texts.FINE_FR, "fr"),
        item(5, texts.FINE_EN[:300], "en", hours=-1),
        item(6, texts.FINE_ZH, "zh"),
    ]
    new = item(9, f"{texts.FINE_EN}\n\n{FOOTERS['en']}", "en", hours=4)
    assert find_copies(new, [candidates[place] for place in order]) == find_copies(new, candidates)


@given(st.text(max_size=300), st.text(max_size=300))
def test_any_text_is_compared_without_error(first: str, second: str) -> None:
    found = find_copy(item(2, second, None, second[:20]), [item(1, first, None, first[:20])])
    assert found is None or found.other_id == 1


@pytest.mark.parametrize("text", ["亿" * 5000, "九" * 5000 + "亿" * 400, "百分之" + "千" * 3000])
def test_endless_figures_are_figures_all_the_same(text: str) -> None:
    found = read(text, "zh")
    assert all(math.isfinite(value) for value, _is_share in found.numbers)


def test_no_more_figures_are_compared_than_an_article_may_hold() -> None:
    found = read(" ".join(f"{number}.5 km" for number in range(5000)), "en")
    assert 0 < len(found.numbers) <= 500


def test_a_page_speaks_for_its_own_site_alone() -> None:
    link, claimed = "https://news.own.example/1", "https://www.own.example/a"
    assert addresses(link, claimed) == {link, claimed}
    assert addresses(link, "https://victim.example/a") == {link}
    assert addresses(link, "") == {link}


def test_short_news_on_one_section_page_stay_apart() -> None:
    section = "https://wire.example/brief"
    news = (
        ("Ferry stays in port", "The boat to the islands does not sail today since the gale is too strong."),
        (
            "Bakery closes",
            "After ninety years nobody wished to take the shop in Pont Road over from the couple.",
        ),
        (
            "Bells found",
            "Two brothers were arrested when the stolen bells were discovered in a barn near Trewin.",
        ),
    )
    items = [item(n, text, "en", title, url=section) for n, (title, text) in enumerate(news)]
    assert all(not find_copies(each, items).found for each in items)
    again = item(9, f"{news[0][1]} Travellers are asked to wait.", "en", "No sailing today", url=section)
    assert [each.other_id for each in find_copies(again, items).found] == [0]


@pytest.mark.parametrize(("mine", "theirs"), [(1.0, 1.0), (0.55, 0.55), (1.0, 0.6), (0.6, 1.0)])
def test_a_text_that_mixes_two_articles_is_no_copy_of_the_second(mine: float, theirs: float) -> None:
    second = (
        "A jury awarded the conductor of the orchestra a large sum after finding that she had been dismissed "
        "for joining a union. Lawyers of the foundation announced an appeal and called the verdict a blow to "
        "culture in the whole country. Musicians cheered outside, where several of them waited since dawn. "
        "She said that she hoped to lead again before the autumn and thanked all who had stood by her."
    )
    first = texts.FINE_EN
    mix = f"{first[: int(len(first) * mine)]}\n\n{second[: int(len(second) * theirs)]}"
    assert find_copy(item(2, mix, "en"), [item(1, second, "en")]) is None


def test_addresses_and_counters_round_a_text_make_no_other_event() -> None:
    for before, after in (
        ("Updated on March 12 at 10:32 by the desk", "Updated on March 13 at 08:10 by the desk"),
        ("", "Our newsroom is at 48 Mill Street, Ansford."),
        ("14 comments so far on this article", "37 comments so far on this article"),
    ):
        first = item(1, f"{before}\n\n{texts.FINE_EN}\n\nTel. 020 7946 0011".strip(), "en")
        second = item(2, f"{after}\n\n{texts.FINE_EN}\n\nTel. 020 7946 0977", "en")
        assert find_copy(second, [first]) is not None, explain(second, first)
    figure = item(3, f"{before}\n\n{texts.FINE_EN.replace('4.2', '6.1')}\n\nTel. 1", "en")
    assert find_copy(figure, [first]) is None


def test_an_update_may_say_its_figure_in_the_headline_too() -> None:
    text = (
        "A quake struck the Kardas valley early on Monday and killed at least {} people, rescuers said. It "
        "cut the road to the capital and toppled the old minaret, said the governor. Soldiers dug through "
        "the rubble with their hands while ambulances waited for the bridge to be cleared."
    )
    title = "Quake kills at least {} in Kardas valley"
    more = " Helicopters brought the injured to the coast, where doctors asked all who could to give blood."
    first = item(1, text.format(12), "en", title.format(12))
    assert find_copy(item(2, text.format(18) + more, "en", title.format(18), hours=5), [first]) is not None
    assert find_copy(item(2, text.format(18), "en", title.format(18), hours=5), [first]) is None


def test_walls_under_short_headlines_or_one_that_suits_them_stay_apart() -> None:
    wall = "Before you go on, choose what we may store on your device. " + " ".join(
        f"Partner number {n} may read the kind of device and measure how adverts do." for n in range(9)
    )
    headlines = ("Bus strike", "Tax cut", "Mayor out", "Choose what partners may store on your device")
    items = [item(n, wall, "en", headline) for n, headline in enumerate(headlines)]
    assert all(not find_copies(each, items).found for each in items)


def test_one_item_is_compared_with_so_much_text_and_no_more() -> None:
    others = [item(n, f"{texts.FINE_EN} " * 20, "en") for n in range(2, 30)]
    compared = find_copies(wire("en"), others)
    assert compared.is_cut
    assert len(compared.found) + len(compared.unlike) < len(others)
    assert not find_copies(wire("en"), others[:2]).is_cut
