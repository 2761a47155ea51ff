"""All topics against an article: `python -m tests.benchmarks matching`.

Prints for 10, 1,000 and 10,000 topics what compiling them and matching an article costs, and the latter as
a ratio to the automaton alone on the same folded words in the same run; then what longer articles cost.
Topics: the shipped ones, and invented ones that go by names of their own beside common words and the
shipped lists, as people's topics do. Articles of 4,000 characters: ordinary ones, the pages of the shared
corpus; and the worst, the labelled texts of the tests, which are all about what the shipped topics look for.
"""

import json
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from aggregator.config.load import load
from aggregator.config.schema import TermList, TopicConfig
from aggregator.match import Topics, compile_topics
from aggregator.model import Document
from tests.benchmarks.measuring import Verdict
from tests.support.shared import REPOSITORY, find_shared
from tests.support.topicset import items
from tests.unit.match.documents import document

COUNTS = (10, 1_000, 10_000)
LENGTH = 4_000  # characters of an article
ARTICLES = 60
ROUNDS = 5
BOUND = 1.0  # ms an article
COMPILED = 10.0  # s for 10,000 topics
LENGTHS = (1, 2, 4, 8)  # times the length of an article
STEEPEST = 1.3  # what an article of the last length may cost, to as many times one
_PATTERNS = (
    "{name} NEAR/25 (@regulator OR @measure)",
    '"{name} {word}" OR ({name} {other})',
    "{name} (~{word} OR {other}*) -{third}",
    "title:{name} OR ({name} NEAR/s @measure)",
    "({name} OR {second}) {word} lang:en",
)


def articles(count: int = ARTICLES, length: int = LENGTH, seed: int = 1) -> list[Document]:
    """Make articles of about that many characters, each of texts in one language."""
    dice = random.Random(seed)
    known = items()
    found = []
    for _number in range(count):
        first = dice.choice(known)
        alike = [one for one in known if one.lang == first.lang]
        parts = [first.text]
        # A Chinese character says as much as three letters.
        wanted = length // 3 if first.lang == "zh" else length
        while sum(map(len, parts)) < wanted:
            parts.append(dice.choice(alike).text)
        found.append(document(first.title, "\n\n".join(parts)[:wanted], lang=first.lang))
    return found


def pages() -> list[Document]:
    """Return the articles of the shared corpus's pages, cut to the length of an article."""
    shared = find_shared()
    path = shared / "corpus" / "pages.jsonl" if shared else None
    if path is None or not path.exists():
        return []
    texts = [json.loads(line)["gold"].strip() for line in path.read_text("utf-8").splitlines()]
    return [
        document(text.partition("\n")[0][:100], text[:LENGTH], lang=None) for text in texts if len(text) > 500
    ]


def topics(count: int, vocabulary: Sequence[str]) -> list[TopicConfig]:
    """Invent topics; one of a hundred goes by a word of the articles, all others by a name of their own."""
    dice = random.Random(count)
    found = []
    for number in range(count):
        name = dice.choice(vocabulary) if not number % 100 else _name(dice)
        word, other, third = dice.sample(vocabulary, 3)
        query = dice.choice(_PATTERNS).format(
            name=name, second=_name(dice), word=word, other=other, third=third
        )
        found.append(TopicConfig(id=f"topic-{number}", title=f"Topic {number}", query=query))
    return found


def _name(dice: random.Random) -> str:
    return "".join(dice.choice("bdfgklmnprstvz") + dice.choice("aeiou") for _ in range(4))


def vocabulary(documents: Sequence[Document]) -> list[str]:
    """Return the Latin words of some articles that are long enough to be asked for."""
    words = {word for one in documents for word in one.text_tokens.words}
    return sorted(word for word in words if len(word) > 4 and word.isascii() and word.isalpha())


def shipped() -> tuple[list[TopicConfig], dict[str, TermList]]:
    """Return the topics and lists that come with the program."""
    config = load(REPOSITORY / "config", {}, {})
    return list(config.topics), dict(config.lists)


def _least(work: Callable[[Document], object], shown: Document) -> float:
    """Return the least CPU time of some runs, in ms."""
    best = float("inf")
    for _round in range(ROUNDS):
        begin = time.process_time()
        work(shown)
        best = min(best, time.process_time() - begin)
    return 1000 * best


@dataclass(frozen=True, slots=True)
class _Cost:
    """What articles cost, in ms: the median, the most, and the median ratio to the automaton alone."""

    median: float
    most: float
    ratio: float

    def __str__(self) -> str:
        return f"{self.median:.3f} ms (to {self.most:.2f}, {self.ratio:.1f} of the automaton alone)"


def _cost(compiled: Topics, documents: Sequence[Document]) -> _Cost:
    whole = [_least(compiled.match, one) for one in documents]
    alone = [_least(lambda one: _automaton_alone(compiled, one), one) for one in documents]
    ratio = median(cost / one for cost, one in zip(whole, alone, strict=True))
    return _Cost(median(whole), max(whole), ratio)


def _automaton_alone(compiled: Topics, shown: Document) -> object:
    row = " ".join((*shown.title_tokens.words, *shown.text_tokens.words))
    return compiled._automaton.find_matches_as_indexes(row, overlapping=True)


def main() -> Verdict:
    """Measure and print."""
    dense, real = articles(), pages()
    words = vocabulary((*dense, *real))
    known, lists = shipped()
    compiled, _ = compile_topics(known, lists)
    compiling = 0.0
    ordinary = None
    for count in COUNTS:
        wanted = [*known, *topics(count - len(known), words)]
        begin = time.process_time()
        compiled, problems = compile_topics(wanted, lists)
        compiling = time.process_time() - begin
        assert not problems, problems[0]
        print(f"{count:6} topics: compiled in {compiling:.2f} s")
        print(f"       an article on the shipped topics {_cost(compiled, dense)}")
        if real:
            ordinary = _cost(compiled, real)
            print(f"       an ordinary article {ordinary}")
    by_length = {
        times: median(_least(compiled.match, one) for one in articles(12, times * LENGTH, seed=2))
        for times in LENGTHS
    }
    for times, cost in by_length.items():
        print(f"{times * LENGTH:6} characters against {COUNTS[-1]:,} topics: {cost:.2f} ms")
    growth = by_length[LENGTHS[-1]] / by_length[1] / LENGTHS[-1]
    line = f"matching: {COUNTS[-1]:,} topics compiled in {compiling:.1f} s (bound {COMPILED:g})"
    line += f", {growth:.2f} of linear in the length"
    if ordinary is None:
        return Verdict(None, f"{line}; no ordinary articles here")
    is_met = ordinary.median < BOUND and compiling < COMPILED and growth < STEEPEST
    return Verdict(is_met, f"{line}, {ordinary.median:.2f} ms an ordinary article (bound {BOUND:g})")
