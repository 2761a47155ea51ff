"""Golden pairs: an odd document in tests/data, and what the reader must make of it.

`NAME.xml|json|html|txt` is the document, byte for byte as a server would send it; `NAME.expected.json`
says in `about` what is odd, in `served` how it is served where that matters, and in `result` what must
come out, empty fields left out. To renew an expectation after a wanted change:

    python -m tests.unit.parse.golden NAME…

rewrites the `result` of the named pairs and of no other; then read `git diff tests/data` line by line
against the document. A pair whose diff nobody can explain is a bug, not a new expectation.
"""

import json
import sys
from dataclasses import fields, is_dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypedDict

from aggregator.model import Failure, FeedLinks, ListingRule, SitemapIndex
from aggregator.parse import Parsed
from tests.unit.parse.reading import URL, read

DATA = Path(__file__).resolve().parents[2] / "data"
_EXPECTED = ".expected.json"


class Served(TypedDict, total=False):
    """How a document is served, where that differs from XML without charset at the usual address."""

    content_type: str
    charset: str
    url: str
    kind: str
    listing: dict[str, str]
    max_entries: int
    is_guessing: bool


def names() -> list[str]:
    """Name the pairs, by their expectations."""
    return sorted(path.name.removesuffix(_EXPECTED) for path in DATA.glob(f"*{_EXPECTED}"))


def document(name: str) -> Path:
    """Give the document of a pair."""
    found = [path for path in DATA.glob(f"{name}.*") if not path.name.endswith(_EXPECTED)]
    assert len(found) == 1, f"{name}: one document, not {[path.name for path in found]}"
    return found[0]


def expectation(name: str) -> dict[str, object]:
    """Read what is expected of a pair."""
    found = json.loads((DATA / f"{name}{_EXPECTED}").read_text("utf-8"))
    assert isinstance(found, dict)
    return found


def result(name: str) -> object:
    """Read the document of a pair as it is served, and give the outcome as JSON would hold it."""
    served = expectation(name).get("served", {})
    assert isinstance(served, dict)
    rule = served.get("listing")
    found = read(
        document(name).read_bytes(),
        content_type=served.get("content_type", "application/xml"),
        charset=served.get("charset"),
        url=served.get("url", URL),
        kind=served.get("kind", "auto"),
        listing=ListingRule(**rule) if rule else None,
        max_entries=served.get("max_entries", 100),
        is_guessing=served.get("is_guessing", False),
    )
    return _outcome(found)


def _outcome(found: Parsed) -> object:
    if isinstance(found, Failure):
        return found.detail
    if isinstance(found, FeedLinks):
        return {"page": found.page, "candidates": [[*link] for link in map(_values, found.candidates)]}
    if isinstance(found, SitemapIndex):
        return {"children": [_values(child) for child in found.children], "note": found.note}
    return _plain(found)


def _values(record: object) -> list[object]:
    return [_plain(getattr(record, field.name)) for field in fields(record)]  # type: ignore[arg-type]


def _plain(value: object) -> object:
    """Turn records into dictionaries without their empty fields."""
    if is_dataclass(value):
        pairs = ((field.name, _plain(getattr(value, field.name))) for field in fields(value))
        return {name: part for name, part in pairs if part not in (None, "", [], False)}
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    return str(value) if isinstance(value, str) else value


def main(chosen: list[str]) -> int:
    """Rewrite the results of the chosen pairs."""
    if not chosen:
        print(f"{len(names())} pairs; name those to renew, then review the diff", file=sys.stderr)
        return 2
    for name in chosen:
        expected = expectation(name) | {"result": result(name)}
        text = json.dumps(expected, ensure_ascii=False, indent=2)
        (DATA / f"{name}{_EXPECTED}").write_text(f"{text}\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
