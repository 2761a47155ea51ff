"""What changed between two readings of an article, said in one line.

Pure. Words are compared as they are compared everywhere else, so that case, quotes and white space
count for nothing; lines that only count or tell the time (shares, comments, "updated 5 minutes ago")
are left out. A page that became worse never replaces a fuller text. It knows neither pages nor feeds.
"""

import re
from collections import Counter
from dataclasses import dataclass
from itertools import groupby, pairwise

from aggregator.dedup.signature import is_mostly_han
from aggregator.model import Article, Change, Quality, Revision
from aggregator.text.notices import is_correction
from aggregator.text.tokens import tokenise

_LONGEST = 200_000  # characters of a text that are compared
_STUB = 0.5  # of the words: less is a stub of what stood there
_FULLER = 1.1
_LOST = 0.2  # of the words of a text: it does not stand in one that lacks more
_KIN = 0.5  # of the telling words of a headline that another text on the same has
_LONG_WORD = 4
_LEAST, _SHARE = 15, 0.05  # words, and share of the longer text, from which a change is worth telling
_PROSE = 6  # words of a sentence whose figures mean something; a share price has fewer around it
_QUOTED = 120  # characters
_COUNT_LINE, _COUNT_WORDS = 80, 10

_RANK = {Quality.FULL: 3, Quality.PARTIAL: 2, Quality.TEASER: 1, Quality.PAYWALL: 1}

_COUNT = re.compile(
    r"\b(?:updated|modified|published|posted|mise? à jour|modifié|publiée?|aktualisiert|stand|veröffentlicht"
    r"|actualizado|publicado|aggiornato|pubblicato|atualizado)\b"
    r"|\b(?:ago|read|reading|comments?|shares?|likes?|views?|reactions?|reposts?|commentaires?|partages?"
    r"|lectures?|vues?|kommentare?|aufrufe|geteilt|lesezeit|comentarios?|compartido|lecturas?|commenti"
    r"|condivisioni|comentários?|compartilhamentos?|leituras?)\b"
    r"|\bil y a\b|\bvor \d|\bhace \d|\bhá \d|更新|[发發]布|[评評][论論]|[阅閱][读讀]|分享|[点點][赞讚]"
    r"|(?:分[钟鐘]|小[时時]|天)前",
    re.IGNORECASE,
)
_PARAGRAPH = re.compile(r"\n\s*\n|\n")

_Sentence = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Reading:
    """A text without what only counts, as sentences of folded words."""

    paragraphs: tuple[str, ...]
    sentences: Counter[_Sentence]
    size: int  # words
    unit: str


def compare(before: Article, after: Article, *, is_title_shown: bool = False, beside: str = "") -> Revision:
    """Say what a second reading of an article brought.

    `is_title_shown` says that readers see the title of the page itself, since the feed gave none: only
    then is another title a change worth telling. `beside` is what the page says outside of the article:
    what was read as a part of it before and stands there now has not changed.
    """
    old, new = _read(before.text), _read(after.text)
    gone, came = old.sentences - new.sentences, new.sentences - old.sentences
    left_out: Counter[_Sentence] = gone & _read(beside).sentences if beside else Counter()
    gone -= left_out
    size = old.size - _words(left_out).total()
    if worse := _worse(before, after, size, new, _words(gone).total()):
        return Revision(Change.WORSE, worse)
    if _is_other_article(before, after, old, new):
        why = f"another article stands there now, “{_shorten(after.title or '')}”; the earlier text stands"
        return Revision(Change.WORSE, why)
    lost, won = _words(gone), _words(came)
    changed = max((lost - won).total(), (won - lost).total())
    notes = []
    correction = _correction(old, new)
    if correction:
        notes.append(f"correction: “{correction}”")
    is_renamed = _is_other_title(before.title, after.title)
    if is_renamed:
        notes.append(f"title changed, it was “{_shorten(before.title or '')}”")
    figures = _figures(gone, came)
    if changed:
        notes.append(_measure(size, new, changed, figures))
    if not notes:
        if left_out:
            count = _words(left_out).total()
            return Revision(Change.SMALL, f"{count} {old.unit} left out that are no part of the article")
        if after.quality is not before.quality:
            return Revision(Change.SMALL, f"the same text, now {after.quality}: it was {before.quality}")
        return Revision(Change.NONE, "unchanged")
    is_much = changed >= max(_LEAST, _SHARE * max(old.size, new.size))
    is_substantial = bool(correction or figures) or is_much or (is_renamed and is_title_shown)
    return Revision(Change.SUBSTANTIAL if is_substantial else Change.SMALL, "; ".join(notes))


def _worse(before: Article, after: Article, size: int, new: _Reading, gone: int) -> str | None:
    """Say why the earlier text, of `size` words, stands, if the later reading is no better than it.

    `gone` of them are no longer there: a wall may say more than the short news that it hides.
    """
    is_declined = _RANK.get(after.quality, 0) < _RANK.get(before.quality, 0)
    if is_declined and (new.size < _FULLER * size or gone > _LOST * size):
        why = f"the page is now {after.quality}: {'; '.join(after.evidence)[:_QUOTED]}"
    elif new.size < _STUB * size:
        why = "the page is now much shorter"
    else:
        return None
    return f"{why} ({new.size} {new.unit}); the earlier text of {size} stands"


def _is_other_article(before: Article, after: Article, old: _Reading, new: _Reading) -> bool:
    """Tell a text that has no sentence of the earlier one, and few words of its headline.

    A stub that was written anew under another headline still names what it is about.
    """
    if not old.size or old.sentences & new.sentences or not _is_other_title(before.title, after.title):
        return False
    wanted = _telling(before.title or "")
    there = _telling(f"{after.title}\n{after.text[:_LONGEST]}")
    return len(wanted & there) < _KIN * len(wanted)


def _telling(text: str) -> set[str]:
    """Return the words that say what a text is about: longer ones, and pairs where words are not parted."""
    words = tokenise(text).words
    pairs = {one + other for one, other in pairwise(words) if len(one) == len(other) == 1}
    return pairs | {word for word in words if len(word) >= _LONG_WORD}


def _read(text: str) -> _Reading:
    paragraphs = tuple(
        " ".join(part.split()) for part in _PARAGRAPH.split(text[:_LONGEST]) if not _only_counts(part)
    )
    whole = "\n\n".join(paragraphs)
    tokens = tokenise(whole)
    sentences: Counter[_Sentence] = Counter()
    for _, group in groupby(zip(tokens.words, tokens.sentences, strict=True), key=lambda pair: pair[1]):
        sentences[tuple(word for word, _number in group)] += 1
    unit = "characters" if is_mostly_han(tokens.words) else "words"
    return _Reading(paragraphs, sentences, len(tokens.words), unit)


def _only_counts(line: str) -> bool:
    """Tell a line that says how often, how long or when: never a sentence."""
    line = line.strip()
    if not line or len(line) > _COUNT_LINE or line[-1] in ".!?。！？":
        return not line
    has_digit = any(char.isdigit() for char in line)
    if has_digit and not any(char.isalpha() for char in line):
        return True  # 12:05, 1 204, 12/03/2026
    return has_digit and len(line.split()) <= _COUNT_WORDS and _COUNT.search(line) is not None


def _words(sentences: Counter[_Sentence]) -> Counter[str]:
    return Counter(word for sentence in sentences.elements() for word in sentence)


def _correction(old: _Reading, new: _Reading) -> str | None:
    """Return the notice of a correction that was not there before."""
    known = set(old.paragraphs)
    for paragraph in new.paragraphs:
        if paragraph not in known and is_correction(paragraph):
            return _shorten(paragraph)
    return None


def _figures(gone: Counter[_Sentence], came: Counter[_Sentence]) -> list[tuple[str, str]]:
    """Return figures that stand in place of others in sentences that otherwise stayed."""
    before = {_masked(sentence): sentence for sentence in gone if len(sentence) >= _PROSE}
    pairs = []
    for sentence in came:
        other = before.get(_masked(sentence)) if len(sentence) >= _PROSE else None
        if other is not None:
            pairs += [(old, new) for old, new in zip(other, sentence, strict=True) if old != new]
    return pairs


def _masked(sentence: _Sentence) -> _Sentence:
    return tuple("#" if word[:1].isdigit() else word for word in sentence)


def _measure(before: int, new: _Reading, changed: int, figures: list[tuple[str, str]]) -> str:
    if new.size >= _FULLER * before:
        return f"text grew from {before} to {new.size} {new.unit}"
    if before >= _FULLER * new.size:
        return f"text shrank from {before} to {new.size} {new.unit}"
    if len(figures) == changed:
        was, now = figures[0]
        more = f", and {len(figures) - 1} more" if len(figures) > 1 else ""
        return f"figures changed: {was} is now {now}{more}"
    return f"{changed} of {new.size} {new.unit} changed"


def _is_other_title(before: str | None, after: str | None) -> bool:
    """Tell another headline from the same one with the site's name or a label beside it."""
    if not before or not after:
        return False
    one, other = (f" {' '.join(tokenise(title).words)} " for title in (before, after))
    return one not in other and other not in one


def _shorten(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _QUOTED else f"{line[: _QUOTED - 1].rstrip()}…"
