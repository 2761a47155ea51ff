"""What all readers of sources do alike with the parts of an entry.

Bounds on hostile sizes live here; nothing is judged and nothing is fetched.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TypeVar

from aggregator.text.html import escape
from aggregator.text.xmlchars import one_line

_TITLE_LENGTH = 1000
_TAG_LENGTH = 100
_TAGS = 50
_LANG = re.compile(r"[a-z]{2,3}(?:-[a-z0-9]{2,8}){0,3}\Z")

_T = TypeVar("_T")


def newest(entries: Sequence[_T], dates: Sequence[datetime | None], limit: int) -> Sequence[_T]:
    """Put entries newest first where every one has a date (else leave their order) and cut."""
    known = [date for date in dates if date is not None]
    if len(known) == len(entries):
        order = sorted(range(len(entries)), key=lambda index: known[index], reverse=True)
        return [entries[index] for index in order[:limit]]
    return entries[:limit]


def clean_title(text: str) -> str:
    """Make a title one bounded line."""
    line = one_line(text)
    return line if len(line) <= _TITLE_LENGTH else f"{line[: _TITLE_LENGTH - 1].rstrip()}…"


def clean_tags(terms: Iterable[str]) -> tuple[str, ...]:
    """Give tags without repetition, bounded in number and length."""
    tags = (one_line(term)[:_TAG_LENGTH] for term in terms)
    return tuple(dict.fromkeys(tag for tag in tags if tag))[:_TAGS]


def clean_lang(code: object) -> str | None:
    """Give a language tag in lower case with hyphens (RFC 5646), None if it is none."""
    if not isinstance(code, str):
        return None
    tag = code.strip().lower().replace("_", "-")
    return tag if _LANG.match(tag) else None


def whole_number(text: str) -> int | None:
    """Read a non-negative number of at most 15 digits."""
    digits = text.strip()
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 15 else None


def text_as_html(text: str) -> str:
    """Write plain text as HTML: paragraphs at empty lines, breaks at line ends."""
    paragraphs = re.split(r"\n[ \t\r]*\n\s*", text.strip())
    return "".join(
        f"<p>{escape(part.strip()).replace(chr(10), '<br>')}</p>" for part in paragraphs if part.strip()
    )
