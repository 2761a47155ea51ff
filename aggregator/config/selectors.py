"""Do the selectors of a topic select anything? `sources = ["tag:china", "-tier:blog", "an-id"]`

Only whether what they name exists is decided here; whether a source is selected is for `match`.
"""

from collections.abc import Iterator, Sequence

from aggregator.config.files import Mistake
from aggregator.config.mistakes import listed, nearest, printable
from aggregator.config.schema import SourceConfig


def missing(selectors: Sequence[str], sources: Sequence[SourceConfig]) -> Iterator[Mistake]:
    """Report each selector of a topic that names nothing.

    An excluding selector may be ahead of the sources that it excludes; only ids are checked there,
    because a mistyped one would let in what the user wanted out.
    """
    names = {
        "id": {source.id for source in sources},
        "tag": {tag for source in sources for tag in source.tags},
        "tier": {source.tier for source in sources if source.tier},
        "lang": {source.lang for source in sources if source.lang},
    }
    for index, selector in enumerate(selectors):
        kind, mark, name = selector.removeprefix("-").partition(":")
        if not mark:
            kind, name = "id", kind
        if name in names[kind] or (mark and selector.startswith("-")):
            continue
        hint = nearest(name, names[kind]) or (listed(names[kind]) if 0 < len(names[kind]) <= 20 else None)
        message = f'no source has the {kind} "{printable(name)}"'
        yield Mistake(("sources", index), message, hint)
