"""Extraction against plain trafilatura on real pages: `python -m tests.benchmarks.extraction`.

Prints precision, recall and F1 over shingles of four words, and the CPU time as a ratio to plain
trafilatura (text only), page by page in turn, best of several rounds. Text in, HTML and text out:
our side includes sanitising. Data: `$AGGREGATOR_SHARED` or `../shared` beside the checkout.
"""

import gzip
import json
import os
import re
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from trafilatura import bare_extraction

from aggregator.extract import article
from aggregator.model import Failure

SHARED = Path(os.environ.get("AGGREGATOR_SHARED") or Path(__file__).parents[3] / "shared")
ROUNDS = 5
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Sample:
    """A page with the text that people marked as its article."""

    name: str
    url: str
    body: bytes
    gold: str


@dataclass(frozen=True, slots=True)
class Score:
    """Figures of one extractor over all pages: means over pages, F1 of the means."""

    precision: float
    recall: float
    seconds: float

    @property
    def f1(self) -> float:
        return 2 * self.precision * self.recall / max(self.precision + self.recall, 1e-9)


def samples(shared: Path) -> list[Sample]:
    """Read the corpus; an empty list if it is not there."""
    listing = shared / "corpus" / "pages.jsonl"
    if not listing.exists():
        return []
    rows = [json.loads(line) for line in listing.read_text("utf-8").splitlines()]
    return [
        Sample(
            row["file"], row["url"], gzip.decompress((listing.parent / row["file"]).read_bytes()), row["gold"]
        )
        for row in rows
    ]


def ours(sample: Sample, *, with_metadata: bool = False) -> str:
    found = article(sample.body, charset=None, url=sample.url, with_metadata=with_metadata)
    return "" if isinstance(found, Failure) else found.text


def plain(sample: Sample) -> str:
    found = bare_extraction(
        sample.body, url=sample.url or None, fast=True, with_metadata=False, include_comments=False
    )
    return getattr(found, "text", None) or ""


def measure(
    pages: list[Sample], extractors: dict[str, Callable[[Sample], str]], rounds: int
) -> dict[str, Score]:
    """Run the extractors in turn on each page, so that a busy machine disturbs all alike."""
    seconds = dict.fromkeys(extractors, 0.0)
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in extractors}
    for page in pages:
        best = dict.fromkeys(extractors, float("inf"))
        for number in range(rounds):
            for name, extract in extractors.items():
                start = time.process_time()
                text = extract(page)
                best[name] = min(best[name], time.process_time() - start)
                if not number:
                    found[name].append(_compare(page.gold, text))
        for name in extractors:
            seconds[name] += best[name]
    count = max(len(pages), 1)
    return {
        name: Score(
            sum(p for p, _ in found[name]) / count, sum(r for _, r in found[name]) / count, seconds[name]
        )
        for name in extractors
    }


def _compare(gold: str, text: str) -> tuple[float, float]:
    wanted, given = _shingles(gold), _shingles(text)
    common = sum((wanted & given).values())
    return common / max(sum(given.values()), 1), common / max(sum(wanted.values()), 1)


def _shingles(text: str) -> Counter[tuple[str, ...]]:
    words = _WORD.findall(text)
    return Counter(tuple(words[start : start + 4]) for start in range(max(1, len(words) - 3)))


def main() -> int:
    pages = samples(SHARED)
    if not pages:
        print(f"no pages at {SHARED / 'corpus'}; set AGGREGATOR_SHARED", file=sys.stderr)
        return 1
    extractors: dict[str, Callable[[Sample], str]] = {
        "plain trafilatura": plain,
        "aggregator": ours,
        "aggregator, metadata": lambda sample: ours(sample, with_metadata=True),
    }
    scores = measure(pages, extractors, ROUNDS)
    unit = scores["plain trafilatura"].seconds
    print(f"{len(pages)} pages, shingles of four words\n")
    print(f"{'':24}{'precision':>10}{'recall':>10}{'F1':>10}{'ms a page':>12}{'CPU ratio':>12}")
    for name, score in scores.items():
        print(
            f"{name:24}{score.precision:10.4f}{score.recall:10.4f}{score.f1:10.4f}"
            f"{1000 * score.seconds / len(pages):12.2f}{score.seconds / unit:12.2f}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
