"""What outlets put round a text that they share: datelines, calls to subscribe, invitations to read on.

Purely textual; knows no outlet, and never looks into the middle of a text.
"""

import re

from aggregator.text.tokens import tokenise

_DATELINE = re.compile(r"\A[^\W\d_][\w .,'’/-]{1,40}(?:\([^()\n]{2,30}\))? ?[—–-]{1,2} (?=\S)")
_CALL = re.compile(
    r"subscribe|sign up|newsletter|follow us|rights reserved|reporting by|editing by|corrections policy|©"
    r"|abonnez|inscrivez|lettre gratuite|tous droits|reproduction interdite|avec (?:agence|afp|reuters)"
    r"|lire la suite|abonnieren|alle rechte|suscr[ií]b|derechos reservados|assine|iscriviti"
    r"|阅读全文|订阅|版权|责任编辑|未经授权",
    re.IGNORECASE,
)
_READ_ON = re.compile(
    r"(?:…|\.\.\.|\[…\]|\[\.\.\.\])+\W*"
    r"(?:(?:continue reading|read more|lire la suite|weiterlesen|seguir leyendo|阅读全文)\W*)?\Z",
    re.IGNORECASE,
)
_FOOTER = 60  # words
_END = 120  # characters in which an invitation to read on stands


def clean(text: str) -> str:
    """Drop what outlets put round a wire text: dateline, footers that call to action, 'read more'."""
    text = _DATELINE.sub("", text, count=1)
    paragraphs = [part for part in re.split(r"\n\s*\n", text) if part.strip()]
    while len(paragraphs) > 1 and _is_footer(paragraphs[-1]):
        paragraphs.pop()
    cleaned = "\n\n".join(paragraphs)
    # Only the end is looked at: thousands of dots would make the pattern quadratic.
    return cleaned[:-_END] + _READ_ON.sub("", cleaned[-_END:])


def _is_footer(paragraph: str) -> bool:
    return len(tokenise(paragraph).words) <= _FOOTER and _CALL.search(paragraph) is not None
