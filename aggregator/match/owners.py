"""Whose a sentence is: how far what it says is said of the topic's subject, and not of somebody else.

A sentence on another company does not count, a sentence on several companies in part, and one without
any goes to whom the one before spoke of. Works on finds and places alone: no language, no outlet.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from aggregator.match.view import Find, View

TITLE: Final = 2.0
LEAD: Final = 1.4
AUTHORITY_CAP: Final = 0.3


@dataclass(slots=True)
class Sentence:
    """What was found in one sentence; each term counts once."""

    weight: float  # of its place
    ours: list[Find] = field(default_factory=list)
    context: dict[str, Find] = field(default_factory=dict)
    others: dict[str, Find] = field(default_factory=dict)
    value: float = 0.0  # what it says of the kind that the topic looks for, 0…1


def sentences(
    view: View, subject: Sequence[Find], context: Sequence[Find], others: Sequence[Find], lead_end: int
) -> dict[int, Sentence]:
    """Return the sentences in which something was found, by number, in order; the title is 0.

    Those that start before the word `lead_end` weigh more.
    """
    found: dict[int, Sentence] = {}

    def at(find: Find) -> Sentence:
        number = view.sentences[find.start]
        if number not in found:
            place = TITLE if find.start < view.border else LEAD if find.start < lead_end else 1.0
            found[number] = Sentence(place)
        return found[number]

    for find in subject:
        at(find).ours.append(find)
    for find in context:
        at(find).context.setdefault(find.needle.pattern, find)
    for find in others:
        at(find).others.setdefault(find.needle.pattern, find)
    for sentence in found.values():
        sentence.value = _value(sentence)
    return dict(sorted(found.items()))


def _value(sentence: Sentence) -> float:
    """Measures and authorities add up; an authority that does nothing says little."""
    measures = authorities = 0.0
    for find in sentence.context.values():
        if find.needle.is_authority:
            authorities += find.needle.weight
        else:
            measures += find.needle.weight
    return min(1.0, measures + authorities) if measures else min(AUTHORITY_CAP, authorities)


def owners(view: View, found: Mapping[int, Sentence], *, is_company: bool) -> dict[int, float]:
    """Say how far each sentence belongs to the topic, 0…1."""
    shares: dict[int, float] = {}
    waiting: list[int] = []
    last: float | None = None
    before, after = _reach(view, found, is_company=is_company)
    for number, sentence in found.items():
        others = sentence.others if is_company else {}
        if sentence.ours:
            last = _shared(sentence) if others else 1.0
        elif others:
            last = 0.0
        elif last is None:
            waiting.append(number)
            continue
        else:
            last *= after
        shares[number] = last
        shares |= dict.fromkeys(waiting, before * last)
        waiting.clear()
    return shares | dict.fromkeys(waiting, 0.0)


def _reach(view: View, found: Mapping[int, Sentence], *, is_company: bool) -> tuple[float, float]:
    """How far what stands before the first name, and after each, speaks of it too."""
    named = [sentence for sentence in found.values() if sentence.ours]
    if len(named) > 1:
        return 0.7, 1.0
    # A headline that teases names nobody; who is named first at the start of the text is meant.
    leads = bool(named) and _is_early(view, named[0].ours[0])
    if is_company:
        return (0.7, 0.8) if leads else (0.2, 0.6)
    return (0.3, 0.6) if leads else (0.0, 0.3)


def _is_early(view: View, find: Find) -> bool:
    """Whether a name stands in the title, the lead, or anywhere in the first paragraph of several."""
    first = view.border + 1
    if find.start < view.lead_end:
        return True
    is_first = view.paragraphs[find.start] == view.paragraphs[first]
    return is_first and view.paragraphs[-1] != view.paragraphs[first]


def _shared(sentence: Sentence) -> float:
    """Our part of a sentence that names other companies too."""
    if len(sentence.others) >= 2:
        return 0.25
    first = min(find.start for find in sentence.others.values())
    return 0.7 if sentence.ours[0].start < first else 0.5
