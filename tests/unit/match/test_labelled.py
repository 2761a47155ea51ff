"""The shipped topics on the labelled set: floors on clean text, so that no edited list costs much unseen."""

import pytest

from aggregator.match import Topics
from tests.support import topicset
from tests.support.topicsdev import TOPICS

ITEMS = topicset.items()
LONG = ("tuned on", topicset.HELD_OUT)


@pytest.fixture(scope="module")
def topics() -> Topics:
    """Compile the topics that ship, once."""
    return topicset.shipped()


@pytest.fixture(scope="module")
def decided(topics: Topics) -> list[tuple[topicset.Item, frozenset[str]]]:
    """Decide the whole set once."""
    return [(item, topicset.accepted(topics, item)) for item in ITEMS]


def test_the_set_is_what_its_readme_says() -> None:
    assert len(ITEMS) == 355
    assert len({item.id for item in ITEMS}) == len({item.title for item in ITEMS}) == len(ITEMS)
    assert {item.lang for item in ITEMS} == {"fr", "en", "zh", "de", "es"}
    assert all(item.topics <= set(TOPICS) for item in ITEMS)
    assert all(len(item.text) >= (150 if item.lang == "zh" else 400) for item in ITEMS if item.part in LONG)


@pytest.mark.parametrize("topic", TOPICS)
@pytest.mark.parametrize(
    ("part", "floor"),
    [
        ("tuned on", 0.94),
        (topicset.SHORT, 0.88),
        (topicset.LOOK_ALIKES, 0.88),
        (topicset.HELD_OUT, 0.82),
        (topicset.UNSEEN, 0.75),
    ],
)
def test_floors(
    decided: list[tuple[topicset.Item, frozenset[str]]], topic: str, part: str, floor: float
) -> None:
    chosen = [pair for pair in decided if pair[0].part == part]
    assert topicset.figures(topic, chosen).f1 >= floor


@pytest.mark.parametrize("lang", ["fr", "en", "zh"])
def test_the_first_topic_in_each_language(
    decided: list[tuple[topicset.Item, frozenset[str]]], lang: str
) -> None:
    chosen = [pair for pair in decided if pair[0].lang == lang and pair[0].part in LONG]
    found = topicset.figures("alibaba-regulation", chosen)
    assert found.f1 >= 0.88
    assert found.precision >= 0.85
