"""Other scripts in Latin letters."""

import pytest

from aggregator.text.romanise import romanise


@pytest.mark.parametrize(
    ("text", "latin"), [("马云", "mayun"), ("Москва", "moskva"), ("abc", "abc"), ("", "")]
)
def test_letters_are_read_one_by_one(text: str, latin: str) -> None:
    assert romanise(text) == latin
