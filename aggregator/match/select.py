"""Which items a topic looks at by `langs` and `sources`, before any word is read.

Selectors: `tag:china`, `tier:press`, an id of a source; a leading `-` excludes. With positive
selectors, one of them must fit; no negative one may.
"""

from aggregator.config.schema import TopicConfig
from aggregator.model import Document
from aggregator.text.fold import fold


class Selection:
    """The selectors of one topic."""

    def __init__(self, topic: TopicConfig) -> None:
        self._langs = frozenset(lang.casefold().partition("-")[0] for lang in topic.langs)
        self._wanted = [one for one in topic.sources if not one.startswith("-")]
        self._unwanted = [one[1:] for one in topic.sources if one.startswith("-")]
        self._is_open = not (topic.langs or topic.sources)

    def admits(self, document: Document) -> bool:
        """Whether the topic looks at a document; one in an unknown language is looked at."""
        return not self.refuses(document)

    def refuses(self, document: Document) -> str:
        """Say why the topic does not look at a document; "" if it does."""
        if self._is_open:
            return ""
        if self._langs and document.lang and document.lang.casefold().partition("-")[0] not in self._langs:
            return f"langs: {', '.join(sorted(self._langs))}, and this is {document.lang}"
        for one in self._unwanted:
            if _fits(one, document):
                return f"sources: -{one}"
        if self._wanted and not any(_fits(one, document) for one in self._wanted):
            return f"sources: {', '.join(self._wanted)}, and this is of {document.source_id}"
        return ""


def _fits(selector: str, document: Document) -> bool:
    kind, _, value = selector.rpartition(":")
    match kind:
        case "tag":
            return any(fold(tag) == fold(value) for tag in document.tags)
        case "tier":
            return fold(document.tier or "") == fold(value)
        case _:
            return document.source_id == selector
