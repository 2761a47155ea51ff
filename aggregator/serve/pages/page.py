"""What a page is before it is HTML, and what of an address it may be asked for."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

_NUMBER = re.compile("[0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class Page:
    """A template and what goes into it."""

    template: str
    data: Mapping[str, object] = field(default_factory=dict)
    status: int = 200


def lost(title: str, hint: str, *, status: int = 404) -> Page:
    """Return the page for what is not there; `hint` tells what to do."""
    return Page("lost.html", {"title": title, "hint": hint, "here": ""}, status)


def number(text: str | None) -> int | None:
    """Read a number of an address; None where it is none."""
    return int(text) if text and _NUMBER.fullmatch(text) else None
