"""Digest and bands: equal for equal texts, meeting for near ones, silent for short ones."""

import pytest

from aggregator.dedup.signature import bands, digest
from aggregator.text.tokens import tokenise
from tests.unit.dedup.texts import FINE_EN, FINE_FR, FINE_ZH


@pytest.mark.parametrize(
    "text", ["", "Page not found", "one two three four five six seven eight nine ten eleven"]
)
def test_short_texts_have_no_signature(text: str) -> None:
    assert digest(tokenise(text)) == ""
    assert bands(tokenise(text), "en") == ()


@pytest.mark.parametrize(("text", "lang"), [(FINE_EN, "en"), (FINE_FR, "fr"), (FINE_ZH, "zh")])
def test_signatures_are_stable_and_fit_a_signed_column(text: str, lang: str) -> None:
    keys = bands(tokenise(text), lang)
    assert len(keys) == 24
    assert all(-(2**63) <= key < 2**63 for key in keys)
    assert keys == bands(tokenise(text), lang)


def test_the_digest_ignores_case_accents_and_marks() -> None:
    shouted = FINE_FR.upper().replace("É", "E").replace(". ", " ! ")
    assert digest(tokenise(shouted)) == digest(tokenise(FINE_FR))
    assert digest(tokenise(FINE_FR + " Fin.")) != digest(tokenise(FINE_FR))


def test_signatures_never_change_between_versions() -> None:
    # Stored signatures of years are compared with new ones: a change here needs a migration.
    assert digest(tokenise(FINE_EN)) == "33151b16c4e58e6a65fafffbd10b8a7f"
    assert bands(tokenise(FINE_EN), "en")[0] == -3033788831705141609


@pytest.mark.parametrize(("text", "lang"), [(FINE_EN, "en"), (FINE_FR, "fr"), (FINE_ZH, "zh")])
def test_truncated_and_extended_texts_share_a_band(text: str, lang: str) -> None:
    own = set(bands(tokenise(text), lang))
    assert own & set(bands(tokenise(text[: len(text) // 2]), lang))
    assert own & set(bands(tokenise(f"{text}\n\nSubscribe to our letter. 订阅我们的早报。"), lang))


def test_unrelated_texts_share_none() -> None:
    keys = [set(bands(tokenise(text), None)) for text in (FINE_EN, FINE_FR, FINE_ZH)]
    assert len(set.union(*keys)) == sum(map(len, keys))
