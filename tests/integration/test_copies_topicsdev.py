"""Copies in the shared development set: signatures find candidates, facts decide.

Titles and bodies as given, in order of publication, dates moved into the last seven days, so that
the window parts nothing and everything rests on the texts.
"""

import itertools
import json
import runpy
import time
from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import pytest

from aggregator.dedup.copies import CopyText, explain, find_copy
from aggregator.dedup.signature import bands, digest
from aggregator.text.tokens import tokenise
from aggregator.urls import canonical_url
from tests.support.shared import find_shared

SHARED = find_shared()
needs_shared = pytest.mark.skipif(SHARED is None, reason="the shared development set is not there")

Pair = frozenset[str]


@dataclass
class Stream:
    """A stand-in for the store: texts under their bands and addresses."""

    texts: list[CopyText] = field(default_factory=list)
    by_key: defaultdict[object, set[int]] = field(default_factory=lambda: defaultdict(set))
    candidates: int = 0

    def add(self, item: CopyText, keys: tuple[int, ...]) -> None:
        near = {number for key in (*keys, *item.urls) for number in self.by_key[key]}
        near |= {self.texts[number].root_id for number in near}
        self.candidates += len(near)
        found = find_copy(item, [self.texts[number] for number in near])
        self.texts.append(replace(item, root_id=found.root_id) if found else item)
        for key in (*keys, *item.urls):
            self.by_key[key].add(item.item_id)

    def families(self) -> list[list[int]]:
        families: dict[int, list[int]] = defaultdict(list)
        for text in self.texts:
            families[text.root_id].append(text.item_id)
        return list(families.values())


def _items() -> list[dict[str, Any]]:
    assert SHARED is not None
    lines = (SHARED / "topics-dev" / "items.jsonl").read_text("utf-8").splitlines()
    items = [json.loads(line) for line in lines]
    runpy.run_path(str(SHARED / "topics-dev" / "serve.py"), run_name="topicsdev_serve")["recent"](items, 7)
    return sorted(items, key=lambda item: (datetime.fromisoformat(item["published"]), item["id"]))


def _near_misses() -> set[Pair]:
    assert SHARED is not None
    lines = (SHARED / "topics-dev" / "near_miss.jsonl").read_text("utf-8").splitlines()
    return {frozenset((row["a"], row["b"])) for row in map(json.loads, lines)}


def _pairs(families: list[list[str]]) -> set[Pair]:
    return {frozenset(pair) for family in families for pair in itertools.combinations(family, 2)}


@needs_shared
def test_copies_are_found_and_near_misses_are_not() -> None:
    items = _items()
    stream = Stream()
    seconds = {"features": 0.0, "copies": 0.0}
    for number, item in enumerate(items):
        start = time.process_time()
        tokens = tokenise(item["body"])
        keys, text_digest = bands(tokens, item["lang"]), digest(tokens)
        seconds["features"] += time.process_time() - start
        at = datetime.fromisoformat(item["published"])
        urls = frozenset({canonical_url(item["url"])})
        text = CopyText(number, number, item["title"], item["body"], item["lang"], text_digest, urls, at, at)
        start = time.process_time()
        stream.add(text, keys)
        seconds["copies"] += time.process_time() - start
    found = _pairs([[items[number]["id"] for number in family] for family in stream.families()])
    families: dict[str, list[str]] = defaultdict(list)
    for item in items:
        families[item["dup_of"] or item["id"]].append(item["id"])
    wanted = _pairs(list(families.values()))
    places = {item["id"]: number for number, item in enumerate(items)}
    right = len(found & wanted)
    precision, recall = right / max(len(found), 1), right / len(wanted)
    f1 = 2 * precision * recall / max(precision + recall, 1e-9)
    features, copies = (1000 * seconds[name] / len(items) for name in ("features", "copies"))
    merged = len(found & _near_misses())
    print(f"copies: P {precision:.3f} R {recall:.3f} F1 {f1:.3f}, near misses merged {merged}")
    print(f"an item: {features:.2f} ms features, {copies:.2f} ms look-up and verification", end="")
    print(f" of {stream.candidates / len(items):.2f} candidates")
    for pair in wanted ^ found:
        one, other = (stream.texts[places[name]] for name in sorted(pair))
        print("missed" if pair in wanted else "invented", *sorted(pair), explain(one, other))
    assert not found & _near_misses()
    assert f1 >= 0.96


@needs_shared
def test_every_pair_of_the_set_without_an_index() -> None:
    """Even if the index proposed everything, only copies would be merged."""
    items = _items()
    wanted = {frozenset((item["id"], item["dup_of"])) for item in items if item["dup_of"]}
    texts = [
        CopyText(
            number,
            number,
            item["title"],
            item["body"],
            item["lang"],
            "",
            frozenset(),
            datetime.fromisoformat(item["published"]),
            datetime.fromisoformat(item["published"]),
        )
        for number, item in enumerate(items)
    ]
    missed, invented = [], []
    for one, other in itertools.combinations(texts, 2):
        is_found = find_copy(other, [one]) is not None
        pair = frozenset((items[one.item_id]["id"], items[other.item_id]["id"]))
        if is_found and pair not in wanted:
            invented.append(sorted(pair))
        if not is_found and pair in wanted:
            missed.append(sorted(pair))
    assert invented == []
    assert len(missed) <= 1
