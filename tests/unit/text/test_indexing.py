"""Keys of the search index: whatever a text holds, its phrases find."""

from hypothesis import given
from hypothesis import strategies as st

from aggregator.model import Key
from aggregator.text.indexing import EVERYTHING, index_keys, phrase_keys
from aggregator.text.tokens import tokenise

NOTHING = tokenise("")
TEXTS = st.text(st.sampled_from("ab é阿里巴ア法ｱ1.,9'⑴ﷺ한국·\n_-*\""), max_size=30)


def keys_of(text: str, title: str = "") -> set[str]:
    return set(index_keys(tokenise(title), tokenise(text)).split(" "))


def holds(keys: set[str], key: Key) -> bool:
    return any(one.startswith(key.text) if key.is_prefix else one == key.text for one in keys)


def test_latin_words_are_keys_and_han_ones_pairs() -> None:
    assert keys_of("L'amende d'Alibaba") == {"l", "amende", "d", "alibaba"}
    assert keys_of("阿里巴巴") == {"阿里", "里巴", "巴巴", "巴"}
    assert keys_of("AI监管3.5") == {"ai", "监管", "管", "3.5"}


def test_words_of_the_title_are_keys_of_their_own_too() -> None:
    assert keys_of("a", title="Alibaba fined") == {"a", "alibaba", "fined", "_alibaba", "_fined"}
    assert phrase_keys(("alibaba",), is_prefix=False, in_title=True) == (Key("_alibaba"),)


def test_the_last_han_character_may_be_followed_by_any_other() -> None:
    assert phrase_keys(("罚",), is_prefix=False) == (Key("罚", is_prefix=True),)
    assert phrase_keys(("罚", "款"), is_prefix=False) == (Key("罚款"),)


@given(TEXTS, TEXTS, st.data())
def test_every_run_of_words_finds_its_text(title: str, text: str, data: st.DataObject) -> None:
    keys = keys_of(text, title)
    words = tokenise(text).words
    if not words:
        return
    start = data.draw(st.integers(0, len(words) - 1))
    end = data.draw(st.integers(start + 1, len(words)))
    phrase = words[start:end]
    cut = data.draw(st.integers(1, len(phrase[-1])))
    assert all(holds(keys, key) for key in phrase_keys(phrase, is_prefix=False))
    assert all(holds(keys, key) for key in phrase_keys((*phrase[:-1], phrase[-1][:cut]), is_prefix=True))


@given(TEXTS)
def test_keys_hold_no_sign_that_an_index_would_stumble_over(text: str) -> None:
    for key in keys_of(text, text):
        assert all(not char.isascii() or char.isalnum() or char in "._,-" for char in key), key


def test_a_key_is_as_long_for_a_text_as_for_a_phrase() -> None:
    word = "x" * 300
    (key,) = phrase_keys((word,), is_prefix=False)
    assert holds(keys_of(word), key)
    (key,) = phrase_keys((word,), is_prefix=True)
    assert holds(keys_of(word + "yz"), key)


def test_a_text_of_too_many_different_words_is_a_candidate_for_everything() -> None:
    assert keys_of(" ".join(f"w{number:x}" for number in range(90_000))) == {EVERYTHING}


def test_nothing_has_no_keys() -> None:
    assert index_keys(NOTHING, NOTHING) == ""
