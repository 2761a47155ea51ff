"""Text of a query -> tree; every mistake is a `QueryError` that says where and what to write instead.

It resolves nothing: whether a list or topic exists is asked in `compile`. Cost is linear in the text,
which may have 100,000 characters; nesting deeper than 60 groups is refused, so that no later step
can run out of stack.
"""

import difflib
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from lark import (
    Lark,
    Token,
    Transformer,
    UnexpectedCharacters,
    UnexpectedInput,
    UnexpectedToken,
    v_args,
)

from aggregator.match.tree import (
    ELIDED,
    And,
    Filter,
    In,
    ListRef,
    Mode,
    Near,
    Node,
    Not,
    Or,
    Regex,
    Term,
    TopicRef,
)
from aggregator.text.tokens import tokenise

MAX_LENGTH: Final = 100_000
MAX_DEPTH: Final = 60
MAX_CHAIN: Final = 20
ZONES: Final = ("title", "lead", "text")
ATTRIBUTES: Final = ("url", "site", "author", "tag", "source", "tier", "lang", "date", "quality")
FIELDS: Final = (*ZONES, *ATTRIBUTES, "topic")
DEFAULT_REACH: Final = 10
_SAID: Final = 300  # characters of a message: names in it may be as long as the query

_GRAMMAR = r"""
start: or_
?or_: and_ | or_ OR and_ -> either
?and_: unary | and_ unary -> both | and_ AND unary -> both
?unary: near | (NOT | MINUS) unary -> negation
?near: weighted | near NEAR weighted -> close
?weighted: atom | atom WEIGHT -> weigh
?atom: WORD -> word | PHRASE -> phrase | (TILDE | EQUALS) (WORD | PHRASE) -> moded
    | ADDRESS -> address | REGEX -> regex | LIST -> listed | FIELD atom -> fielded | "(" or_ ")" -> group

OR.3: /OR(?![^\s()"])/
AND.3: /AND(?![^\s()"])/
NOT.3: /NOT(?![^\s()"])/
NEAR.3: /NEAR(?:\/[^\s()"]*)?(?![^\s()"])/
ADDRESS.5: /(?:(?:url|site):)?https?:\/\/[^\s()"“”«»]+/i
FIELD.4: /[^\W\d_]+:/
MINUS: /-(?=\S)/
TILDE: "~"
EQUALS: "="
LIST: /@[^\s()"^]+/
WEIGHT: /\^[^\s()"]*/
REGEX: /\/(?:[^\/\\\n]|\\.)+\//
PHRASE: /"[^"]*"|“[^”]*”|«[^»]*»/
WORD: /[^\s()"“”«»~=@\/\-^:*?][^\s()"“”«»^:*]*\*?/
%ignore /\s+/
"""


class QueryError(Exception):
    """A mistake in a query, at an offset, with what to write instead."""

    def __init__(self, message: str, at: int, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message if len(message) <= _SAID else f"{message[:_SAID]}…"
        self.at = at
        self.hint = hint
        self.others: tuple[QueryError, ...] = ()  # further mistakes of the same query


class _Many:
    """A growing AND or OR: children are appended, so that long queries cost linear time."""

    def __init__(self, kind: type[And] | type[Or], first: "_Part") -> None:
        self.kind = kind
        self.parts = [first]

    def node(self) -> Node:
        children: dict[Node, None] = {}
        for part in self.parts:
            node = _node(part)
            children |= dict.fromkeys(node.children if isinstance(node, self.kind) else (node,))
        return _merged(self.kind, children)


def _merged(kind: type[And] | type[Or], children: Iterable[Node]) -> Node:
    """Join children, equal ones once: who says it twice says no more."""
    apart = tuple(dict.fromkeys(children))
    return kind(apart) if len(apart) > 1 else apart[0]


_Part = Node | _Many


def _node(part: _Part) -> Node:
    return part.node() if isinstance(part, _Many) else part


def _place(token: Token) -> int:
    return token.start_pos or 0


@v_args(inline=True)
class _Builder(Transformer[Token, Node]):
    """Makes nodes while the parser runs, bottom up: no second walk, no recursion."""

    def start(self, part: _Part) -> Node:
        return _node(part)

    def either(self, left: _Part, _sign: Token, right: _Part) -> _Many:
        return _joined(Or, left, right)

    def both(self, left: _Part, *rest: _Part) -> _Many:
        return _joined(And, left, rest[-1])  # an AND sign may stand between

    def negation(self, _sign: Token, part: _Part) -> Node:
        child = _node(part)
        return child.child if isinstance(child, Not) else Not(child)

    def close(self, left: _Part, sign: Token, right: _Part) -> Node:
        node = _node(left)
        chain, links = node, 1
        while isinstance(chain, Near):
            chain, links = chain.left, links + 1
        if links > MAX_CHAIN:
            raise QueryError(f"more than {MAX_CHAIN} NEAR in a row", _place(sign), "group some terms with OR")
        return Near(node, _node(right), _reach(sign), _place(sign))

    def weigh(self, part: _Part, sign: Token) -> Node:
        return _weighted(_node(part), _weight(sign), _place(sign))

    def word(self, text: Token) -> Node:
        # Who looks for `l'amende` means the word; `L'Équipe` is a name, and between quotes all is meant.
        elided = ELIDED.match(text)
        at = elided.end() if elided else 0
        return term(str(text)[at:], at=_place(text) + at)

    def phrase(self, text: Token) -> Node:
        return term(str(text)[1:-1], at=_place(text))

    def moded(self, sign: Token, text: Token) -> Node:
        inner = text[1:-1] if text[0] in '"“«' else str(text)
        return term(inner, mode=Mode(str(sign)), at=_place(sign))

    def regex(self, text: Token) -> Node:
        return Regex(str(text)[1:-1], at=_place(text))

    def listed(self, text: Token) -> Node:
        return ListRef(str(text)[1:].casefold(), at=_place(text))

    def address(self, text: Token) -> Node:
        """Read an address as pasted: a whole one, or with `site:` its host."""
        name, scheme, rest = re.split(r"(https?://)", text, maxsplit=1, flags=re.IGNORECASE)
        if name.casefold() == "site:":
            return Filter("site", re.split(r"[/?#:]", rest, maxsplit=1)[0], _place(text))
        return Filter("url", scheme + rest, _place(text))

    def fielded(self, sign: Token, part: _Part) -> Node:
        name = str(sign)[:-1].casefold()
        if name not in FIELDS:
            raise QueryError(f"unknown field {str(sign)!r}", _place(sign), nearest(name, FIELDS, after=":"))
        node = _node(part)
        return In(name, node) if name in ZONES else _attributes(name, node, _place(sign))

    def group(self, part: _Part) -> Node:
        return _node(part)


def _joined(kind: type[And] | type[Or], left: _Part, right: _Part) -> _Many:
    many = left if isinstance(left, _Many) and left.kind is kind else _Many(kind, left)
    many.parts.append(right)
    return many


def term(text: str, *, mode: Mode = Mode.FOLDED, at: int = 0) -> Term:
    """Make a term of a word or phrase as a user writes it (a final `*` makes it a prefix)."""
    is_prefix = text.endswith("*")
    bare = re.sub(r"[\s\"“”«»]+", " ", text.rstrip("*")).strip()
    words = tokenise(bare).words
    if not words:
        raise QueryError(f"nothing to look for in {text!r}", at, "write at least one letter or digit")
    if "*" in bare:
        raise QueryError("`*` can only stand at the end of a word or phrase", at + bare.index("*"))
    if is_prefix and len(words) == 1 and len(words[0]) < 2 and bare.isascii():
        raise QueryError("`*` needs at least two letters before it", at)
    if is_prefix and tokenise(bare).ends[-1] < len(bare):
        raise QueryError("`*` goes on a word: a letter must stand right before it", at, f"{words[-1]}*")
    if is_prefix and mode is Mode.STEM:
        raise QueryError("`~` and `*` cannot be combined", at, f"{bare}* or ~{bare}")
    return Term(bare, mode, is_prefix, at=at)


def _reach(mark: Token) -> int | str:
    text = str(mark)[5:]
    if not text:
        return DEFAULT_REACH
    if text in ("s", "p"):
        return text
    if text.isascii() and text.isdigit() and 1 <= int(text[:6]) <= 10_000:
        return int(text[:6])
    raise QueryError(
        f"{str(mark)!r}: after NEAR/ comes a number of words, s or p", _place(mark), "NEAR/8, NEAR/s, NEAR/p"
    )


def _weight(mark: Token) -> float:
    text = str(mark)[1:]
    if re.fullmatch(r"[0-9]{1,3}(\.[0-9]{1,4})?", text, re.ASCII) and float(text) <= 10:
        return float(text)
    raise QueryError(f"{str(mark)!r}: after ^ comes a weight from 0 to 10", _place(mark), "^0.3")


def _weighted(node: Node, weight: float, at: int) -> Node:
    match node:
        case Term(text, mode, is_prefix):
            return Term(text, mode, is_prefix, weight, node.at)
        case Regex(pattern):
            return Regex(pattern, weight, node.at)
        case ListRef(name):
            return ListRef(name, weight, node.at)
        case Or(children):
            return _merged(Or, (_weighted(child, weight, at) for child in children))
        case In(zone, child):
            return In(zone, _weighted(child, weight, at))
    raise QueryError("a weight can only follow a term, a list or a group of these joined by OR", at)


def _attributes(name: str, node: Node, at: int) -> Node:
    """`lang:(fr OR en)` is `lang:fr OR lang:en`."""
    match node:
        case Term(text, _, is_prefix):
            return TopicRef(text, at) if name == "topic" else Filter(name, text + "*" * is_prefix, at)
        case Not(child):
            return Not(_attributes(name, child, at))
        case Or(children):
            return _merged(Or, (_attributes(name, child, at) for child in children))
        case And(children):
            return _merged(And, (_attributes(name, child, at) for child in children))
    raise QueryError(f"after {name}: comes a value or several in parentheses", at, f"{name}:(one OR two)")


def nearest(name: str, known: Iterable[str], *, before: str = "", after: str = "") -> str:
    """Return a hint: the known name that looks most like this one, or all of them."""
    names = sorted(known)
    if close := difflib.get_close_matches(name, names, 1):
        return f"did you mean {before}{close[0]}{after}"
    listed = " ".join(f"{before}{one}{after}" for one in names[:20])
    return f"known: {listed}" if names else "none is defined"


@lru_cache(maxsize=1)
def _parser() -> Lark:
    return Lark(_GRAMMAR, parser="lalr", lexer="basic", transformer=_Builder(), maybe_placeholders=False)


def parse(text: str) -> Node:
    """Parse a query; raises QueryError with an offset into the text."""
    if len(text) > MAX_LENGTH:
        raise QueryError(
            f"the query has {len(text):,} characters, {MAX_LENGTH:,} are allowed", 0, "use a list file"
        )
    if not text.strip():
        raise QueryError("the query is empty", 0, "write a few words")
    _check_nesting(text)
    try:
        tree: object = _parser().parse(text)  # the builder has made it a node
    except UnexpectedInput as error:
        raise _explained(error, text) from None
    if not isinstance(tree, Node):
        raise TypeError(f"the parser returned {type(tree)}")
    return tree


# Quoted texts and regular expressions hide their parentheses.
# A quotation mark that is never closed takes all the rest, once, and is told at once.
_PIECE = re.compile(r'"[^"]*(?:"|\Z)|“[^”]*(?:”|\Z)|«[^»]*(?:»|\Z)|(?<![^\s(:\-])/(?:[^/\\\n]|\\.)+/|[()]')
_CLOSED_BY = {'"': '"', "“": "”", "«": "»"}

# Possessive, and names of bounded length: no text makes it go back over what it has read.
_CHAIN = re.compile(rf"(?:(?:-|\bNOT\s++|\b[^\W\d_]{{1,20}}+:)\s*+){{{MAX_DEPTH},}}")


def _check_nesting(text: str) -> None:
    """Refuse unbalanced and too deeply nested parentheses before the parser builds anything."""
    opened: list[int] = []
    for match in _PIECE.finditer(text):
        if match[0] == "(":
            opened.append(match.start())
            if len(opened) > MAX_DEPTH:
                raise QueryError(
                    f"more than {MAX_DEPTH} groups inside one another", match.start(), "write it flatter"
                )
        elif match[0] == ")":
            if not opened:
                raise QueryError("this ) closes nothing", match.start(), "remove it or add ( before")
            opened.pop()
        elif (mark := match[0][0]) in _CLOSED_BY and (len(match[0]) < 2 or match[0][-1] != _CLOSED_BY[mark]):
            raise QueryError("this quotation mark is never closed", match.start(), 'write "…"')
    if opened:
        raise QueryError("this ( is never closed", opened[-1], "add )")
    # Chains of NOT and fields nest without parentheses.
    if _CHAIN.search(text):
        raise QueryError(f"more than {MAX_DEPTH} signs in a row", 0, "one - is enough")


def _explained(error: UnexpectedInput, text: str) -> QueryError:
    at: int = getattr(error, "pos_in_stream", 0)  # typed as None by lark
    if isinstance(error, UnexpectedCharacters):
        sign = text[at]
        if sign == "/":
            return QueryError("this regular expression is never closed", at, r"write /…/, and \/ for a slash")
        if sign == ":":
            return QueryError("unknown field before `:`", at, "put quotes around a text with a colon")
        if sign == "*":
            return QueryError("`*` needs letters before it", at, "word*")
        return QueryError(f"{sign!r} cannot stand here", at, "put quotes around special signs")
    token = error.token if isinstance(error, UnexpectedToken) else None
    if token is None or token.type == "$END":
        return QueryError("the query stops too early", len(text), "a term is missing at the end")
    if token.type in ("OR", "AND", "NEAR"):
        return QueryError(
            f"{str(token)!r} needs a term on both sides", at, f'to look for the word, write "{token}"'
        )
    if token.type == "RPAR":
        return QueryError("a term is missing before )", at)
    return QueryError(f"{str(token)!r} cannot stand here", at)
