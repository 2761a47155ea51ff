"""Who gets compressed bytes."""

import pytest

from aggregator.serve.answers import accepts_gzip


@pytest.mark.parametrize(
    ("accepted", "is_accepted"),
    [
        ("", False),
        ("br", False),
        ("gzip, deflate, br", True),
        ("GZIP;q=0.5", True),
        ("gzip;q=0", False),
        ("gzip; q=0.000", False),
        ("*", True),
        ("*;q=0", False),
        ("*;q=0.5, gzip;q=0", False),
        ("*;q=0, gzip", True),
    ],
)
def test_what_is_named_counts_before_the_star(accepted: str, is_accepted: bool) -> None:
    assert accepts_gzip(accepted) is is_accepted
