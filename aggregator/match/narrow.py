"""What of a plan can be asked before any text is read: of the search index, and of an item's attributes.

Both say which items cannot match; neither ever says that one does. What they cannot tell they let pass.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType

from aggregator.match.plan import Any, Close, Condition, Every, Other, Pattern, Plan, Terms, Without
from aggregator.model import AllOf, AnyOf, Document, Key, Narrowing
from aggregator.text.indexing import phrase_keys

_MOST = 2_000  # keys of one question to the index; what would need more is not asked
_DEEP = 8  # groups inside one another


def narrowing(
    plan: Plan, others: Mapping[str, Plan] = MappingProxyType({}), depth: int = 0
) -> Narrowing | None:
    """Return what every text that can match holds, the plans of other topics being known or not.

    None promises nothing.
    """
    if depth > _DEEP:
        return None
    match plan:
        case Terms(terms, zone):
            patterns = terms.patterns()
            if len(patterns) > _MOST:
                return None
            return either([_phrase(pattern, zone) for pattern in sorted(patterns)])
        case Every(children):
            return _all(narrowing(child, others, depth + 1) for child in children)
        case Close(left, right):
            return _all((narrowing(left, others, depth + 1), narrowing(right, others, depth + 1)))
        case Any(children):
            return either([narrowing(child, others, depth + 1) for child in children])
        case Other(topic_id) if topic_id in others:
            return narrowing(others[topic_id], others, depth + 1)
        case _:
            return None


def either(parts: Iterable[Narrowing | None]) -> Narrowing | None:
    """Return what holds where one of some parts does; None if one of them promises nothing."""
    found: list[Narrowing] = []
    room = _MOST
    for part in parts:
        if part is None:
            return None
        room -= _size(part)
        if room < 0:
            return None
        found += part.children if isinstance(part, AnyOf) else (part,)
    alternatives = tuple(dict.fromkeys(found))
    if not alternatives:
        return None
    return alternatives[0] if len(alternatives) == 1 else AnyOf(alternatives)


def _all(parts: Iterable[Narrowing | None]) -> Narrowing | None:
    found: list[Narrowing] = []
    room = _MOST
    for part in sorted((one for one in parts if one is not None), key=_size):
        room -= _size(part)
        if room < 0:  # some of what must hold is enough
            break
        found += part.children if isinstance(part, AllOf) else (part,)
    needed = tuple(dict.fromkeys(found))
    if len(needed) < 2:
        return needed[0] if needed else None
    return AllOf(needed)


def _phrase(pattern: str, zone: str) -> Narrowing | None:
    """Read a pattern of the automaton, a run of words between blanks, as keys."""
    if not pattern.startswith(" ") or not pattern.strip():
        return None
    keys = phrase_keys(pattern.split(), is_prefix=not pattern.endswith(" "), in_title=zone == "title")
    return keys[0] if len(keys) == 1 else AllOf(keys)


def _size(part: Narrowing) -> int:
    return 1 if isinstance(part, Key) else sum(_size(child) for child in part.children)


def dates(plan: Plan) -> tuple[datetime | None, datetime | None]:
    """Return from when and before when an item that matches was published."""
    low: datetime | None = None
    high: datetime | None = None
    for part in plan.children if isinstance(plan, Every) else (plan,):
        if isinstance(part, Condition) and part.between:
            start, end = part.between
            low, high = max(low or start, start), min(high or end, end)
    return low, high


def may_hold(plan: Plan, document: Document, decided: Mapping[str, bool] | None = None) -> bool:
    """Tell whether a plan can hold for a document by its attributes, its words unread.

    `decided` says which other topics it matches; without it nothing is known of them.
    """
    match plan:
        case Condition(test):
            return test(document)
        case Without(Condition(test)):
            return not test(document)
        case Other(topic_id):
            return decided is None or decided.get(topic_id, False)
        case Without(Other(topic_id)):
            return decided is None or not decided.get(topic_id, False)
        case Every(children):
            return all(may_hold(child, document, decided) for child in children)
        case Any(children):
            return any(may_hold(child, document, decided) for child in children)
        case Terms() | Pattern() | Close() | Without():
            return True
