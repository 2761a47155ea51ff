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
from dataclasses import dataclass, fields, replace
from typing import Final

from aggregator.match.evidence import Evidence
from aggregator.match.owners import AUTHORITY_CAP, Sentence, owners, sentences
from aggregator.match.terms import STRONG
from aggregator.match.view import Find, View

_FINDS: Final = 1000  # finds of a kind that count; a hostile text may hold any number
_PAIRED: Final = 40  # measures of one sentence that are held against each subject
_SHORT: Final = 4  # sentences from which it is asked how many of them are on the topic
_LONG: Final = 16  # sentences that stand for a long text
_SPREAD: Final = 0.3  # the part of the sentences that is enough
_WEAK: Final = 0.9  # what sentences with weak signs alone add up to at most
_ENOUGH: Final = 0.6  # the value of a sentence that says enough
_OURS: Final = 0.4  # the owner's share from which a sentence counts as on the topic


@dataclass(frozen=True, slots=True)
class Weights:
    """Points of each part; `[score]` in a topic file overrides them by name."""

    threshold: float = 3.0  # published from here
    near_miss: float = 1.0  # kept with its reasons from here
    amount: float = 4.5  # for much that is said on the topic, saturating
    share: float = 2.5  # if all that is said of the kind belongs to the topic
    closeness: float = 1.3  # subject and measure side by side
    named: float = 1.0  # the subject named in three sentences or more, where the topic is spoken of
    title: float = 1.2  # subject and measure in the title
    title_subject: float = 0.5  # the subject alone in the title
    other_title: float = -1.0  # another company in the title, ours not
    business: float = -5.0  # business words outweigh the measures
    means: float = -5.0  # words of those who merely use it outweigh the measures
    private: float = -5.0  # a suit between private parties
    business_title: float = -2.0  # the title names the subject beside words of business, and no measure
    means_title: float = -2.0  # such a word in the title
    private_title: float = -2.0  # the title tells of a suit between private parties
    once: float = -0.75  # a company is mentioned once, outside title and lead
    passing: float = -3.0  # anything else is mentioned once, outside the title; less of it in the lead
    thin: float = -2.0  # few sentences of the text are on the topic, and the title does not name it
    no_authority: float = -1.0  # nobody is named who could supervise
    mild: float = -1.0  # no sentence of its own says much: an authority or weak signs alone
    excess: float = 0.0  # taken off always: raise it for a stricter topic


MOST: Final = 10.0
THRESHOLDS: Final = ("threshold", "near_miss")
PARTS: Final = frozenset(one.name for one in fields(Weights))


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


def score(view: View, evidence: Evidence, weights: Weights) -> Score:
    """Score one route on a document; in a digest the best section alone counts."""
    if not evidence.subject:
        return Score(5.0, (Part("conditions", 5.0, "the query asks for no words"),))
    evidence = replace(
        evidence,
        subject=evidence.subject[:_FINDS],
        context=evidence.context[:_FINDS],
        others=evidence.others[:_FINDS],
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
            asks_authority=evidence.asks_authority,
            is_plain=evidence.is_plain,
        )
    scores = [_scored(view, section, weights) for section in sections.values()]
    return max(scores, key=lambda one: one.total, default=Score(0.0, ()))


def _by_paragraph(view: View, finds: Sequence[Find]) -> dict[int, tuple[Find, ...]]:
    found: dict[int, list[Find]] = defaultdict(list)
    for find in finds:
        found[view.paragraphs[find.start]].append(find)
    return {number: tuple(inside) for number, inside in found.items()}


def _scored(view: View, evidence: Evidence, weights: Weights) -> Score:
    # A few sentences are all lead to who asks for a word alone.
    lead_end = len(view.words) if evidence.is_plain and view.length <= _SHORT else view.lead_end
    found = sentences(view, evidence.subject, evidence.context, evidence.others, lead_end)
    shares = owners(view, found, is_company=evidence.is_company)
    strong = weak = total = 0.0
    for number, sentence in found.items():
        value = sentence.weight * sentence.value
        total += value
        if sentence.value < STRONG:
            weak += value * shares[number]
        else:
            strong += value * shares[number]
    own = strong + min(weak, _WEAK)
    parts: list[Part] = []
    if total:
        best = max(found, key=lambda n: found[n].weight * found[n].value * shares[n])
        shown = max(found[best].context.values(), key=lambda find: find.needle.weight, default=None)
        parts.append(Part("amount", weights.amount * (1 - math.exp(-own / 1.2)), f"{own:.1f}", shown))
        part = (strong + weak) / total
        parts.append(Part("share", weights.share * part * min(1.0, own), f"{part:.0%}"))
        parts.append(_closeness(view, evidence, shares, weights))
        named = sum(1 for sentence in found.values() if sentence.ours)
        if named > 1:
            points = weights.named * min(1.0, (named - 1) / 2) * min(1.0, total / 1.5)
            parts.append(Part("named", points, f"in {named} sentences"))
    parts += _title(view, evidence, found.get(0), weights)
    if not view.is_digest:
        parts += _presence(view, evidence, found, shares, weights)
    said = len(evidence.context)
    # Some business is in every text on a company.
    for name, finds, most, free in (
        ("business", evidence.business, weights.business, 0.3),
        ("means", evidence.means, weights.means, 0.15),
    ):
        rate = len(finds) / (len(finds) + said) if finds else 0.0
        parts.append(Part(name, most * max(0.0, rate - free) / (1 - free), f"{rate:.0%} of the words"))
    if evidence.private:
        rate = len(evidence.private) / (len(evidence.private) + said)
        points = weights.private * rate * min(1.0, len(evidence.private) / 2)
        parts.append(Part("private", points, f"{rate:.0%} of the words"))
    if weights.excess:
        parts.append(Part("excess", -weights.excess))
    kept = tuple(part for part in parts if abs(part.points) >= 0.05)
    return Score(min(MOST, max(0.0, sum(part.points for part in kept))), kept)


def _title(view: View, evidence: Evidence, title: Sentence | None, weights: Weights) -> list[Part]:
    parts = []
    if title and title.ours:
        points = max(weights.title_subject, weights.title * min(1.0, title.value / STRONG))
        parts.append(Part("title", points, "", title.ours[0]))
        business = next((find for find in evidence.business if find.start < view.border), None)
        if business and title.value < STRONG:
            parts.append(Part("business_title", weights.business_title, "", business))
    elif title and title.others and evidence.is_company:
        # Whoever is named at once below takes part in the story, as buyer or target.
        leads = evidence.subject[0].start < view.lead_end
        points = weights.other_title / 2 if leads else weights.other_title
        parts.append(Part("other_title", points, "", next(iter(title.others.values()))))
    if means := next((find for find in evidence.means if find.start < view.border), None):
        parts.append(Part("means_title", weights.means_title, "", means))
    if private := next((find for find in evidence.private if find.start < view.border), None):
        parts.append(Part("private_title", weights.private_title, "", private))
    return parts


def _presence(
    view: View,
    evidence: Evidence,
    found: Mapping[int, Sentence],
    shares: Mapping[int, float],
    weights: Weights,
) -> list[Part]:
    """What tells that the whole text is about the subject: named more than once, in many sentences."""
    parts = []
    first = evidence.subject[0]
    is_late = first.start >= view.lead_end
    # Who asks for a word alone is served by one that a text opens with, or any of a few sentences.
    is_enough = evidence.is_plain and (not is_late or view.length <= _SHORT)
    if len(evidence.subject) == 1 and first.start >= view.border and not is_enough:
        if not evidence.is_company:
            # In the lead the name of a law, of weight 1, says what a text is about; an everyday word may not.
            common = 1.0 if is_late else max(0.0, 1 - first.needle.weight) / (1 - STRONG) * 2 / 3
            parts.append(Part("passing", weights.passing * common, "", first))
        elif is_late:
            parts.append(Part("once", weights.once, "", first))
    if first.start >= view.border and view.length >= _SHORT and not is_enough:
        ours = sum(1 for number in found if number and shares[number] >= _OURS)
        spread = ours / min(view.length, _LONG)
        if spread < _SPREAD:
            missing = 1 - spread / _SPREAD
            parts.append(Part("thin", weights.thin * missing, f"{ours} of {view.length} sentences"))
    if evidence.asks_authority:
        most = max((one.value for number, one in found.items() if shares[number] >= _OURS), default=0.0)
        missing = min(1.0, max(0.0, (_ENOUGH - most) / (_ENOUGH - AUTHORITY_CAP)))
        parts.append(Part("mild", weights.mild * missing))
    if evidence.asks_authority and not any(find.needle.is_authority for find in evidence.context):
        parts.append(Part("no_authority", weights.no_authority))
    return parts


def _closeness(view: View, evidence: Evidence, shares: Mapping[int, float], weights: Weights) -> Part:
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
            owner = shares[view.sentences[find.start]]
            points = owner * min(1.0, other.needle.weight / STRONG) / (1 + gap / 10)
            if points > best:
                best, words, pair = points, gap, Find(first.start, second.end, other.needle)
    return Part("closeness", weights.closeness * best, f"{words:.0f} words apart" if pair else "", pair)
