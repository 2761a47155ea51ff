"""Named lists: the file's terms -> a set of needles, other lists included.

A term is written as in a query between quotes: `abus de position dominante`, `monopol*`, `~amende`,
`=Ant`. Three signs belong to lists: `?Hema` counts only in company (another name of the list, or a
word of a firm nearby), `-Ali Baba` is a homonym whose occurrences never count, `@other` includes a
list. What a list is worth for the score follows from its name: `regulator…` and `authority…` tell
who acts (.3), `…-weak` is a weak sign (.2), any other a strong one (.45). Terms of `…-described`
tell a company without naming it: they count as with `?`, and where the text names no other company.
"""

from collections.abc import Mapping
from dataclasses import replace

from aggregator.config.schema import TermList
from aggregator.errors import Problem
from aggregator.match.grammar import QueryError, nearest, term
from aggregator.match.terms import STRONG, Needle, Needles, TermSet, needle
from aggregator.match.tree import Mode

AUTHORITY = 0.3
WEAK = 0.2


class Lists:
    """All lists of a configuration, compiled when first asked for."""

    def __init__(self, lists: Mapping[str, TermList]) -> None:
        self._lists = lists
        self._parts: dict[str, tuple[tuple[Needle, ...], tuple[Needle, ...]]] = {}
        self._sets: dict[tuple[str, float | None], TermSet] = {}
        self._open: list[str] = []
        self.problems: list[Problem] = []

    def __contains__(self, name: str) -> bool:
        return name in self._lists

    def names(self) -> tuple[str, ...]:
        """Return the names of all lists."""
        return tuple(self._lists)

    def get(self, name: str, weight: float | None = None) -> TermSet:
        """Return the terms of a list; the same object for the same list and weight."""
        found = self._sets.get((name, weight))
        if found is None:
            needles, masks = self._compiled(name)
            if weight is not None:
                needles = tuple(replace(one, weight=weight) for one in needles)
            ambiguous = any(one.is_ambiguous for one in needles)
            found = self._sets[name, weight] = TermSet(
                f"@{name}", Needles(needles), Needles(masks), ambiguous
            )
        return found

    def _compiled(self, name: str) -> tuple[tuple[Needle, ...], tuple[Needle, ...]]:
        if name in self._parts:
            return self._parts[name]
        self._open.append(name)
        needles: dict[str, Needle] = {}
        masks: dict[str, Needle] = {}
        for number, written in enumerate(self._lists[name].terms):
            if written.startswith("@"):
                more, hidden = self._included(name, number, written[1:].casefold())
                needles |= {one.shown: one for one in more}
                masks |= {one.pattern: one for one in hidden}
                continue
            try:
                one = _read(written, name)
            except QueryError as error:
                self._report(name, number, f"{written!r}: {error.message}", error.hint)
                continue
            if written.startswith("-"):
                masks[one.pattern] = one
            else:
                needles[one.shown] = one
        self._open.pop()
        self._parts[name] = tuple(needles.values()), tuple(masks.values())
        return self._parts[name]

    def _included(self, name: str, number: int, other: str) -> tuple[tuple[Needle, ...], tuple[Needle, ...]]:
        if other in self._open:
            circle = " → ".join(f"@{one}" for one in (*self._open[self._open.index(other) :], other))
            self._report(name, number, f"lists include one another: {circle}", "remove one of them")
        elif other not in self._lists:
            self._report(name, number, f"there is no list @{other}", nearest(other, self._lists, before="@"))
        elif len(self._open) > 20:
            self._report(name, number, "lists included more than 20 levels deep", None)
        else:
            return self._compiled(other)
        return (), ()

    def _report(self, name: str, number: int, message: str, hint: str | None) -> None:
        source = self._lists[name]
        line, column = source.places[number] if number < len(source.places) else (None, None)
        self.problems.append(Problem(message, source.file, line, column, hint))


def _read(written: str, name: str) -> Needle:
    text, ambiguous = written, False
    if text[:1] in ("-", "?"):
        ambiguous, text = text[0] == "?", text[1:]
    mode = Mode(text[0]) if text[:1] in ("~", "=") else Mode.FOLDED
    parsed = term(text[len(mode.value) :], mode=mode)
    is_authority = name.startswith(("regulator", "authorit"))
    is_description = name.endswith("-described")
    return replace(
        needle(parsed, AUTHORITY if is_authority else WEAK if name.endswith("-weak") else STRONG),
        is_authority=is_authority,
        is_ambiguous=ambiguous or is_description,
        is_description=is_description,
    )
