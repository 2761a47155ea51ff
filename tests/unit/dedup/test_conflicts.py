"""Facts that stand against each other, and those that only seem to."""

import pytest

from aggregator.dedup.conflicts import conflicts, swapped
from aggregator.dedup.prepared import prepare
from tests.unit.dedup import texts

CLOSURE = """\
The swimming hall of {0} was closed on Monday after a pipe in the cellar had burst and let chlorine \
into the rooms. Forty bathers left the building in good order, and nobody had to be taken to hospital, \
according to the fire service of {0}. Engineers will check the pumps before anybody may enter {0}'s hall."""
MATCH = """\
{0} a gagné samedi soir au terme d'une rencontre indécise qui a tenu la salle en haleine jusqu'au bout. {0} \
avait pourtant perdu les deux premières manches et semblait promis à la défaite. {1} a contesté plusieurs \
décisions des arbitres, sans succès. {1} jouera la semaine prochaine pour rester parmi les meilleures."""
CHARGE_ZH = """\
市场监管部门昨日公布决定书，{0}因限制商家在其他平台经营，被责令停止违法行为并处以罚款。决定书显示，\
{0}自去年起采用技术手段妨碍竞争。{0}表示接受处罚，将落实整改要求，依法经营，并向社会公布整改报告。"""
FIRE_ZH = """\
{0}应急管理局通报，昨日下午当地一处仓库发生火灾，消防人员赶到现场扑救，经过数小时奋战，明火被扑灭。\
伤者已送往医院救治，均无生命危险。起火原因正在调查，周边居民已妥善安置，空气质量未见异常。"""


def found(first: str, second: str, lang: str, titles: tuple[str, str] = ("", "")) -> list[str]:
    one, other = (prepare(title, text, lang) for title, text in zip(titles, (first, second), strict=True))
    return [str(conflict) for conflict in conflicts(one, other, 0.9) if not conflict.is_edge]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Shandong", "Shanghai"),
        ("Guangdong", "Guangxi"),
        ("Marseille", "Marsannay"),
        ("Johnson", "Johnston"),
        ("Nanterre", "Nantes"),
    ],
)
def test_names_that_begin_alike_are_two(one: str, other: str) -> None:
    assert found(CLOSURE.format(one), CLOSURE.format(other), "en")


@pytest.mark.parametrize(
    ("one", "other"), [("Turkey", "Turkish"), ("Italy", "Italian"), ("Lyon", "lyonnais"), ("Meta", "Metas")]
)
def test_a_name_and_what_is_made_of_it_are_one(one: str, other: str) -> None:
    assert not found(f"Last year {one} sold more ships", f"Last year the {other} yards sold more ships", "en")


def test_names_that_only_open_sentences_are_names_where_they_open_several() -> None:
    assert found(MATCH.format("Tours", "Paris"), MATCH.format("Nice", "Cannes"), "fr")
    assert not found(
        MATCH.format("Tours", "Paris"), MATCH.format("Tours", "Paris").replace("sans", "sauf"), "fr"
    )
    once = "Pourtant elle avait perdu la manche et semblait promise à la défaite"
    assert not found(once, once.replace("Pourtant", "Cependant"), "fr")


@pytest.mark.parametrize("other", ["云山科技", "蓝鲸物流", "安达重工"])
def test_one_chinese_text_about_two_companies(other: str) -> None:
    assert found(CHARGE_ZH.format("云海科技"), CHARGE_ZH.format(other), "zh")


def test_one_chinese_text_about_two_places() -> None:
    assert found(FIRE_ZH.format("宁安市"), FIRE_ZH.format("广平市"), "zh")


def test_other_words_for_the_same_are_no_names() -> None:
    first = CHARGE_ZH.format("云海科技")
    other = first.replace("表示接受", "称接受").replace("采用", "利用").replace("昨日", "昨天")
    assert not found(first, other, "zh")
    assert not found(texts.FINE_ZH, texts.REWRITE_ZH, "zh")


def test_what_looks_like_a_year_is_a_figure_where_it_counts_something() -> None:
    text = "The maker of vans will cut {} jobs at its works by the river, the unions were told at a meeting"
    assert found(text.format("1950"), text.format("2080"), "en")
    assert not found("The works opened in 1950 by the river", "The works opened in 2080 by the river", "en")


def test_a_headline_that_counts_its_paragraphs_states_nothing() -> None:
    text = texts.FINE_EN
    titles = ("Fjordmat: 6 things to know", "Fjordmat: 9 things to know")
    assert not found(text, text, "en", titles)


def test_han_words_that_headlines_exchange() -> None:
    first, second = "青川交通局处罚轻舟出行", "青川交通局处罚快雁出行"
    assert str(swapped(first, second, first, second)) == "names 轻舟 and 快雁"
    assert swapped(first, second, first + "快雁", second) is None
    assert swapped("被罚", "遭罚", "被罚", "遭罚") is None
