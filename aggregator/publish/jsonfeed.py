"""JSON Feed 1.1 (jsonfeed.org/version/1.1), with an `_aggregator` object of what the XML formats cannot say.

Refuses to choose what is published: `entries` has done so.
"""

import json

from aggregator.publish import legal, splice
from aggregator.publish.entries import ReadyEntry, ReadyFeed

_VERSION = "https://jsonfeed.org/version/1.1"

Object = dict[str, object]


def json_feed(feed: ReadyFeed) -> bytes:
    """Write a topic as JSON Feed 1.1, UTF-8."""
    document: Object = {
        "version": _VERSION,
        "title": feed.title,
        "home_page_url": feed.home,
        "feed_url": feed.self_url("json"),
        "description": feed.description,
        "language": feed.lang,
        "authors": [{"name": feed.title}],
        "hubs": [{"type": "WebSub", "url": feed.hub}] if feed.hub else [],
        "items": [_item(entry) for entry in feed.entries],
        "_aggregator": {"id": feed.feed_id, "updated_at": legal.rfc3339(feed.updated_at)},
    }
    text = json.dumps(_present(document), ensure_ascii=False, separators=(",", ":"))
    return splice.into_json(text.encode(), [entry.content for entry in feed.entries])


def _item(entry: ReadyEntry) -> Object:
    author: Object = {"name": entry.byline, "url": entry.outlet_url}
    return _present(
        {
            "id": entry.entry_id,
            "url": entry.url,
            "title": entry.title,
            "content_html": splice.JSON_MARK,
            "summary": entry.summary,
            "image": entry.image_url,
            "date_published": legal.rfc3339(entry.published_at),
            "date_modified": legal.rfc3339(entry.updated_at),
            "authors": [_present(author)],
            "tags": list(entry.tags),
            "language": entry.lang,
            "attachments": [
                _present({"url": file.url, "mime_type": file.type, "size_in_bytes": file.length or None})
                for file in entry.files
            ],
            "_aggregator": _present(
                {
                    "outlet": entry.outlet,
                    "outlet_url": entry.outlet_url,
                    "agency": entry.agency,
                    "first_seen_at": legal.rfc3339(entry.first_seen_at),
                    "claimed_at": legal.rfc3339(entry.claimed_at) if entry.claimed_at else None,
                    "change_note": entry.change_note,
                    "reading_minutes": entry.minutes or None,
                    "score": entry.score,
                    "matched": list(entry.matched),
                    "carriers": [
                        _present(
                            {
                                "outlet": carrier.outlet,
                                "url": carrier.url,
                                "first_seen_at": legal.rfc3339(carrier.first_seen_at),
                                "title": carrier.title,
                                "is_copy": carrier.is_copy,
                            }
                        )
                        for carrier in entry.carriers
                    ],
                }
            ),
        }
    )


def _present(fields: Object) -> Object:
    """Leave out what is not there, but keep a zero and the list of items."""
    return {key: value for key, value in fields.items() if key == "items" or value not in (None, "", [])}
