"""Names and kinds of events, whatever the language."""

import pytest

from aggregator.dedup import glossary
from aggregator.text.tokens import tokenise


def things(text: str) -> list[str]:
    return [found.thing for found in glossary.names(tokenise(text).words)]


@pytest.mark.parametrize(
    ("texts", "thing"),
    [
        (("Apple must pay", "苹果公司须支付"), "@apple"),
        (("Commission européenne", "à Bruxelles", "欧盟委员会"), "@european commission"),
        (("the Banque du Japon", "Bank of Japan", "日本央行"), "@bank of japan"),
        (("à Pékin", "in Beijing", "北京"), "@beijing"),
        (("à Téhéran", "in Tehran", "德黑兰"), "@tehran"),  # CLDR's
    ],
)
def test_one_thing_in_every_language(texts: tuple[str, ...], thing: str) -> None:
    assert [things(text) for text in texts] == [[thing]] * len(texts)


def test_the_longer_name_wins() -> None:
    assert things("Alibaba Cloud and Alibaba") == ["@alibaba cloud", "@alibaba"]
    assert things("阿里云") == ["@alibaba cloud"]


def test_a_city_tells_its_country_unless_it_is_named_like_one() -> None:
    assert [found.country for found in glossary.names(("istanbul", "singapore"))] == ["TR"]


@pytest.mark.parametrize(
    ("texts", "kind"),
    [
        (("une amende record", "was fined", "ein Bußgeld", "una multa", "被罚款"), "fine"),
        (("la grève", "on strike", "der Streik", "罢工"), "strike"),
        (("un séisme", "an earthquake", "地震"), "quake"),
        (("rappelle des produits", "a recall", "召回"), "recall"),
        (("une panne", "an outage", "宕机"), "outage"),
    ],
)
def test_one_kind_in_every_language(texts: tuple[str, ...], kind: str) -> None:
    assert [glossary.kinds(tokenise(text).words) for text in texts] == [(kind,)] * len(texts)


def test_offices_name_nothing() -> None:
    assert glossary.is_office("commission")
    assert not glossary.is_office("alibaba")


def test_no_name_stands_for_two_things() -> None:
    """A form that stands on two lines would be read as the first; say which by parting them."""
    known = glossary._glossary()[0]
    for names in known.values():
        assert len({name.words for name in names}) == len(names)


def test_words_without_end_cost_no_more_than_long_ones() -> None:
    asked: list[int] = []

    class Counted(str):
        __slots__ = ()

        def __getitem__(self, key: object) -> str:
            asked.append(1)
            return str.__getitem__(self, key)  # type: ignore[index]

    glossary.kinds([Counted("a" * 100_000)])
    assert len(asked) < 30
