"""What hubs and webhooks are told when a topic changes, as bytes to be sent.

Pings follow WebSub, messages and their signatures Standard Webhooks 1.0 (standardwebhooks.com). It
refuses to send anything and to say more of an entry than its feed does.
"""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlencode

from aggregator.model import TopicFeed
from aggregator.publish.entries import ready
from aggregator.publish.formats import Format, feed_url
from aggregator.publish.legal import rfc3339

PING_TYPE = "application/x-www-form-urlencoded"
MESSAGE_TYPE = "application/json"
_PREFIX = "whsec_"


def ping(feed: TopicFeed, formats: Sequence[Format]) -> str:
    """Write what a hub is told of a changed topic (w3.org/TR/websub, section 7)."""
    urls = [feed_url(feed.base_url, feed.topic_id, fmt) for fmt in formats if fmt != "json"]
    return urlencode([("hub.mode", "publish"), *(("hub.url", url) for url in urls)])


def message(feed: TopicFeed, now: datetime) -> str:
    """Write what a webhook is told of new entries of a topic, those of `feed`, as JSON."""
    prepared = ready(feed)
    told = [
        {
            "id": entry.entry_id,
            "url": entry.url,
            "title": entry.title,
            "summary": entry.summary,
            "outlet": entry.outlet,
            "language": entry.lang,
            "published_at": rfc3339(entry.published_at),
            "first_seen_at": rfc3339(entry.first_seen_at),
            "score": entry.score,
            "matched": entry.matched,
        }
        for entry in prepared.entries
    ]
    topic = {
        "id": prepared.topic_id,
        "title": prepared.title,
        "feed": feed_url(feed.base_url, feed.topic_id, "atom"),
    }
    data = {"topic": topic, "entries": told}
    return json.dumps(
        {"type": "topic.published", "timestamp": rfc3339(now), "data": data}, ensure_ascii=False
    )


def signed(uid: str, body: bytes, key: str, now: datetime) -> tuple[tuple[str, str], ...]:
    """Give the headers that say which message this is, and prove that it comes from us."""
    name, seconds = f"msg_{uid}", str(int(now.timestamp()))
    digest = hmac.digest(_secret(key), b".".join((name.encode(), seconds.encode(), body)), hashlib.sha256)
    return (
        ("webhook-id", name),
        ("webhook-timestamp", seconds),
        ("webhook-signature", f"v1,{base64.b64encode(digest).decode()}"),
    )


def _secret(key: str) -> bytes:
    """Read a key as others write it: base64 behind a prefix, or any text."""
    if key.startswith(_PREFIX):
        try:
            return base64.b64decode(key.removeprefix(_PREFIX), validate=True)
        except binascii.Error:
            pass
    return key.encode()
