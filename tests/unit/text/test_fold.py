"""Folding: what must become equal, what must stay apart, and that it settles at once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.text.fold import fold


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("RÉGULATION", "regulation"),
        ("Régulation", "regulation"),  # combining accent
        ("cœur, ﬁn, Straße, Ærø", "coeur, fin, strasse, aero"),
        ("ＡＬＩＢＡＢＡ　１２", "alibaba 12"),
        ("l’amende « record »", 'l\'amende " record "'),
        ("Çelik İstanbul ILICA ılıca", "celik istanbul ilica ilica"),
        ("阿里巴巴集團違反壟斷法", "阿里巴巴集团违反垄断法"),
        ("中國國務院發佈規則", "中国国务院发布规则"),
        ("co\u00adopé\u200bration", "cooperation"),
        ("한국 공정거래위원회", "한국 공정거래위원회"),
        ("ガバナンス", "ガバナンス"),
        ("ｶﾞ", "カ\u3099"),  # half-width kana: its voice mark is a character of its own
        ("हिन्दी", "हिन्दी"),
        ("", ""),
    ],
)
def test_one_spelling(written: str, folded: str) -> None:
    assert fold(written) == folded


def test_unlike_words_stay_apart() -> None:
    words = ["amende", "amendé", "amender", "阿里", "蚂蚁", "ali", "alibaba"]
    assert len({fold(word) for word in words}) == 6


@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    once = fold(text)
    assert fold(once) == once


@given(st.text(), st.text())
def test_folding_is_character_by_character(one: str, two: str) -> None:
    assert fold(one + two) == fold(one) + fold(two)


def test_lone_surrogates_pass() -> None:
    assert fold("a\ud800B") == "a\ud800b"
