"""Topic feeds to publish in tests: a plausible entry and feed, any field of which a test may change."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from aggregator.model import Carrier, Enclosure, PublishedEntry, TopicFeed

AT = datetime(2026, 1, 5, 10, 30, tzinfo=UTC)
BASE_URL = "http://127.0.0.1:8080"


def an_entry(seq: int = 1, **changes: Any) -> PublishedEntry:
    """Build a complete entry; its identity follows from `seq`."""
    entry = PublishedEntry(
        entry_id=f"tag:localhost,2026:entry/{seq:016x}",
        seq=seq,
        title=f"Pékin inflige une amende à Alibaba ({seq})",
        url=f"https://www.lemonde.example/economie/article/{seq}.html",
        outlet="Le Monde",
        outlet_url="https://www.lemonde.example",
        authors=("Jane Doe",),
        html="<p>Le régulateur a infligé une amende &amp; un <em>avertissement</em>.</p>",
        summary="Le régulateur a infligé une amende",
        lang="fr",
        tags=("Économie", "Chine"),
        enclosures=(Enclosure("https://cdn.lemonde.example/son.mp3", "audio/mpeg", 1234),),
        image_url="https://img.lemonde.example/lead.jpg",
        published_at=datetime(2026, 1, 5, 9, tzinfo=UTC),
        first_seen_at=AT,
        updated_at=AT,
        change_note=None,
        carriers=(Carrier("Reuters", "https://reuters.example/1", AT),),
        score=7.25,
        matched=("alibaba", "amende"),
    )
    return replace(entry, **changes)


def a_feed(*entries: PublishedEntry, **changes: Any) -> TopicFeed:
    """Build a topic's feed with these entries."""
    feed = TopicFeed(
        topic_id="alibaba",
        title="Alibaba — régulation",
        description="Ce que les autorités décident",
        lang="fr",
        feed_id="tag:localhost,2026:topic/alibaba",
        base_url=BASE_URL,
        updated_at=AT,
        entries=entries,
    )
    return replace(feed, **changes)
