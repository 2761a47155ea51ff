"""The labelled set of `tests/data/topics`: texts, what topics they belong to, and figures on them.

`python -m tests.support.topicset` prints the figures of the shipped topics; with `--errors`, what is judged
wrong. `held-out.toml` and `unseen.toml` were tuned on never: their errors are for nobody to look at.
"""

import sys
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from aggregator.config.load import load
from aggregator.match import Topics, compile_topics
from tests.support.shared import REPOSITORY
from tests.support.topicsdev import TOPICS
from tests.unit.match.documents import document

FOLDER: Final = REPOSITORY / "tests" / "data" / "topics"
HELD_OUT: Final = "held-out"
SHORT: Final = "short"
LOOK_ALIKES: Final = "look-alikes"
UNSEEN: Final = "unseen"
PARTS: Final = ("tuned on", SHORT, LOOK_ALIKES, HELD_OUT, UNSEEN)


@dataclass(frozen=True, slots=True)
class Item:
    """One labelled text."""

    id: str
    lang: str
    title: str
    text: str
    topics: frozenset[str]
    note: str
    part: str  # of the set


@dataclass(frozen=True, slots=True)
class Figures:
    """What a topic reaches on some items."""

    right: int
    extra: int
    missed: int

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall; 1 where there is nothing to find and nothing found."""
        return 2 * self.right / total if (total := 2 * self.right + self.extra + self.missed) else 1.0

    @property
    def precision(self) -> float:
        """The share of what was accepted that belongs to the topic."""
        return self.right / (self.right + self.extra) if self.right + self.extra else 1.0


def items() -> tuple[Item, ...]:
    """Read the whole set."""
    found = []
    for path in sorted(FOLDER.glob("*.toml")):
        part = path.stem if path.stem in PARTS else PARTS[0]
        for row in tomllib.loads(path.read_text("utf-8"))["item"]:
            lang, text = row.get("lang", path.stem), row["text"].strip()
            topics = frozenset(row["topics"])
            found.append(Item(row["id"], lang, row["title"], text, topics, row.get("note", ""), part))
    return tuple(found)


def shipped() -> Topics:
    """Compile the topics that ship."""
    config = load(REPOSITORY / "config", {}, {})
    topics, problems = compile_topics(config.topics, config.lists)
    assert problems == (), problems
    return topics


def accepted(topics: Topics, item: Item) -> frozenset[str]:
    """Return the topics that an item is published in."""
    found = document(item.title, item.text, lang=item.lang, tags=(), tier=None)
    return frozenset(match.topic_id for match in topics.match(found) if match.is_match)


def figures(topic: str, decided: Iterable[tuple[Item, frozenset[str]]]) -> Figures:
    """Count what a topic accepted rightly, wrongly, and what it missed."""
    pairs = [(topic in found, topic in item.topics) for item, found in decided]
    return Figures(pairs.count((True, True)), pairs.count((True, False)), pairs.count((False, True)))


def _print(name: str, decided: Sequence[tuple[Item, frozenset[str]]]) -> None:
    print(f"\n{name}: {len(decided)} texts")
    for topic in TOPICS:
        for lang in (None, "fr", "en", "zh", "de", "es"):
            one = figures(topic, [pair for pair in decided if lang in (None, pair[0].lang)])
            counts = f"right {one.right:3d}  extra {one.extra:2d}  missed {one.missed:2d}"
            first = topic if lang is None else ""
            print(f"  {first:<22} {lang or 'all':<4} F1 {one.f1:.3f}  P {one.precision:.3f}  {counts}")


def main() -> None:
    """Print figures for each part, and errors where asked, those of the part held out apart."""
    topics = shipped()
    decided = [(item, accepted(topics, item)) for item in items()]
    for part in PARTS:
        _print(part, [pair for pair in decided if pair[0].part == part])
    if "--errors" in sys.argv:
        for item, found in decided:
            for topic in sorted(found ^ item.topics) if item.part not in (HELD_OUT, UNSEEN) else ():
                kind = "EXTRA " if topic in found else "MISSED"
                print(f"{kind} {topic:<22} {item.id} {item.title[:60]} ({item.note})")


if __name__ == "__main__":
    main()
