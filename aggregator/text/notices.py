"""Notices that an article was corrected, told from articles about corrections."""

import re

_LONGEST = 600  # characters of a paragraph that is a notice
_CORRECTION = re.compile(
    # A word that opens a notice, then a colon at the latest after a date: prisons are correction facilities.
    r"\W{0,3}(?:corrections?|clarifications?|corrigendum|errat(?:um|a)|editor['’]s note|rectificatif"
    r"|rectification|précision|korrektur|berichtigung|richtigstellung|corrección|rectificación|fe de erratas"
    r"|rettifica|errata corrige|correção|更正|勘误|勘誤|訂正)(?:[ ,][^.:：—–(]{0,40})?"
    r"(?:[:：—–(\]】]|\.\s|\.?\Z)"
    # Or what it says in plain words.
    r"|.{0,40}\b(?:an? (?:earlier|previous) version of this"
    r"|une (?:première )?version (?:précédente|antérieure)"
    r"|in einer (?:früheren|vorherigen) (?:version|fassung)"
    r"|una versión anterior|uma versão anterior|una versione precedente)\b|.{0,20}(?:早前|先前|此前)版本",
    re.IGNORECASE,
)


def is_correction(paragraph: str) -> bool:
    """Tell a paragraph that puts right what an article said before, in the languages of the house."""
    return len(paragraph) <= _LONGEST and _CORRECTION.match(paragraph) is not None
