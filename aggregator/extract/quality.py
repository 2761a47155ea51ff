"""What an extracted text is worth, and the evidence for it.

A verdict is reached from the page and from what the feed promised: how much running text there
was, what the page says of itself, and phrases that walls, error pages and stubs use. It knows no
host, and it never makes text out of evidence.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from aggregator.extract.consent import asking, is_told, mentions
from aggregator.extract.expected import Expected, is_front
from aggregator.extract.phrases import (
    CUT_OFF,
    ERROR_TEXT,
    ERROR_TITLE,
    LIST_TITLE,
    LIST_TYPES,
    LOADING,
    LOGIN,
    MEMBER,
    NEEDS_SCRIPT,
    PART,
    PART_HINT,
    PASSWORD,
    QUOTE,
    READ_ON,
    STUB,
    WALL,
    is_behind,
    says_missing,
    weight,
)
from aggregator.model import Facts, Quality

__all__ = ["Verdict", "breaks_off", "judge", "weight", "worth"]

# Weights: characters of a Latin text; Han characters count as three.
_TINY = 90  # less is no text, whatever it says
_SHORT = 200  # a text of one sentence is this long
_STUB = 600
_MIDDLE = 1250
_LONG = 2500
_PROSE = 120  # a paragraph in which a phrase is reported, not spoken
_START = 40
_KIN = 0.5  # share of a summary's words from which a text is about the same
_STRANGE = 0.3  # below it they have only the words in common that every text has
_LINES = 4  # short lines that make a poem, a list, a table
_ERROR_LINE = 400
_SENTENCE = re.compile(r"[.!?…][\"'”’»“)\]]{0,2}(?=\s|$)|[。！？][”’」』）]{0,2}")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a text is worth and why, strongest first; without `is_article` it must not be kept."""

    quality: Quality
    evidence: tuple[str, ...]
    is_article: bool = True


def judge(facts: Facts, expected: Expected) -> Verdict:
    """Judge a page; FAILED is for pages that show nothing."""
    size = weight(facts.text)
    is_named = expected.names(facts.titles)
    asks = facts.asking
    if not asks.is_wall and ((other := asking(facts.lines)).is_wall or not asks.blocks):
        asks = other
    is_wall = asks.is_wall and not (is_named is True and asks.is_report)
    if is_wall or (asks.blocks and size < _TINY):
        said = f"the page asks for consent to cookies or data use: “{asks.sample}”"
        return Verdict(Quality.CONSENT_WALL, (said,), is_article=False)
    if why := _other_page(facts, expected, size, is_named):
        return Verdict(Quality.ERROR_PAGE, (why,), is_article=False)
    if size < _MIDDLE and (why := _login(facts, size, is_named)):
        return Verdict(Quality.PAYWALL, (why,), is_article=False)
    if why := _shell(facts, size):
        return Verdict(Quality.FAILED, (why,), is_article=False)
    if is_named is False and (why := _stranger(facts, expected, size)):
        if words := mentions(facts.lines):
            why = f"the page asks for consent to cookies or data use ({words}), and {why}"
            return Verdict(Quality.CONSENT_WALL, (why,), is_article=False)
        return Verdict(Quality.ERROR_PAGE, (why,), is_article=False)
    return worth(facts, expected)


def _other_page(facts: Facts, expected: Expected, size: int, is_named: bool | None) -> str | None:
    """Say which other page stands where an article was expected."""
    text, titles = facts.text, facts.titles
    if is_named is not True:
        if where := expected.elsewhere(facts.url):
            return f"the link leads to {where}: {facts.url}"
        most = (
            _LONG if is_named is False else _STUB
        )  # a title that differs is worth more than none to compare
        canonical = facts.canonical_url or ""
        is_article_asked = not is_front(expected.url or facts.url)
        if size < most and canonical and is_front(canonical) and is_article_asked:
            return f"the page calls itself the front page: {canonical}"
        if size < most and (kind := facts.statements.types & LIST_TYPES):
            return f"the page calls itself a list ({', '.join(sorted(kind))})"
        is_other = is_named is False and (expected.found_in(text) or 0) < _KIN
        for title in titles:
            if (size < _STUB or is_other) and size < _LONG and LIST_TITLE.search(title):
                return f"the page calls itself a list: “{title[:80]}”"
            # Other articles below it may make a lost page as long as any.
            if (size < _MIDDLE or is_other) and ERROR_TITLE.search(title):
                return f"the page calls itself “{title[:80]}”"
        if is_other and size >= _MIDDLE and (why := _apology(facts)):
            return why
    if size < _MIDDLE:
        for block in dict.fromkeys((*titles, *_blocks(text), *facts.dropped, *facts.lines)):
            if (found := ERROR_TEXT.search(block)) and (
                is_named is not True or (size < _ERROR_LINE and found.start() < 12)
            ):
                return f"the page speaks of an error: “{_quote(block, found)}”"
    if size < _STUB and is_named is not True and not facts.has_password:
        said = "\n".join((*titles, *(facts.lines or _blocks(text))))
        if len(said) < _LONG and says_missing(said):
            return f"the page apologises for what is not there: “{' '.join(said.split())[:80]}”"
    return None


def _apology(facts: Facts) -> str | None:
    """Say what a page without its article says above the other articles that it offers instead."""
    first = next(_blocks(facts.text), "")
    top = [
        line for line in dict.fromkeys((*facts.titles, *facts.lines[:2], first)) if len(line) < _ERROR_LINE
    ]
    for line in top:
        if found := ERROR_TEXT.search(line):
            return f"the page speaks of an error: “{_quote(line, found)}”"
    said = "\n".join(top)
    if says_missing(said):
        return f"the page apologises for what is not there: “{' '.join(said.split())[:80]}”"
    return None


def _stranger(facts: Facts, expected: Expected, size: int) -> str | None:
    """Say that a page has nothing to do with the entry: no word of its title, few of its summary.

    Of a longer text that must be told by the page's titles and the summary, and only where a redirect led.
    """
    if not facts.text:
        return None
    if size >= _STUB:
        share = expected.found_in(facts.text) if expected.leads_away(facts.url) else None
        if share is None or share >= _STRANGE or expected.shares_words(facts.titles):
            return None
        return f"the link leads to another article: “{' '.join(facts.titles)[:80]}”"
    if expected.shares_words((*facts.titles, facts.text, *facts.lines)):
        return None
    share = expected.found_in(f"{facts.spoken} {facts.text}")
    if share is None or share < _STRANGE:
        return "no word of the entry's title stands on the page"
    return None


def _login(facts: Facts, size: int, is_named: bool | None) -> str | None:
    if is_named is True and size >= _SHORT:
        return None
    blocks = tuple(dict.fromkeys((*facts.titles, *_blocks(facts.text), *facts.dropped, *facts.lines)))
    if size < _TINY:
        blocks += tuple(line[:_MIDDLE] for line in facts.spoken.splitlines()[:20])
    asks = [found for block in blocks if (found := LOGIN.search(block) or PASSWORD.search(block))]
    if (
        asks
        and (facts.has_password or len(asks) > 2)
        and (is_named is False or LOGIN.search(asks[0].group()))
    ):
        return f"the page asks to sign in: “{_quote(asks[0].string, asks[0])}”"
    return None


def _shell(facts: Facts, size: int) -> str | None:
    """Say what a page shows instead of a text that only a script would bring."""
    if size >= _STUB / 2:
        return None
    lines = list(_blocks(facts.text))
    if not lines and (found := NEEDS_SCRIPT.search(facts.spoken[:5000])):
        return f"the page shows nothing without JavaScript: “{found.group()[:80]}”"
    for line in lines:
        if (found := NEEDS_SCRIPT.search(line) or LOADING.search(line)) and size - weight(line) < _SHORT:
            return f"the page shows nothing without JavaScript: “{_quote(line, found)}”"
    return None


def worth(facts: Facts, expected: Expected) -> Verdict:
    """Judge the text of what is an article."""
    size = weight(facts.text)
    text, said = facts.text, facts.statements
    evidence: list[str] = []
    spoken = " ".join(facts.spoken.split()) if size < _MIDDLE else ""
    asks = _asks_to_pay(facts, spoken) if size < _MIDDLE else None
    if asks is None and size < _LONG:
        asks = next((line[:80] for line in facts.dropped if WALL.search(line)), None)
    is_cut_off = breaks_off(text)
    is_longer = said.body_length > 1.5 * len(text)
    is_whole = 0 < said.body_length <= 1.2 * len(text) or said.paid_length > 0.3 * len(text)
    is_paid = said.is_free is False or said.is_locked
    if is_paid:
        evidence.append("the page says that it is not accessible for free (JSON-LD or meta)")
    if asks:
        evidence.append(f"the page asks to subscribe or to sign in: “{asks}”")
    if is_longer:
        evidence.append(f"{said.body_length} characters of text are stated (JSON-LD), {len(text)} are there")
    if is_cut_off:
        evidence.append(f"the text breaks off: “{text[-40:].strip()}”")
    is_short_of_paid = is_paid and (size < _LONG or is_cut_off or is_longer)
    if not is_whole and (asks or is_short_of_paid):
        return Verdict(Quality.PAYWALL, tuple(evidence), is_article=bool(text))
    if not text:
        return Verdict(Quality.FAILED, ("the page holds no text that could be an article",), is_article=False)
    return _length(facts, expected, evidence, is_cut_off=is_cut_off, is_longer=is_longer)


def _length(
    facts: Facts, expected: Expected, evidence: list[str], *, is_cut_off: bool, is_longer: bool
) -> Verdict:
    """Tell a stub from a text that is short because there is no more to say."""
    text, size = facts.text, weight(facts.text)
    blocks = list(_blocks(text))
    on = READ_ON.search(facts.last) or READ_ON.search(blocks[-1])
    if on and size < _MIDDLE:
        evidence.append(f"the text goes on elsewhere: “{on.group().strip()[:80]}”")
    if is_cut_off and size < _MIDDLE:
        return Verdict(Quality.TEASER, (*evidence, f"{len(text)} characters of text"))
    if on and size < _STUB:
        return Verdict(Quality.TEASER, (*evidence, f"{len(text)} characters of text"))
    if size < _STUB:
        for block in (*blocks[:1], *blocks[-1:], *facts.dropped):
            if (found := STUB.search(block)) and len(block) < _SHORT:
                evidence.append(f"more is promised: “{_quote(block, found)}”")
                return Verdict(Quality.TEASER, (*evidence, f"{len(text)} characters of text"))
    if size < _SHORT and not _is_complete(text, size):
        return Verdict(Quality.TEASER, (*evidence, f"{len(text)} characters of text"))
    if size < _SHORT and "liveblogposting" in facts.statements.types:
        return Verdict(Quality.TEASER, (*evidence, "the entries of the live blog are not on the page"))
    if is_longer:
        return Verdict(Quality.PARTIAL, tuple(evidence))
    if PART_HINT.search(facts.spoken) and (found := PART.search(facts.spoken)):
        return Verdict(Quality.PARTIAL, (*evidence, f"the article has further pages: “{found.group()}”"))
    if facts.has_lost_cards and size < 500 and not facts.is_rescued and not _ends(text):
        return Verdict(Quality.PARTIAL, (*evidence, "short, and cards were cut from inside the article"))
    if len(text) < 0.3 * facts.running:
        why = f"{len(text)} of {facts.running} characters of running text were taken"
        return Verdict(Quality.PARTIAL, (*evidence, why))
    if size < _MIDDLE:
        share = expected.found_in(text)
        if share is not None and share < 0.25:
            why = f"{1 - share:.0%} of the words of the feed's summary are missing"
            return Verdict(Quality.PARTIAL, (*evidence, why))
    evidence.append("the uncut page was read" if facts.is_rescued else "the article was found whole")
    return Verdict(Quality.FULL, tuple(evidence))


def _asks_to_pay(facts: Facts, spoken: str) -> str | None:
    """Return the words by which a page asks to pay or to sign in, unless its article only reports them."""
    if facts.walls:
        return facts.walls[:80]
    if weight(facts.text) < _STUB and (line := next(_behind(facts), None)):
        return line[:80]
    if weight(facts.text) < _STUB and (line := next(filter(MEMBER.match, facts.dropped), None)):
        return line[:80]
    blocks = list(_blocks(facts.text))
    for found in WALL.finditer(spoken):
        words = found.group()
        if not any(_reports(block, words, is_first=block is blocks[0]) for block in blocks):
            return words[:80]
    return None


def _reports(block: str, words: str, *, is_first: bool) -> bool:
    start = block.find(words)
    return (weight(block) >= _PROSE and start > _START) or is_told(block, start, is_first=is_first)


def _behind(facts: Facts) -> Iterator[str]:
    """Give the short lines below the first paragraph of a text that say what the rest would cost."""
    is_below = False
    for line in facts.lines:
        if (
            is_below
            and len(line) < 2 * _PROSE
            and not QUOTE.search(line)
            and is_behind(line)
            and not is_told(line)
        ):
            yield line
        is_below |= weight(line) >= _PROSE and line[:_START] in facts.text


def _is_complete(text: str, size: int) -> bool:
    if size < _TINY:
        return False
    return _is_of_lines(text) or (_ends(text) and len(_SENTENCE.findall(text)) >= 2)


def _is_of_lines(text: str) -> bool:
    """Tell a poem, a list or a table: many short lines."""
    lines = [line for line in text.split("\n") if line.strip()]
    return len(lines) >= _LINES and len(text) < 100 * len(lines)


def _ends(text: str) -> bool:
    last = text[-4:]
    return _SENTENCE.search(last) is not None


def _blocks(text: str) -> Iterator[str]:
    return (block for part in text.split("\n\n") if (block := " ".join(part.split())))


def _quote(block: str, found: re.Match[str]) -> str:
    return block[max(0, found.start() - 10) : found.start() + 70].strip()


def breaks_off(text: str) -> bool:
    """Tell whether a text ends in an ellipsis or an invitation to read on elsewhere."""
    return CUT_OFF.search(text[-120:]) is not None
