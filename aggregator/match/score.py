"""How much a document is about a topic, from 0 to 10, in parts that can be read and checked.

Each sentence is worth what is said in it (a strong term .45, a weak one .2, an authority .3, at most 1;
an authority without a measure at most .3) times its place (title 2, first sentences 1.4). It counts for
the topic as far as the topic owns it: a sentence on another company does not, a sentence on several
companies in part, and a sentence without any goes to whom the one before spoke of. Nothing here knows
a language, an outlet or a topic.
"""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Final

from aggregator.match.terms import STRONG, TermSet
from aggregator.match.view import Find, View

TITLE: Final = 2.0
LEAD: Final = 1.4
_AUTHORITY_CAP: Final = 0.3
_MOST: Final = 1000  # finds of a kind that count; a hostile text may hold any number
_PAIRED: Final = 40  # measures of one sentence that are held against each subject


@dataclass(frozen=True, slots=True)
class Weights:
    """Points of each part; `[score]` in a topic file overrides them by name."""

    threshold: float = 3.0  # published from here
    near_miss: float = 1.0  # kept with its reasons from here
    amount: float = 4.0  # for much that is said on the topic, saturating
    share: float = 3.0  # if all that is said of the kind belongs to the topic
    closeness: float = 2.0  # subject and measure side by side
    title: float = 1.5  # subject and measure in the title
    title_subject: float = 0.5  # the subject alone in the title
    other_title: float = -1.5  # another company in the title, ours not
    business: float = -3.0  # business words outweigh the measures
    private: float = -4.0  # a suit between private parties
    once: float = -1.0  # a company is mentioned once, outside title and lead
    passing: float = -2.0  # anything else is mentioned once, outside the title
    excess: float = 0.0  # taken off always: raise it for a stricter topic


PARTS: Final = frozenset(one.name for one in fields(Weights))


@dataclass(frozen=True, slots=True)
class Extras:
    """The shipped lists that the default score leans on; an absent list is None."""

    companies: TermSet | None = None
    business: TermSet | None = None
    private: TermSet | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a score, with the find that shows it best."""

    name: str
    points: float
    note: str = ""
    find: Find | None = None


@dataclass(frozen=True, slots=True)
class Score:
    """The points of a document for one route, clamped to 0…10."""

    total: float
    parts: tuple[Part, ...]


@dataclass(slots=True)
class _Sentence:
    weight: float
    ours: list[Find] = field(default_factory=list)
    context: dict[str, Find] = field(default_factory=dict)
    others: dict[str, Find] = field(default_factory=dict)

    @property
    def value(self) -> float:
        """What the sentence says of the kind that the topic looks for."""
        measures = sum(find.needle.weight for find in self.context.values() if not find.needle.is_authority)
        authorities = sum(find.needle.weight for find in self.context.values() if find.needle.is_authority)
        return min(1.0, measures + authorities) if measures else min(_AUTHORITY_CAP, authorities)


@dataclass(frozen=True, slots=True)
class Evidence:
    """The finds that a route is scored on."""

    subject: Sequence[Find]
    context: Sequence[Find]
    others: Sequence[Find] = ()
    business: int = 0
    private: int = 0
    is_company: bool = False  # the subject is a company: sentences have owners


def score(view: View, evidence: Evidence, weights: Weights) -> Score:
    """Score one route on a document; in a digest the best section alone counts."""
    if not evidence.subject:
        return Score(5.0, (Part("conditions", 5.0, "the query asks for no words"),))
    evidence = replace(
        evidence,
        subject=evidence.subject[:_MOST],
        context=evidence.context[:_MOST],
        others=evidence.others[:_MOST],
    )
    if not view.is_digest:
        return _scored(view, evidence, weights)
    subject, context, others = (
        _by_paragraph(view, finds) for finds in (evidence.subject, evidence.context, evidence.others)
    )
    sections: dict[int, Evidence] = {}
    for number in sorted(
        {view.paragraphs[find.start] for find in evidence.subject if find.start > view.border}
    ):
        sections[number] = Evidence(
            subject.get(number, ()),
            context.get(number, ()),
            others.get(number, ()),
            is_company=evidence.is_company,
        )
    scores = [_scored(view, section, weights) for section in sections.values()]
    return max(scores, key=lambda one: one.total, default=Score(0.0, ()))


def _by_paragraph(view: View, finds: Sequence[Find]) -> dict[int, tuple[Find, ...]]:
    found: dict[int, list[Find]] = defaultdict(list)
    for find in finds:
        found[view.paragraphs[find.start]].append(find)
    return {number: tuple(inside) for number, inside in found.items()}


def _scored(view: View, evidence: Evidence, weights: Weights) -> Score:
    sentences = _sentences(view, evidence)
    owners = _owners(sentences, is_company=evidence.is_company)
    own = total = 0.0
    for number, sentence in sentences.items():
        value = sentence.weight * sentence.value
        total += value
        own += value * owners[number]
    parts: list[Part] = []
    if total:
        best = max(sentences, key=lambda n: sentences[n].weight * sentences[n].value * owners[n])
        shown = max(sentences[best].context.values(), key=lambda find: find.needle.weight, default=None)
        parts.append(Part("amount", weights.amount * (1 - math.exp(-own / 1.2)), f"{own:.1f}", shown))
        parts.append(Part("share", weights.share * (own / total) * min(1.0, own), f"{own / total:.0%}"))
        parts.append(_closeness(view, evidence, owners, weights))
    parts += _places(view, evidence, sentences, weights)
    said = len(evidence.context)
    if evidence.business:
        rate = evidence.business / (evidence.business + said)
        parts.append(
            Part("business", weights.business * max(0.0, rate - 0.3) / 0.7, f"{rate:.0%} of the words")
        )
    if evidence.private:
        rate = evidence.private / (evidence.private + said)
        parts.append(Part("private", weights.private * rate, f"{rate:.0%} of the words"))
    if weights.excess:
        parts.append(Part("excess", -weights.excess))
    kept = tuple(part for part in parts if abs(part.points) >= 0.05)
    return Score(min(10.0, max(0.0, sum(part.points for part in kept))), kept)


def _sentences(view: View, evidence: Evidence) -> dict[int, _Sentence]:
    found: dict[int, _Sentence] = {}

    def at(find: Find) -> _Sentence:
        number = view.sentences[find.start]
        if number not in found:
            place = TITLE if find.start < view.border else LEAD if find.start < view.lead_end else 1.0
            found[number] = _Sentence(place)
        return found[number]

    for find in evidence.subject:
        at(find).ours.append(find)
    for find in evidence.context:
        at(find).context.setdefault(find.needle.pattern, find)
    for find in evidence.others:
        at(find).others.setdefault(find.needle.pattern, find)
    return dict(sorted(found.items()))


def _owners(sentences: Mapping[int, _Sentence], *, is_company: bool) -> dict[int, float]:
    """Say how far each sentence belongs to the topic, 0…1."""
    owners: dict[int, float] = {}
    waiting: list[int] = []
    last: float | None = None
    # What stands around the names speaks of them too, if the text stays with them.
    stays = sum(1 for sentence in sentences.values() if sentence.ours) > 1
    before, after = (0.7, 1.0) if stays else (0.2, 0.6) if is_company else (0.0, 0.3)
    for number, sentence in sentences.items():
        others = sentence.others if is_company else {}
        if sentence.ours:
            if not others:
                last = 1.0
            elif len(others) >= 2:
                last = 0.25
            else:
                first = min(find.start for find in others.values())
                last = 0.7 if sentence.ours[0].start < first else 0.5
        elif others:
            last = 0.0
        elif last is None:
            waiting.append(number)
            continue
        else:
            last *= after
        owners[number] = last
        owners |= dict.fromkeys(waiting, before * last)
        waiting.clear()
    return owners | dict.fromkeys(waiting, 0.0)


def _closeness(view: View, evidence: Evidence, owners: Mapping[int, float], weights: Weights) -> Part:
    """Nearest pair of subject and measure in one sentence; weak signs and shared sentences earn less."""
    measures: dict[int, list[Find]] = defaultdict(list)
    for find in evidence.context:
        if not find.needle.is_authority:
            inside = measures[view.sentences[find.start]]
            if len(inside) < _PAIRED:
                inside.append(find)
    best, words, pair = 0.0, 0.0, None
    for find in evidence.subject:
        for other in measures.get(view.sentences[find.start], ()):
            if other is find:
                continue
            first, second = (find, other) if find.start <= other.start else (other, find)
            gap = max(0, view.units[second.start] - view.units[first.end]) / 2
            owner = owners[view.sentences[find.start]]
            points = owner * min(1.0, other.needle.weight / STRONG) / (1 + gap / 10)
            if points > best:
                best, words, pair = points, gap, Find(first.start, second.end, other.needle)
    return Part("closeness", weights.closeness * best, f"{words:.0f} words apart" if pair else "", pair)


def _places(
    view: View, evidence: Evidence, sentences: Mapping[int, _Sentence], weights: Weights
) -> list[Part]:
    title = sentences.get(0) if view.border else None
    if title and title.ours:
        points = max(weights.title_subject, weights.title * min(1.0, title.value / STRONG))
        return [Part("title", points, "", title.ours[0])]
    parts = []
    if title and title.others and evidence.is_company:
        parts.append(Part("other_title", weights.other_title, "", next(iter(title.others.values()))))
    if len(evidence.subject) == 1 and not view.is_digest:
        (find,) = evidence.subject
        if not evidence.is_company:
            parts.append(Part("passing", weights.passing, "", find))
        elif find.start >= view.lead_end:
            parts.append(Part("once", weights.once, "", find))
    return parts
