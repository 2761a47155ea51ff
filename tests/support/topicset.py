"""The labelled set of `tests/data/topics`: 145 texts, what topics they belong to, and figures on them.

`python -m tests.support.topicset` prints the figures of the shipped topics; with `--errors`, what is judged
wrong. `held-out.toml` was written last and tuned on never: its errors are for nobody to look at.
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


@dataclass(frozen=True, slots=True)
class Item:
    """One labelled text."""

    id: str
    lang: str
    title: str
    text: str
    topics: frozenset[str]
    note: str
    is_held_out: bool


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
    """Read the whole set, the held-out part last."""
    found = []
    for path in sorted(FOLDER.glob("*.toml"), key=lambda path: (path.stem == HELD_OUT, path.stem)):
        for row in tomllib.loads(path.read_text("utf-8"))["item"]:
            topics = frozenset(row["topics"])
            lang = row.get("lang", path.stem)
            found.append(
                Item(
                    row["id"],
                    lang,
                    row["title"],
                    row["text"].strip(),
                    topics,
                    row["note"],
                    path.stem == HELD_OUT,
                )
            )
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
    """Print figures for both parts, and errors of the first one where asked."""
    topics = shipped()
    decided = [(item, accepted(topics, item)) for item in items()]
    first = [pair for pair in decided if not pair[0].is_held_out]
    _print("tuned on", first)
    _print("held out", [pair for pair in decided if pair[0].is_held_out])
    if "--errors" in sys.argv:
        for item, found in first:
            for topic in sorted(found ^ item.topics):
                kind = "EXTRA " if topic in found else "MISSED"
                print(f"{kind} {topic:<22} {item.id} {item.title[:60]} ({item.note})")


if __name__ == "__main__":
    main()
