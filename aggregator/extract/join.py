"""The pages of one article made into one, and judged as one."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from aggregator.extract.expected import expected
from aggregator.extract.quality import Verdict, worth
from aggregator.model import Article, Entry, Facts, JudgedPage, Quality


def join(pages: Sequence[JudgedPage], broken: str = "", entry: Entry | None = None) -> Article:
    """Join the texts of at least one page; `broken` says why the rest is not there.

    Title, date and the like are what the first page says. A rest that is missing makes the whole
    partial; a page that names itself the first of three, or says "read on" before the next one, does not.
    """
    first = pages[0].article
    if not first.text or (len(pages) == 1 and not broken):
        return first
    facts = _joined([page.facts for page in pages])
    verdict = _judged(facts, pages[-1].article, entry, is_broken=bool(broken))
    said = [f"{len(pages)} pages were joined"] if len(pages) > 1 else []
    if broken:
        said.append(broken)
    return replace(
        first,
        html="\n".join(page.article.html for page in pages),
        text=facts.text,
        quality=verdict.quality,
        evidence=(*said, *verdict.evidence, *_noted(pages)),
    )


def _joined(facts: Sequence[Facts]) -> Facts:
    """Put together what all pages hold; only the last tells what stands below the text."""
    return replace(
        facts[-1],
        text="\n\n".join(each.text for each in facts),
        titles=facts[0].titles,
        statements=replace(
            facts[0].statements,
            body_length=max(each.statements.body_length for each in facts),
            paid_length=sum(each.statements.paid_length for each in facts),
        ),
        running=sum(each.running for each in facts),
        dropped=tuple(line for each in facts for line in each.dropped),
        url=facts[0].url,
        canonical_url=facts[0].canonical_url,
        is_rescued=any(each.is_rescued for each in facts),
        has_lost_cards=any(each.has_lost_cards for each in facts),
    )


def _judged(facts: Facts, last: Article, entry: Entry | None, *, is_broken: bool) -> Verdict:
    """Judge the whole; a wall on the last page is one, however much text stands before it."""
    verdict = worth(facts, expected(entry))
    if verdict.quality is Quality.PAYWALL:
        return verdict
    if last.quality is Quality.PAYWALL:
        return Verdict(Quality.PAYWALL, last.evidence)
    if is_broken and verdict.quality is not Quality.PARTIAL:
        why = verdict.evidence if verdict.quality is not Quality.FULL else ()
        return Verdict(Quality.PARTIAL, why)
    return verdict


def _noted(pages: Sequence[JudgedPage]) -> Iterator[str]:
    """Give what the rule came to on all pages, what it came to on each of them once."""
    shared = set(pages[0].notes).intersection(*(page.notes for page in pages))
    yield from (line for line in pages[0].notes if line in shared)
    for number, page in enumerate(pages, 1):
        yield from (f"page {number}: {line}" for line in page.notes if line not in shared)
