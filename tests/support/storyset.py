"""The labelled set of copies and stories in `tests/data/stories`, and the figures that judge a partition.

An item stands on its own (`text`) or is made from another (`like`): with other words (`swap`), cut short
(`cut`, the share of characters kept), in traditional characters, with a line before (`head`) or behind
(`tail`). One that tells its original's `event` is a copy of it; under another event it is a near miss.
"""

import itertools
import tomllib
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[1] / "data" / "stories"
HELD = FOLDER.with_name("stories-held")
START = datetime(2026, 3, 3, tzinfo=UTC)
Pair = frozenset[str]


@dataclass(frozen=True, slots=True)
class Told:
    """One labelled item."""

    name: str
    event: str
    family: str  # the item that it copies, or itself
    lang: str
    title: str
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Figures:
    """How a partition compares with the labels, over the pairs of a kind."""

    right: int
    invented: int
    missed: int

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall; 1 where there is nothing to find and nothing was found."""
        total = 2 * self.right + self.invented + self.missed
        return 2 * self.right / total if total else 1.0

    def __str__(self) -> str:
        found, wanted = self.right + self.invented, self.right + self.missed
        return (
            f"P {self.right / found if found else 1:.3f} R {self.right / wanted if wanted else 1:.3f}"
            f" F1 {self.f1:.3f} ({self.right} right, {self.invented} invented, {self.missed} missed)"
        )


def load(folder: Path = FOLDER) -> tuple[list[Told], set[Pair]]:
    """Return the items in the order of their dates, and the pairs that must never be joined."""
    rows: dict[str, dict[str, Any]] = {}
    for path in sorted(folder.glob("*.toml")):
        rows |= {row["id"]: row for row in tomllib.loads(path.read_text("utf-8"))["item"]}
    items = {name: _told(row, rows) for name, row in rows.items()}
    families: dict[str, list[str]] = defaultdict(list)
    for item in items.values():
        families[item.family].append(item.name)
    near = set()
    for name, row in rows.items():
        sources = [*row.get("near", ())]
        if "like" in row and "event" in row:
            sources.append(row["like"])
        near |= {frozenset((name, other)) for source in sources for other in families[items[source].family]}
    return sorted(items.values(), key=lambda item: (item.at, item.name)), near


def _told(row: Mapping[str, Any], rows: Mapping[str, Mapping[str, Any]]) -> Told:
    source = rows[row["like"]] if "like" in row else row
    is_copy = "event" not in row
    text = source["text"].strip()
    for old, new in row.get("swap", ()):
        assert old in text, f"{row['id']}: {old!r} is not in the text"
        text = text.replace(old, new)
    if "cut" in row:
        text = text[: int(len(text) * row["cut"])].rstrip()
    text = f"{row.get('head', '')}{text}"
    if "tail" in row:
        text += (" " if row["tail"][0] in "…[." else "\n\n") + row["tail"].strip()
    if row.get("traditional"):
        text = text.translate(_traditional())
    return Told(
        name=row["id"],
        event=source["event"] if is_copy else row["event"],
        family=source["id"] if is_copy else row["id"],
        lang=source["lang"],
        title=row["title"],
        text=text,
        at=START + timedelta(hours=row["at"]),
    )


def _traditional() -> dict[int, str]:
    """Return a table that writes traditional characters where there is one; the first, where several."""
    lines = resources.files("aggregator.text").joinpath("han.txt").read_text("utf-8").splitlines()
    old, new = (line for line in lines if line and not line.startswith("#"))
    table: dict[int, str] = {}
    for traditional, simplified in zip(old, new, strict=True):
        table.setdefault(ord(simplified), traditional)
    return table


def pairs(groups: Iterable[Sequence[str]]) -> set[Pair]:
    """Return all pairs within groups."""
    return {frozenset(pair) for group in groups for pair in itertools.combinations(group, 2)}


def grouped(keys: Mapping[str, Hashable]) -> list[list[str]]:
    """Return the names that have the same key, group by group."""
    groups: dict[Hashable, list[str]] = defaultdict(list)
    for name, key in keys.items():
        groups[key].append(name)
    return list(groups.values())


def compare(found: set[Pair], wanted: set[Pair], kind: set[Pair] | None = None) -> Figures:
    """Compare pairs found with pairs wanted, of one kind only if it is given."""
    if kind is not None:
        found, wanted = found & kind, wanted & kind
    return Figures(len(found & wanted), len(found - wanted), len(wanted - found))


def kinds(langs: Mapping[str, str]) -> dict[str, set[Pair]]:
    """Return the pairs within one language ("fr", all: "within") and across two ("en-fr", all: "across")."""
    result: dict[str, set[Pair]] = defaultdict(set)
    for one, other in itertools.combinations(langs, 2):
        pair = frozenset((one, other))
        same = langs[one] == langs[other]
        result["within" if same else "across"].add(pair)
        result["-".join(sorted({langs[one], langs[other]}))].add(pair)
    return result


def b_cubed(found: Sequence[Sequence[str]], wanted: Sequence[Sequence[str]]) -> tuple[float, float, float]:
    """Return B-cubed precision, recall and F1 (Bagga and Baldwin 1998) of a partition."""
    mine = {name: set(group) for group in found for name in group}
    theirs = {name: set(group) for group in wanted for name in group}
    shares = [(len(mine[name] & theirs[name]), len(mine[name]), len(theirs[name])) for name in theirs]
    precision = sum(both / own for both, own, _ in shares) / len(shares)
    recall = sum(both / other for both, _, other in shares) / len(shares)
    return precision, recall, 2 * precision * recall / (precision + recall)
