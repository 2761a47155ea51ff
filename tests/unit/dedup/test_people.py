"""Chinese people by the sound of their names."""

from aggregator.dedup import people
from aggregator.text.tokens import tokenise


def test_a_name_sounds_alike_in_both_scripts() -> None:
    han = people.in_han(tokenise("建筑师刘家琨获奖").words)
    assert "liujiakun" in han
    assert "liujiakun" in people.in_latin(("pritzker", "liu", "jiakun"))


def test_the_surname_may_stand_last_in_latin_letters() -> None:
    assert "mayun" in people.in_latin(("yun", "ma"))


def test_a_surname_is_read_as_one() -> None:
    assert "zengguofan" in people.in_han(tuple("曾国藩"))


def test_words_without_a_surname_name_nobody() -> None:
    assert people.in_han(tuple("今天天气很好")) == ()
    assert people.in_latin(("european", "commission")) == ()


def test_a_text_of_surnames_only_has_few_people() -> None:
    assert len(people.in_han(tuple("王李张刘" * 500))) <= 12
    assert len(people.in_latin(("wang", "li") * 500)) <= 12
