"""What makes an entry the same one at the next poll, within its source.

Publishers' ids are trusted until the document itself shows that they cannot be: an id shared by
different entries says nothing, and an id that changes while link and title stay is noise. This
module never compares entries of different sources and never looks at a store.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from hashlib import blake2b

from aggregator.model import Entry
from aggregator.urls import canonical_url

_MAX_KEY = 300  # longer keys are replaced by their digest, so that an index can hold them
_TAG = re.compile(r"<[^<>]*>")  # excludes `<` inside, which keeps it linear on `<<<<…`

Likeness = tuple[str, str]


def identity(entry: Entry) -> str:
    """Return the identity of an entry seen alone: raw id, else canonical link, else digest."""
    return next(_keys(entry))


def likeness(entry: Entry) -> Likeness | None:
    """Return (canonical link, title), under which an entry is the same one whatever its id.

    None when either is missing or the link is a bare home page, which names no article.
    """
    link = canonical_url(entry.url) if entry.url else ""
    title = " ".join(entry.title.split())
    if not title or not link.partition("://")[2].partition("/")[2]:
        return None
    return link, title


def identities(entries: Sequence[Entry], known: Mapping[Likeness, str] | None = None) -> tuple[str, ...]:
    """Name the entries of one document: one identity each, shared only by the same entry.

    `known` maps likeness to identity for what the store already holds of this source; an entry
    whose id has changed since keeps the identity it had. The order of entries has no influence.
    """
    groups = _same_entries(entries)
    members: dict[int, list[Entry]] = defaultdict(list)
    for group, entry in zip(groups, entries, strict=True):
        members[group].append(entry)
    # How many different entries claim a key: a key claimed twice names neither of them.
    chains = {group: _chain(same) for group, same in members.items()}
    claims = Counter(key for chain in chains.values() for key in set(chain))
    names = {group: next(key for key in chain if claims[key] == 1) for group, chain in chains.items()}
    if known:
        names = _remembered(names, members, known)
    return tuple(names[group] for group in groups)


def content_digest(entry: Entry) -> str:
    """Return a digest of title, text and link that changes when a reader would see an edit."""
    return _digest(
        "content",
        canonical_url(entry.url) if entry.url else "",
        " ".join(entry.title.split()),
        _text(entry.content_html),
        _text(entry.summary_html),
    )


def _keys(entry: Entry) -> Iterator[str]:
    """Yield the keys of an entry, the publisher's own first, the narrowest last."""
    raw = (entry.raw_id or "").strip()
    link = canonical_url(entry.url) if entry.url else ""
    title = " ".join(entry.title.split())
    if raw:
        yield _bounded("id", raw)
    if link:
        yield _bounded("url", link)
    text = _text(entry.content_html or entry.summary_html)
    if link and title:
        yield f"title:{_digest('title', link, title)}"
    # A title alone is no identity ("Untitled"), so without a link the text always belongs to it.
    yield f"text:{_digest('text', title, text)}"
    yield f"text:{_digest('text', raw, link, title, text)}"
    # The last resort is the whole record: what shares it is equal in every field.
    yield f"entry:{_digest('entry', repr(entry))}"


def _same_entries(entries: Sequence[Entry]) -> tuple[int, ...]:
    """Number the entries so that equal ones, and those alike in link and title, share a number.

    Two that are dated apart are two, however alike: a daily bulletin keeps its title and link.
    """
    numbers: dict[object, int] = {}
    dates: dict[Likeness, set[object]] = defaultdict(set)
    alike = [likeness(entry) for entry in entries]
    for like, entry in zip(alike, entries, strict=True):
        if like and entry.published_at:
            dates[like].add(entry.published_at)
    found = []
    for like, entry in zip(alike, entries, strict=True):
        key: object
        if like is None:
            key = entry
        elif len(dates[like]) > 1:
            key = (like, entry.published_at or entry)
        else:
            key = like
        found.append(numbers.setdefault(key, len(numbers)))
    return tuple(found)


def _chain(same: Sequence[Entry]) -> tuple[str, ...]:
    """Return the keys of one entry given in several versions, in an order free of theirs."""
    levels = [tuple(_keys(entry)) for entry in same]
    return min(levels, key=lambda chain: (-len(chain), chain)) if len(set(levels)) > 1 else levels[0]


def _remembered(
    names: Mapping[int, str], members: Mapping[int, list[Entry]], known: Mapping[Likeness, str]
) -> dict[int, str]:
    """Give entries whose link and title are known the identity they had, unless another bears it."""
    taken = set(names.values())
    alike: dict[Likeness, list[int]] = defaultdict(list)
    for group, same in members.items():
        if like := likeness(same[0]):
            alike[like].append(group)
    result = dict(names)
    for like, groups in sorted(alike.items()):
        old = known.get(like)
        # Several bulletins under one title: which of them was the known one cannot be told.
        if old is not None and old not in taken and len(groups) == 1:
            result[groups[0]] = old
            taken.add(old)
    return result


def _text(html: str) -> str:
    return " ".join(_TAG.sub(" ", html).split())


def _bounded(kind: str, key: str) -> str:
    text = f"{kind}:{key}"
    return text if len(text) <= _MAX_KEY else f"{kind}#{_digest(kind, key)}"


def _digest(*parts: str) -> str:
    # Lengths are part of the input, so that ("ab", "c") and ("a", "bc") differ; surrogates are
    # hostile but must not raise.
    hasher = blake2b(digest_size=16)
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        hasher.update(len(data).to_bytes(8, "big"))
        hasher.update(data)
    return hasher.hexdigest()
