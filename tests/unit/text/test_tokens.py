"""Tokens: words per script, offsets into the original, sentences and paragraphs, linear time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.text.fold import fold
from aggregator.text.tokens import tokenise
from tests.support.effort import at_most


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("L'Autorité l’a dit, qu'elle", ["l", "autorite", "l", "a", "dit", "qu", "elle"]),
        ("e-commerce, Ele.me et Trip.com", ["e", "commerce", "ele", "me", "et", "trip", "com"]),
        ("section 1260H: 433.5 or 18,2", ["section", "1260h", "433.5", "or", "18,2"]),
        ("阿里巴巴AliExpress被罰182億元", [*"阿里巴巴", "aliexpress", *"被罚", "182", *"亿元"]),
        ("ガス代", ["ガ", "ス", "代"]),
        ("AT&T user_name", ["at", "t", "user", "name"]),
        ("हिन्दी भाषा", ["हिन्दी", "भाषा"]),
        ("naïve naïve", ["naive", "naive"]),
        (" … !? ", []),
        ("", []),
    ],
)
def test_words(text: str, words: list[str]) -> None:
    assert list(tokenise(text).words) == words


@given(st.text())
def test_offsets_lead_back_to_the_words(text: str) -> None:
    tokens = tokenise(text)
    columns = (tokens.starts, tokens.ends, tokens.sentences, tokens.paragraphs)
    assert {len(column) for column in columns} == {len(tokens.words)}
    for word, start, end in zip(tokens.words, tokens.starts, tokens.ends, strict=True):
        assert word == fold(text[start:end])
        assert word
    assert list(tokens.starts) == sorted(tokens.starts)
    assert list(tokens.sentences) == sorted(tokens.sentences)
    assert list(tokens.paragraphs) == sorted(tokens.paragraphs)


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("Une phrase. Une autre ! « Une citation. » Fin", 4),
        ("M. Ma rencontre Mr. Zhang, d'Alibaba Inc. à Pékin.", 1),
        ("The U.S. Commerce Department said 1.5 billion.", 1),
        ("第一句。第二句！第三句", 3),
        ("Trip.com est visé. la suite", 1),
        ("Un titre sans point\nUne ligne nouvelle", 2),
        ("une ligne cou-\npée en deux", 1),
        ("Premier paragraphe\n\nsecond paragraphe", 2),
        ("Attends… Vraiment?", 2),
    ],
)
def test_sentences(text: str, sentences: int) -> None:
    assert tokenise(text).sentences[-1] + 1 == sentences


def test_paragraphs_end_at_empty_lines_only() -> None:
    tokens = tokenise("a b\nC\n\n\n \nd\n\n!!\n\ne")
    assert tokens.paragraphs == (0, 0, 0, 1, 2)


@pytest.mark.parametrize(
    "piece", [".", '"', '."', "\n ", "1.", " ", "a", "\u0301", "M. ", "é'", "阿", ". A", "\n", "?!»"]
)
def test_hostile_text_takes_linear_time(piece: str) -> None:
    text = piece * (200_000 // len(piece)) + "é"
    with at_most(3):  # a quadratic rule would take minutes
        tokens = tokenise(text)
    assert len(tokens.words) == len(tokens.paragraphs)
