"""`make benchmark-articles`: extraction against plain trafilatura and its baseline on real pages.

Prints precision, recall and F1 over shingles of four words, and the CPU time as a ratio to plain
trafilatura (text only), page by page in turn, best of several rounds. Text in, HTML and text out:
our side includes sanitising. Then all stages of an article together, as a ratio to the same.
Data: `$AGGREGATOR_SHARED` or `../shared` beside the checkout.
"""

import gzip
import json
import re
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from trafilatura import bare_extraction, baseline

from aggregator.extract import article
from aggregator.model import Failure
from tests.benchmarks.measuring import Verdict
from tests.support.shared import find_shared

ROUNDS = 5
F1 = 0.975
TEXT_ONLY = 1.10  # CPU, as a ratio to plain trafilatura
ALL_STAGES = 2.2
# Chinese and Japanese write without spaces: each character counts as a word, or a clause would.
_HAN = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_WORD = re.compile(rf"[{_HAN}]|[^\W{_HAN}]+")


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


def base(sample: Sample) -> str:
    return str(baseline(sample.body)[1])


def plain_seconds(pages: list[Sample]) -> float:
    """Return the CPU seconds of plain trafilatura over all pages."""
    start = time.process_time()
    for page in pages:
        plain(page)
    return time.process_time() - start


def main() -> Verdict:
    """Measure and print."""
    from tests.benchmarks import stages

    shared = find_shared()
    pages = samples(shared) if shared else []
    if not pages:
        return Verdict(None, "articles: skipped, no corpus here")
    extractors: dict[str, Callable[[Sample], str]] = {
        "plain trafilatura": plain,
        "its baseline": base,
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
    mine = scores["aggregator"]
    metadata = (scores["aggregator, metadata"].seconds - mine.seconds) / unit
    print(
        f"\nmetadata costs {metadata:.2f} of plain trafilatura; asked for where the feed lacks title or date"
    )
    rounds = stages.measure(pages, lambda: plain_seconds(pages))
    ratios = sorted(everything / around for everything, around in rounds)
    text_only, all_stages = mine.seconds / unit, median(ratios)
    each = 1000 * median(everything for everything, _ in rounds) / len(pages)
    print(
        f"all stages: {each:.1f} ms an article; {len(rounds)} rounds at {ratios[0]:.2f} to {ratios[-1]:.2f}"
        f" of plain trafilatura, in the middle {all_stages:.2f}"
    )
    is_met = mine.f1 >= F1 and text_only <= TEXT_ONLY and all_stages <= ALL_STAGES
    return Verdict(
        is_met,
        f"articles: F1 {mine.f1:.4f} (bound {F1}; plain {scores['plain trafilatura'].f1:.4f}, "
        f"baseline {scores['its baseline'].f1:.4f}), text only {text_only:.2f} (bound {TEXT_ONLY:.2f}), "
        f"all stages {all_stages:.2f} (bound {ALL_STAGES}) of plain trafilatura's CPU",
    )
