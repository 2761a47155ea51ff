"""Huge feeds cut before they are parsed.

feedparser takes about two milliseconds an entry, so a document of 20,000 entries would take more
CPU than a worker may use. This module looks at nothing but where entries begin and end and at their
dates; it leaves every document alone that is within the limit.
"""

import re
from datetime import datetime

from aggregator.parse.entries import newest
from aggregator.text.dates import parse_exact

# Also where an entry's element has a prefix, and in CDF, which is written in capitals.
_START = re.compile(r"<!\[CDATA\[|<((?:[A-Za-z][\w.-]{0,20}:)?(?:item|entry))(?=[\s>])", re.IGNORECASE)
_END = re.compile(r"</(?:[A-Za-z][\w.-]{0,20}:)?(?:item|entry)\s{0,10}>", re.IGNORECASE)
_DATE = re.compile(
    r"<(?:[A-Za-z][\w.-]{0,20}:)?(?:pubDate|published|updated|date|issued|modified)\b[^>]{0,100}>"
    r"\s{0,20}(?:<!\[CDATA\[\s{0,20})?([^<\]]{6,60})[<\]]"
)


def thin(text: str, limit: int, now: datetime) -> str:
    """Keep the `limit` newest entries of an XML feed where all are dated exactly, else the first ones."""
    if text.count("<") < limit or sum(1 for _ in _END.finditer(text)) <= limit:
        return text
    spans = _spans(text)
    dates = []
    for start, end in spans:
        match = _DATE.search(text, start, end)
        dates.append(parse_exact(match.group(1), lang=None, now=now) if match else None)
    kept = set(newest(range(len(spans)), dates, limit))
    parts, position = [], 0
    for index, (start, end) in enumerate(spans):
        parts.append(text[position:start])
        if index in kept:
            parts.append(text[start:end])
        position = end
    return "".join((*parts, text[position:]))


def _spans(text: str) -> list[tuple[int, int]]:
    """Find where each entry begins and ends; entries do not nest, and what CDATA quotes is none."""
    spans = []
    position = 0
    while match := _START.search(text, position):
        if match.group(1) is None:
            position = _after(text, "]]>", match.end())
            continue
        position = _entry_end(text, f"</{match.group(1)}", match.end())
        if position < 0:
            break
        spans.append((match.start(), position))
    return spans


def _entry_end(text: str, close: str, position: int) -> int:
    """Give the place behind an entry's end tag, -1 if the document is cut before it."""
    end = text.find(close, position)
    while end >= 0:
        quoted = text.find("<![CDATA[", position, end)
        if quoted < 0:
            return _after(text, ">", end)
        position = _after(text, "]]>", quoted)
        if position > end:  # the end tag stood inside the quotation
            end = text.find(close, position)
    return -1


def _after(text: str, mark: str, position: int) -> int:
    found = text.find(mark, position)
    return len(text) if found < 0 else found + len(mark)
