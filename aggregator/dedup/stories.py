"""Whether two items report the same event, in whatever words and language, and which story one belongs to.

Names, figures, days and countries speak for it, as far as they are rare, and across languages the kind of
event; figures, names and headlines that all differ speak against it, and so does time. A company, a country
and a kind of event that all know are in the news on many days: they make no story by themselves. Wording
that is shared without the facts is a template: never one story. A report is weighed against all reports of
a story, not against the best one, and stories become one only by their own reports: what a text of several
articles touches stays apart. Precision comes first: a wrong story hides an event, a missed one shows it
twice.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from aggregator.dedup import people
from aggregator.dedup.glossary import MARK
from aggregator.dedup.traits import figure_key, is_code, name_key, person_key, place_key, term_key
from aggregator.model import Report, StoryEvidence, Traits

Rarity = Callable[[str], float]  # of a key of `traits`: 0 (everywhere) … 1 (here alone)

WINDOW = timedelta(days=6)  # between the dates of two reports of one event
_JOIN = 0.0  # what the best report of a story must reach
_MEAN = -0.8  # what all of them must reach on average
_FOREIGN, _MOST_FOREIGN = -2.0, 0.2  # below it two reports tell different events; the share of such pairs
_BASE, _BASE_ONE_LANGUAGE = -1.5, -3.6  # in one language, reports of one event share their wording, too
_NAME, _FIGURE, _PLACE, _DAY, _WORDS = 1.45, 2.8, 0.8, 0.7, 8.0
_OTHER_PLACES, _OTHER_FIGURES, _OTHER_NAMES, _PER_DAY = -1.0, -1.5, -1.4, -1.0
_FAR_DAY, _AROUND = 1.4, 7  # a day further from the report than that many days is no chance
_MOST_DAYS = 2.0  # that days count for
_SOON = 1.0  # days in which all report an event
_KNOWN = 0.6  # what a name that all know counts: it is in the news on any day
_PERSON = 1.0  # what a Chinese name found by its sound counts
_KINDS, _KINDS_BY_CHANCE = 2.0, 0.2  # of what happens, across languages
_MOST_COMMON = 1.0  # what all know, countries and the kind of event make no story by themselves
_OTHER_SUBJECT = -1.2  # for a headline of whose subjects the other report knows nothing
_CODE = 2.0  # what a name of letters and digits counts: `1260H` is no chance
_SAME_NAME = 0.15  # what a word counts that follows another shared one in both: `Ant Financial`
_FURTHER = 0.7  # what each further name counts of the one before it
_MOST = 3.0  # that names, or figures, count for
_IN_ONE_LEAD, _IN_NO_LEAD = 0.65, 0.35  # of what a trait counts in both leads
_TOLERANCE = 0.01
_WORTH = (0.35, 0.6, 1.0)  # of a figure with one, two or more digits that tell
_NUMEROUS, _FEW = 32, 0.2  # below it stand days, hours, ages of children
_WHOLE_SHARE = 0.2  # there are a hundred of them
_LARGE, _LARGE_MORE = 10**6, 0.25
_TELLING = 0.6  # worth of a figure whose absence counts
_TEMPLATE = 0.3  # share of headline and lead that two reports of their own do not have in common
_TEMPLATE_FIGURES = 0.5  # figures that make up for it
_OWN = 3  # names, figures and countries in a lead of which the other report knows nothing
_LEAST, _TOO_LITTLE = 2, -1.0  # traits that must be shared; one alone is chance
_LEAD_WORDS = 0.1  # share of headline and lead in common, where no trait stands in both
# German writes every noun like a name, Chinese and Japanese have no capitals.
_WITHOUT_CAPITALS = frozenset(("de", "ja", "zh"))
_PRIOR = 30  # items that a young stream is taken to have seen before


@dataclass(frozen=True, slots=True)
class Weighed:
    """How much speaks for two reports telling one event; above zero it is more likely than not."""

    score: float
    note: str
    is_template: bool = False


def rarity(counts: Mapping[str, int], seen: int) -> Rarity:
    """Return how rare keys are among the items of the window, from how many have each."""
    whole = math.log(seen + _PRIOR)

    def of(key: str) -> float:
        return max(0.0, math.log((seen + _PRIOR) / (counts.get(key, 0) + 1)) / whole)

    return of


def worth(count: int, seen: int) -> float:
    """Return what it is worth to share a key that `count` of the `seen` items of the window have."""
    return rarity({"": count}, seen)("") ** 3


def find_stories(
    report: Report,
    others: Sequence[Report],
    rare: Rarity,
    *,
    own: int | None = None,
    window: timedelta = WINDOW,
) -> tuple[StoryEvidence, ...]:
    """Find the stories that a report belongs to, the most likely first; several are one and the same.

    `others` are the reports of the stories in question, all of them or the newest of each; `own` is the
    story that the report is in already, with which the others have to be one.
    """
    stories: dict[int, list[Report]] = {}
    for other in others:
        if abs(other.published_at - report.published_at) <= window:
            stories.setdefault(other.story_id, []).append(other)
    found = []
    for story_id, members in stories.items():
        weighed = [weigh(report, member, rare) for member in members]
        best = max(range(len(members)), key=lambda at: (weighed[at].score, -members[at].item_id))
        if weighed[best].score >= _JOIN and _are_one(weighed):
            evidence = StoryEvidence(
                story_id, members[best].item_id, round(weighed[best].score, 2), weighed[best].note
            )
            found.append((-evidence.score, story_id, evidence))
    return tuple(_agreeing([evidence for _, _, evidence in sorted(found)], stories, rare, own))


def _agreeing(
    found: Sequence[StoryEvidence], stories: Mapping[int, Sequence[Report]], rare: Rarity, own: int | None
) -> list[StoryEvidence]:
    """Keep the report's own story or else the best one, and those that are one with it by their own reports.

    A report that tells of two events is like the reports of both, and they are not like one another.
    """
    mine = stories.get(own, ()) if own is not None else ()
    kept = []
    for evidence in found:
        theirs = stories[evidence.story_id]
        if evidence.story_id == own:
            kept.append(evidence)
        elif not mine or _are_one([weigh(one, other, rare) for one in mine for other in theirs]):
            kept.append(evidence)
            mine = (*mine, *theirs)
    return kept


def _are_one(weighed: Sequence[Weighed]) -> bool:
    """Tell whether reports are of one event as a whole, not by some of them alone."""
    foreign = sum(each.score < _FOREIGN for each in weighed)
    mean = sum(each.score for each in weighed) / len(weighed)
    return (
        mean >= _MEAN
        and foreign <= _MOST_FOREIGN * len(weighed)
        and not any(each.is_template for each in weighed)
    )


def weigh(one: Report, other: Report, rare: Rarity) -> Weighed:
    """Weigh what two reports share against what they do not."""
    first, second = one.traits, other.traits
    names, known, shared_names = _names(first, second, rare)
    figures, shared_figures = _figures(first, second, rare)
    shared_places = sorted({*first.places} & {*second.places})
    shared_days = {*first.days} & {*second.days}
    is_one_language = one.lang == other.lang
    words = _wording(first, second) if is_one_language else 0.0
    shared_people = _people(one, other)
    kinds = 0.0 if is_one_language else _kinds(first, second)
    score = (
        (
            _BASE_ONE_LANGUAGE + _WORDS * min(max(words, _rare_words(first, second, rare)), _TEMPLATE)
            if is_one_language
            else _BASE
        )
        + _NAME * min(names, _MOST)
        + min(
            _NAME * min(known, _MOST)
            + _PLACE * min(sum(rare(place_key(place)) for place in shared_places), 2)
            + max(kinds, 0.0),
            _MOST_COMMON,
        )
        + min(kinds, 0.0)
        + _PERSON * sum(rare(person_key(person)) for person in shared_people)
        + _FIGURE * min(figures, _MOST)
        + _OTHER_SUBJECT * (_absent(one, other) + _absent(other, one)) / 2
        + min(sum(_day(day, one.published_at) for day in shared_days), _MOST_DAYS)
        + _PER_DAY * max(0.0, abs(one.published_at - other.published_at) / timedelta(days=1) - _SOON)
    )
    if first.places and second.places and not shared_places:
        score += _OTHER_PLACES
    if not shared_figures and _has_telling(first) and _has_telling(second):
        score += _OTHER_FIGURES
    if not shared_names and _is_named(one) and _is_named(other):
        score += _OTHER_NAMES
    if not (shared_names or shared_people or shared_places or shared_days or words or kinds > 0):
        score = min(score, _TOO_LITTLE)  # a long text has some of all figures
    if (
        sum(1 + is_code(name) for name in shared_names)
        + len(shared_people)
        + len(shared_figures)
        + len(shared_places)
        + len(shared_days)
        < _LEAST
    ):
        score = min(score, _TOO_LITTLE)
    if not (shared_people or shared_places or words >= _LEAD_WORDS or _do_leads_meet(first, second)):
        score = min(score, _TOO_LITTLE)  # further down a text tells of other things, too
    is_template = words >= _TEMPLATE and (
        figures < _TEMPLATE_FIGURES or min(_own(first, second), _own(second, first)) >= _OWN
    )
    parts = (
        ("names", [*(name.removeprefix(MARK) for name in shared_names), *shared_people]),
        ("figures", [_shown(value, is_share) for value, is_share in shared_figures]),
        ("countries", shared_places),
        ("days", [f"{month}-{day}" for month, day in sorted(shared_days)]),
    )
    note = "; ".join(f"{what} {', '.join(values[:6])}" for what, values in parts if values)
    return Weighed(score, note or "the same words", is_template)


def _names(first: Traits, second: Traits, rare: Rarity) -> tuple[float, float, list[str]]:
    """Return what shared names are worth, what known ones are, and all of them."""
    places = {name: at for at, name in enumerate(second.names)}
    found = []
    for at, name in enumerate(first.names):
        if name in places:
            leads = (at < first.lead_names) + (places[name] < second.lead_names)
            much = _KNOWN if name[0] == MARK else _CODE if is_code(name) else 1.0
            if at and places.get(first.names[at - 1]) == places[name] - 1 and name[0] != MARK:
                much *= _SAME_NAME
            found.append((rare(name_key(name)) ** 2 * _weight(leads) * much, name))
    # The names of one affair come together: each further one tells less.
    found.sort(reverse=True)
    known = [value for value, name in found if name[0] == MARK]
    others = [value for value, name in found if name[0] != MARK]
    return _falling(others), _falling(known), [name for _, name in found]


def _do_leads_meet(first: Traits, second: Traits) -> bool:
    """Tell whether a name or a figure stands in both leads."""
    names = {*first.names[: first.lead_names]} & {*second.names[: second.lead_names]}
    return bool(names) or any(
        _is_same(figure, other)
        for figure in first.figures[: first.lead_figures]
        for other in second.figures[: second.lead_figures]
    )


def _is_same(figure: tuple[float, bool], other: tuple[float, bool]) -> bool:
    (value, is_share), (other_value, is_other_share) = figure, other
    tolerance = _TOLERANCE * max(abs(value), abs(other_value))
    return is_share == is_other_share and abs(value - other_value) <= tolerance


def _falling(values: Sequence[float]) -> float:
    return sum(value * _FURTHER**at for at, value in enumerate(values))


def _absent(one: Report, other: Report) -> float:
    """Return the share of a headline's subjects that the other report does not name, 0…1."""
    is_spelt_alike = not {one.lang, other.lang} & _WITHOUT_CAPITALS
    subjects = [each for each in one.traits.subjects if is_spelt_alike or each[0] == MARK or each.isupper()]
    known = {*other.traits.names, *other.traits.places}
    return sum(each not in known for each in subjects) / max(len(subjects), 1)


def _people(one: Report, other: Report) -> list[str]:
    """Return the people found by sound in both, if one text is in Chinese and the other is not.

    None where the headline is about somebody whom the Chinese text does not name: those that both do name
    are then mentioned in passing, as an earlier winner of a prize is.
    """
    if (one.lang == "zh") == (other.lang == "zh"):
        return []
    latin, han = (other, one) if one.lang == "zh" else (one, other)
    shared = {*latin.traits.people} & {*han.traits.people}
    headline = {
        *people.in_latin([each for each in latin.traits.subjects if each[0] != MARK and each.islower()])
    }
    if headline and not headline & shared:
        return []
    # 刘家琨 holds 刘家, too.
    return [each for each in sorted(shared) if not any(each in more for more in shared if more != each)]


def _kinds(first: Traits, second: Traits) -> float:
    """Return what it says that two texts tell of the same kind of event, or of another."""
    if not first.kinds or not second.kinds:
        return 0.0
    both = len({*first.kinds} & {*second.kinds})
    return _KINDS * (both / math.sqrt(len(first.kinds) * len(second.kinds)) - _KINDS_BY_CHANCE)


def _figures(first: Traits, second: Traits, rare: Rarity) -> tuple[float, list[tuple[float, bool]]]:
    total, shared = 0.0, []
    for at, (value, is_share) in enumerate(first.figures):
        reach = 2 * _TOLERANCE * abs(value)  # wider than what is alike: most are told apart by this alone
        low, high = value - reach, value + reach
        for other_at, (other, is_other_share) in enumerate(second.figures):
            if not low <= other <= high:
                continue
            if _is_same((value, is_share), (other, is_other_share)):
                leads = (at < first.lead_figures) + (other_at < second.lead_figures)
                worth = min(_worth(value, is_share), _worth(other, is_share))
                total += worth * rare(figure_key(value, is_share)) * _weight(leads)
                shared.append((value, is_share))
                break
    return total, shared


def _day(day: tuple[int, int], published_at: datetime) -> float:
    """Return what it tells that two texts name a day: all name those around the event."""
    apart = abs((day[0] - published_at.month) * 30 + day[1] - published_at.day)
    return _DAY if min(apart, 360 - apart) <= _AROUND else _FAR_DAY


def _own(one: Traits, other: Traits) -> int:
    """Count what the lead of a report states and the other report does not."""
    names = set(one.names[: one.lead_names]) - set(other.names)
    figures = [
        value
        for value, _ in one.figures[: one.lead_figures]
        if not any(abs(value - each) <= _TOLERANCE * max(value, each) for each, _ in other.figures)
    ]
    return len(names) + len(figures) + len(set(one.places) - set(other.places))


def _weight(leads: int) -> float:
    return (_IN_NO_LEAD, _IN_ONE_LEAD, 1.0)[leads]


def _worth(value: float, is_share: bool) -> float:
    """Return what it tells that two texts have a figure: 418 more than 400, 3.4 billion more than 34."""
    if is_share and value == int(value):
        return _WHOLE_SHARE
    digits = len(f"{value:.6e}".partition("e")[0].rstrip("0").replace(".", ""))
    more = _LARGE_MORE if abs(value) >= _LARGE else 0.0
    if value < _NUMEROUS and value == int(value):
        return _FEW
    return min(_WORTH[min(digits, len(_WORTH)) - 1] + more, 1.0)


def _has_telling(traits: Traits) -> bool:
    return any(_worth(*figure) >= _TELLING for figure in traits.figures[: traits.lead_figures])


def _is_named(report: Report) -> bool:
    return report.traits.lead_names >= 2 and report.lang not in _WITHOUT_CAPITALS


def _wording(first: Traits, second: Traits) -> float:
    """Return the share of headline and lead that two texts have in common (cosine), 0…1."""
    both = len({*first.terms} & {*second.terms})
    return both / math.sqrt(len(first.terms) * len(second.terms)) if both else 0.0


def _rare_words(first: Traits, second: Traits, rare: Rarity) -> float:
    """Return what rare words share of headline and lead, 0…1; only of Han texts, which have no capitals."""
    both = {term for term in {*first.terms} & {*second.terms} if term[0] > "\u2fff"}
    shared = sum(rare(term_key(term)) ** 2 for term in sorted(both))
    return shared / math.sqrt(len(first.terms) * len(second.terms)) if shared else 0.0


def _shown(value: float, is_share: bool) -> str:
    return f"{value:,.12g}{' %' if is_share else ''}"
