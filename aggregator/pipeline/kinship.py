"""What a settled item is to those before it: a copy of which texts, a report of which event.

One transaction's work, in the order of arrival; what comes of it does not depend on that order, as far
as copies go. A bug that one text brings out leaves that item alone, and is loud.
"""

from dataclasses import replace
from datetime import datetime

from aggregator.dedup import copies, families, stories, traits
from aggregator.dedup.copies import Compared, CopyText
from aggregator.logs import get_logger
from aggregator.model import Analysis, Item, Report, StoryEvidence
from aggregator.store import Connection
from aggregator.store import families as kept
from aggregator.store import stories as kept_stories
from aggregator.store.families import Member, Relative

log = get_logger("decide")


def is_open(item: Item) -> bool:
    """Tell whether an item's family and story are to be found: it is new, or its text changed."""
    return item.root_id is None or item.is_changed


def relate(connection: Connection, item: Item, found: Analysis, *, story_uid: str, now: datetime) -> bool:
    """Put an item into its family and its story; return whether families or stories became one by it.

    When the text of an item changes that others copy, it stays with them; one that stays alone stays in
    its story, which may be one with others by what it says now.
    """
    if item.root_id == item.id and kept.has_copies(connection, item.id):
        return _tell(connection, item, found, story_uid, now)
    if item.root_id is not None:
        kept.forget_likenesses(connection, item.id)
    compared = _copies(connection, item, found)
    if not compared.found:
        if item.root_id not in (None, item.id):  # it leaves the story of those that it copied
            kept.assign(connection, item.id, None, [item.id])
        return _tell(connection, item, found, story_uid, now)
    kept.record_likenesses(
        connection,
        item.id,
        compared.found,
        unlike=compared.unlike if compared.is_cut else (),
        is_cut=compared.is_cut,
    )
    members, likenesses = kept.alike(connection, item.id)
    ranks = {member.item_id: member.rank for member in members.values()}
    is_merged = False
    for group in families.partition(ranks, likenesses):
        is_merged |= _settle(connection, [members[item_id] for item_id in group], story_uid, now)
    return is_merged


def _copies(connection: Connection, item: Item, found: Analysis) -> Compared:
    claimed = kept.canonical_key(connection, item.id)
    related, is_cut = kept.relatives(
        connection,
        item.id,
        around=item.first_seen_at,
        window=copies.WINDOW,
        keys=[item.canonical_url, claimed],
        digest=found.digest,
    )
    mine = CopyText(
        item_id=item.id,
        title=item.title,
        text=item.article.text if item.article else "",
        lang=found.lang,
        digest=found.digest,
        urls=copies.addresses(item.canonical_url, claimed),
        published_at=item.published_at,
        first_seen_at=item.first_seen_at,
    )
    try:
        compared = copies.find_copies(mine, [_copy_text(relative) for relative in related])
    except Exception as error:
        log.error("bug", item=item.uid, url=item.entry.url, exc_info=error)
        return Compared((), (), is_cut=False)
    return replace(compared, is_cut=is_cut or compared.is_cut)


def _copy_text(relative: Relative) -> CopyText:
    return CopyText(
        item_id=relative.item_id,
        title=relative.title,
        text=relative.text,
        lang=relative.lang,
        digest=relative.digest,
        urls=copies.addresses(relative.canonical_url, relative.canonical_key),
        published_at=relative.published_at,
        first_seen_at=relative.first_seen_at,
    )


def _settle(connection: Connection, group: list[Member], story_uid: str, now: datetime) -> bool:
    """Make a group one family under its first item; return whether families or stories became one."""
    root = min(group, key=lambda member: member.seen)
    tales = {member.story_id for member in group if member.story_id is not None}
    if not tales:  # an item that left its family as others arrived
        story_id = kept_stories.open_story(connection, story_uid, now)
    elif len(tales) == 1:
        (story_id,) = tales
    else:
        story_id = kept_stories.merge(connection, sorted(tales))
    strays = [m.item_id for m in group if m.root_id != root.item_id or m.story_id != story_id]
    if strays:
        kept.assign(connection, root.item_id, story_id, strays)
    roots = {member.root_id for member in group if member.story_id is not None}
    if len(roots) > 1:  # what they say is one report now
        kept_stories.forget(connection, sorted(roots - {root.item_id}))
    return len(roots) > 1


def _tell(connection: Connection, item: Item, found: Analysis, story_uid: str, now: datetime) -> bool:
    """Find the story that the first item of a family belongs to, or open one; return whether some became one.

    A story that it was in before stays its own.
    """
    keys = {traits.number(key): key for key in traits.keys(found.traits)}
    is_first = item.root_id is None
    kept_stories.add_report(connection, item.id, found.traits, tuple(keys), is_first=is_first)
    told: tuple[StoryEvidence, ...] = ()
    own = None if is_first else kept_stories.number_of(connection, item.id)
    if keys:
        near = kept_stories.related(
            connection, item.id, around=item.first_seen_at, window=stories.WINDOW, worth=stories.worth
        )
        rare = stories.rarity({keys[clue]: count for clue, count in near.counts.items()}, near.seen)
        report = Report(item.id, 0, found.lang, item.published_at, found.traits)
        try:
            others = [other for other in near.reports if other.item_id != item.id]
            told = stories.find_stories(report, others, rare, own=own)
        except Exception as error:
            log.error("bug", item=item.uid, url=item.entry.url, exc_info=error)
    tales = {evidence.story_id for evidence in told} | ({own} if own is not None else set())
    if tales:
        story_id = kept_stories.merge(connection, sorted(tales))
    else:
        story_id = kept_stories.open_story(connection, story_uid, now)
    if own is None:
        kept.assign(connection, item.id, story_id, [item.id])
    if told:
        kept_stories.explain_report(connection, item.id, told[0])
    return len(tales) > 1
