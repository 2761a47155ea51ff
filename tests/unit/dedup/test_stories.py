"""What speaks for one event and what against, and how the stories of the labelled set come out.

The set is written for these tests (`tests/data/stories`); its floors here hold without a database. How
the whole does on it through both databases is in `tests/integration/kinship`.
"""

from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import lru_cache

import pytest

from aggregator.dedup import stories, traits
from aggregator.dedup.copies import CopyText, find_copies
from aggregator.dedup.signature import bands, digest
from aggregator.model import Report
from aggregator.text.tokens import tokenise
from tests.support import storyset
from tests.support.storyset import Told

NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)
FRENCH = (
    "L'usine, chiffrée à 18,2 milliards de yuans, emploiera 2 900 personnes dans la ville de Wuxi, en Chine."
)
ENGLISH = "The plant in the Chinese city of Wuxi will cost 18.2 billion yuan and employ a staff of 2,900."
CHINESE = "该工厂位于无锡，总投资182亿元，将雇用2900人，产品面向中国市场，预计明年投产，工期约两年。"


@lru_cache(maxsize=200)
def _traits(title: str, text: str, lang: str) -> traits.Traits:
    return traits.read(title, tokenise(title), text, tokenise(text), lang)


def report(number: int, text: str, lang: str, title: str = "", hours: float = 0) -> Report:
    return Report(number, number, lang, NOON + timedelta(hours=hours), _traits(title, text, lang))


def everything_is_rare(_key: str) -> float:
    return 1.0


def weigh(one: Report, other: Report) -> stories.Weighed:
    return stories.weigh(one, other, everything_is_rare)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (report(1, FRENCH, "fr"), report(2, ENGLISH, "en")),
        (report(1, ENGLISH, "en"), report(2, CHINESE, "zh")),
        (report(1, CHINESE, "zh"), report(2, FRENCH, "fr")),
    ],
)
def test_figures_and_countries_are_the_same_in_every_language(one: Report, other: Report) -> None:
    weighed = weigh(one, other)
    assert weighed.score > 0
    assert "18,200,000,000" in weighed.note
    assert "2,900" in weighed.note
    assert "CN" in weighed.note


def test_time_parts_an_event_from_a_later_one() -> None:
    one = report(1, FRENCH, "fr")
    assert (
        weigh(one, report(2, ENGLISH, "en", hours=20)).score
        > weigh(one, report(2, ENGLISH, "en", hours=90)).score
    )


def test_one_trait_in_common_is_chance() -> None:
    one = report(1, "Le chantier coûtera 18,2 milliards.", "fr")
    other = report(2, "The bridge over the sound was sold for 18.2 billion.", "en")
    assert weigh(one, other).score < 0


def test_names_meet_between_scripts() -> None:
    one = report(1, "Le prix est allé à Liu Jiakun, architecte chinois, a dit Apple à Pékin.", "fr")
    other = report(2, "中国建筑师刘家琨在北京获奖，苹果公司表示祝贺，并将展出他的作品。", "zh")
    assert weigh(one, other).note == "names beijing, apple, liujiakun; countries CN"


def test_figures_alone_are_no_event_across_languages() -> None:
    one = report(1, "Il pèse 1 864 grammes, mesure 4 444 pas et vaut 280 écus.", "fr")
    other = report(2, "Lot 4,444: the box of 1864.0 beads in 280 colours.", "en")
    found = weigh(one, other)
    assert "4,444" in found.note
    assert found.score < 0


def test_what_all_know_makes_no_story_by_itself() -> None:
    one = report(1, "Apple et Google ont été condamnés à une amende à Tokyo, au Japon.", "fr")
    other = report(2, "In Tokyo, Japan, Google was fined. Apple had been fined, too.", "en")
    found = weigh(one, other)
    assert "apple" in found.note
    assert found.score < 0


@pytest.mark.parametrize(
    "title", ["A plant for Norway", "The plant that Lundby wants", "Tesla builds a plant"]
)
def test_headlines_that_speak_of_others_part_events(title: str) -> None:
    one = report(1, FRENCH, "fr", title="Une usine en Chine")
    alike, unlike = (report(2, ENGLISH, "en", title=each) for each in ("A plant in China", title))
    assert weigh(one, alike).score > weigh(one, unlike).score + 0.5


def test_a_day_far_off_tells_more_than_one_of_these_days() -> None:
    far = report(1, f"{FRENCH} Dès le 30 juin.", "fr"), report(2, f"{ENGLISH} From June 30.", "en")
    near = report(1, f"{FRENCH} Dès le 5 mars.", "fr"), report(2, f"{ENGLISH} From March 5.", "en")
    assert weigh(*far).score > weigh(*near).score


def test_a_template_with_other_facts_is_never_one_story() -> None:
    text = "The council of {} has fined the grocer {} {} million crowns for {} tonnes of spoilt fish."
    one = report(1, text.format("Norvik", "Fjordmat", "4.2", "310"), "en")
    other = report(2, text.format("Sandvik", "Lundby", "1.7", "85"), "en")
    assert weigh(one, other).is_template
    assert stories.find_stories(other, [one], everything_is_rare) == ()


def test_a_report_is_weighed_against_all_reports_of_a_story() -> None:
    one = report(1, FRENCH, "fr")
    lima = "In Lima kaufte Herr Nummer {}00 ein Boot für {}7 Millionen und fuhr nach Peru."
    strangers = [report(number, lima.format(number, number), "de", hours=number) for number in (2, 3, 4)]
    new = report(9, ENGLISH, "en")
    crowd = [Report(each.item_id, 1, each.lang, each.published_at, each.traits) for each in (one, *strangers)]
    assert [found.item_id for found in stories.find_stories(new, [one], everything_is_rare)] == [1]
    assert stories.find_stories(new, crowd, everything_is_rare) == ()


def test_a_report_may_make_one_story_of_two() -> None:
    found = stories.find_stories(
        report(9, ENGLISH, "en"), [report(1, FRENCH, "fr"), report(2, CHINESE, "zh")], everything_is_rare
    )
    assert {each.story_id for each in found} == {1, 2}


BURNT = "L'incendie d'un entrepôt a tué 418 poules à Dijon, ont dit les pompiers de Quetigny mardi en France."
FIRE = "A warehouse fire killed 418 hens in Dijon, the French fire brigade of Quetigny said on Tuesday."


def _in_story(story_id: int, one: Report) -> Report:
    return Report(one.item_id, story_id, one.lang, one.published_at, one.traits)


def test_what_tells_of_two_events_makes_no_story_of_their_reports() -> None:
    """However much one of them shares with it."""
    more, plus = (
        "Bosch and Kontor pay 61.7 %, 418 million euros.",
        "Bosch et Kontor paient 61,7 %, 418 millions.",
    )
    both = report(9, f"{FIRE} {ENGLISH} {more}", "en")
    plant, fire = report(1, f"{FRENCH} {plus}", "fr"), report(2, BURNT, "fr")
    assert weigh(both, plant).score > 0 < weigh(both, fire).score
    found = stories.find_stories(both, [plant, fire], everything_is_rare)
    assert len(found) == 1
    own = stories.find_stories(both, [plant, fire], everything_is_rare, own=2)
    assert [each.story_id for each in own] == [2]
    assert stories.find_stories(fire, [_in_story(1, both), plant], everything_is_rare) == ()
    assert stories.find_stories(plant, [_in_story(2, both), fire], everything_is_rare) == ()


def test_what_stands_further_down_makes_no_story() -> None:
    filler = "It was a quiet day and nobody did very much at all in the old town. " * 6
    assert weigh(report(1, f"{filler}{ENGLISH}", "en"), report(2, FRENCH, "fr")).score <= 0


def test_people_named_in_passing_tell_nothing_where_the_headline_is_about_another() -> None:
    chinese = report(1, "评委会5日宣布，建筑师张轲获奖。他是继王澍、刘家琨之后第三位获奖者，生于北京。", "zh")
    text = (
        "The jury, led by the laureate Wang Shu, praised the studio for its care of old houses in the city."
    )
    laureate = report(2, text, "en", "Architect Zhang Ke wins prize")
    other = report(3, text, "en", "Architect Xu Tiantian wins contest")
    untold = report(4, text, "en", "Architect wins contest")
    assert "wangshu, zhangke" in weigh(laureate, chinese).note
    assert "wangshu" in weigh(untold, chinese).note
    assert "wangshu" not in weigh(other, chinese).note


def test_the_rarer_the_more_it_is_worth() -> None:
    rare = stories.rarity({"a": 1, "b": 50, "c": 1000}, 1000)
    assert 1 >= rare("unheard of") > rare("a") > rare("b") > rare("c") >= 0
    assert stories.worth(1, 1000) > stories.worth(50, 1000)


@pytest.mark.parametrize("text", ["", "One line.", "读", "1 2 3", "A" * 50_000, "9" * 50_000, "Öl, " * 9_000])
def test_odd_texts_have_few_traits(text: str) -> None:
    found = traits.read("", tokenise(""), text, tokenise(text), None)
    assert len(traits.keys(found)) <= 200
    assert weigh(Report(1, 1, None, NOON, found), Report(2, 2, None, NOON, found)).score < 6


@lru_cache(maxsize=1)
def _labelled() -> tuple[tuple[Told, ...], frozenset[storyset.Pair]]:
    told, near = storyset.load()
    return tuple(told), frozenset(near)


def test_the_set_is_as_large_as_it_says() -> None:
    told, near = _labelled()
    copies = storyset.pairs(storyset.grouped({each.name: each.family for each in told}))
    own = {
        frozenset((one.family, other.family))
        for one in told
        for other in told
        if one.event == other.event and one.family != other.family
    }
    assert len(copies) >= 60
    assert len(own) >= 30
    assert len(near) >= 30


def test_pairs_of_the_set_are_judged_as_labelled() -> None:
    """Each pair of one language by itself; what two pairs have in common is found by `families` only."""
    told, near = _labelled()
    texts = {
        each.name: CopyText(number, each.title, each.text, each.lang, "", frozenset(), each.at, each.at)
        for number, each in enumerate(told)
    }
    keys = {each.name: {*bands(tokens := tokenise(each.text), each.lang), digest(tokens)} for each in told}
    found = {
        frozenset((one.name, other.name))
        for at, one in enumerate(told)
        for other in told[:at]
        if one.lang == other.lang
        and (keys[one.name] & keys[other.name] or frozenset((one.name, other.name)) in near)
        and find_copies(texts[one.name], [texts[other.name]]).found
    }
    wanted = storyset.pairs(storyset.grouped({each.name: each.family for each in told}))
    kinds = storyset.kinds({each.name: each.lang for each in told})
    for lang in ("fr", "en", "zh"):
        figures = storyset.compare(found, wanted, kinds[lang])
        print(lang, figures)
        assert figures.f1 >= 0.92
    assert not found & near


def test_first_reports_of_the_set_are_weighed_as_labelled() -> None:
    told, near = _labelled()
    counts: Counter[str] = Counter()
    before: list[tuple[Told, Report]] = []
    found = set()
    for seen, each in enumerate(told):
        found_traits = _traits(each.title, each.text, each.lang)
        rare, mine = stories.rarity(counts, seen), Report(seen, seen, each.lang, each.at, found_traits)
        if each.family == each.name:
            for other, theirs in before:
                weighed = stories.weigh(mine, theirs, rare)
                if (
                    weighed.score >= 0
                    and not weighed.is_template
                    and abs(each.at - other.at) <= stories.WINDOW
                ):
                    found.add(frozenset((each.name, other.name)))
            before.append((each, mine))
        counts.update(traits.keys(found_traits))
    wanted = storyset.pairs(storyset.grouped({each.name: each.event for each, _ in before}))
    figures = storyset.compare(found, wanted)
    print("pairs of first reports:", figures)
    assert figures.f1 >= 0.85
    assert figures.invented <= 2
    assert not found & near
