"""The parsed form of a query: small frozen nodes that print back as the query language.

Nodes know nothing of documents, lists or scores. `at` is the offset in the query, for messages only,
and does not take part in comparison. Depth is bounded by the parser, so walking may recurse.
"""

import dataclasses
import re
from dataclasses import dataclass
from enum import StrEnum


class Mode(StrEnum):
    """How a term is compared with the text."""

    FOLDED = ""
    STEM = "~"
    EXACT = "="


@dataclass(frozen=True, slots=True)
class Term:
    """A word or phrase; with `is_prefix` its last word may go on."""

    text: str
    mode: Mode = Mode.FOLDED
    is_prefix: bool = False
    weight: float | None = None
    at: int = dataclasses.field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Regex:
    """A regular expression on the text as written, letter case ignored."""

    pattern: str
    weight: float | None = None
    at: int = dataclasses.field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class ListRef:
    """`@name`: any term of a list."""

    name: str
    weight: float | None = None
    at: int = dataclasses.field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class TopicRef:
    """`topic:id`: what that topic matches."""

    topic_id: str
    at: int = dataclasses.field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Filter:
    """`lang:fr` and the like: a condition on an attribute of the item."""

    field: str
    value: str
    at: int = dataclasses.field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class In:
    """`title:(…)`: the same, in one zone of the text only."""

    zone: str
    child: "Node"


@dataclass(frozen=True, slots=True)
class Not:
    """Anything but the child."""

    child: "Node"


@dataclass(frozen=True, slots=True)
class And:
    """All children."""

    children: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """At least one child."""

    children: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Near:
    """Both sides close together: within so many words, in one sentence ("s") or paragraph ("p")."""

    left: "Node"
    right: "Node"
    reach: int | str
    at: int = dataclasses.field(default=0, compare=False)


Leaf = Term | Regex | ListRef
Node = Leaf | TopicRef | Filter | In | Not | And | Or | Near

_BARE = re.compile(r"[^\s()\"“”«»~=@/\-^:*?][^\s()\"“”«»^:*]*")
_KEYWORD = re.compile(r"AND|OR|NOT|NEAR(?:/.*)?", re.DOTALL)


# An article or pronoun that French drops its vowel of (`l'amende`); with a capital it belongs to a name.
ELIDED = re.compile(r"(?:[cdjlmnst]|qu|jusqu|lorsqu|puisqu|quoiqu)['’](?=\w{2})")


def show(node: Node) -> str:
    """Print a tree in the query language; parsing the result gives the same tree."""
    match node:
        case Term(text, mode, is_prefix, weight):
            return f"{mode.value}{_quoted(text, star=is_prefix)}{_weight(weight)}"
        case Regex(pattern, weight):
            return f"/{pattern}/{_weight(weight)}"
        case ListRef(name, weight):
            return f"@{name}{_weight(weight)}"
        case TopicRef(topic_id):
            return f"topic:{_quoted(topic_id)}"
        case Filter(name, value):
            return f"{name}:{_quoted(value)}"
        case In(zone, child):
            return f"{zone}:{_grouped(child, Term, Regex, ListRef)}"
        case Not(child):
            return f"-{_grouped(child, Term, Regex, ListRef, TopicRef, Filter, In)}"
        case And(children):
            return " ".join(_grouped(child, *_CLOSE, Near, Not) for child in children)
        case Or(children):
            return " OR ".join(_grouped(child, *_CLOSE, Near, Not, And) for child in children)
        case Near(left, right, reach):
            return f"{_grouped(left, *_CLOSE, Near)} NEAR/{reach} {_grouped(right, *_CLOSE)}"


_CLOSE = (Term, Regex, ListRef, TopicRef, Filter, In)


def _grouped(node: Node, *bare: type[Node]) -> str:
    return show(node) if isinstance(node, bare) else f"({show(node)})"


def _quoted(text: str, *, star: bool = False) -> str:
    tail = "*" if star else ""
    if _BARE.fullmatch(text) and not _KEYWORD.fullmatch(text) and not ELIDED.match(text):
        return text + tail
    return f'"{text}{tail}"'


def _weight(weight: float | None) -> str:
    return "" if weight is None else f"^{weight:g}"
