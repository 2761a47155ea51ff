"""Huge feeds cut before they are parsed.

feedparser takes about two milliseconds an entry, so a document of 20,000 entries would take more
CPU than a worker may use. This module looks at nothing but where entries begin and end and at their
dates; it leaves every document alone that is within the limit.
"""

import re
from datetime import datetime

from aggregator.parse.entries import newest
from aggregator.text.dates import parse_exact

_START = re.compile(r"<(item|entry)(?=[\s>])")
_DATE = re.compile(
    r"<(?:pubDate|published|updated|dc:date|issued|modified)\b[^>]{0,100}>\s{0,20}([^<]{6,60})<"
)


def thin(text: str, limit: int, now: datetime) -> str:
    """Keep the `limit` newest entries of an XML feed where all are dated exactly, else the first ones."""
    if text.count("</item>") + text.count("</entry>") <= limit:
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
    """Find where each entry begins and ends; entries do not nest."""
    spans = []
    position = 0
    while match := _START.search(text, position):
        close = f"</{match.group(1)}>"
        end = text.find(close, match.end())
        if end < 0:
            break
        position = end + len(close)
        spans.append((match.start(), position))
    return spans
