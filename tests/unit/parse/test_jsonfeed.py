"""JSON Feed as it is met: right in spirit, wrong in types."""

import json
from datetime import UTC, datetime

import pytest

from aggregator.model import Author, Enclosure
from tests.unit.parse.reading import failure, feed, one


def document(*items: object, **fields: object) -> str:
    return json.dumps(
        {"version": "https://jsonfeed.org/version/1.1", "title": "Example", "items": items, **fields}
    )


def test_a_correct_entry() -> None:
    found = feed(
        document(
            {
                "id": "https://example.com/1",
                "url": "https://example.com/one",
                "title": "One",
                "content_html": '<p onclick="x">text <a href="/b">b</a></p>',
                "summary": "short & sweet",
                "date_published": "2026-01-05T10:00:00Z",
                "date_modified": "2026-01-05T11:00:00+01:00",
                "authors": [{"name": "Ann", "url": "https://ann.example/"}],
                "tags": ["a", "b", "a"],
                "image": "/i.jpg",
                "attachments": [{"url": "/e.mp3", "mime_type": "audio/mpeg", "size_in_bytes": 12}],
                "language": "en-GB",
            },
            home_page_url="https://example.com/",
            language="en",
        ),
        content_type="application/feed+json",
    )
    entry = found.entries[0]
    assert (found.format, found.title, found.site_url, found.lang) == (
        "json11",
        "Example",
        "https://example.com/",
        "en",
    )
    assert (entry.raw_id, entry.url, entry.title) == (
        "https://example.com/1",
        "https://example.com/one",
        "One",
    )
    assert entry.content_html.startswith('<p>text <a href="https://example.com/b"')
    assert entry.summary_html == "<p>short &amp; sweet</p>"
    assert entry.published_at == datetime(2026, 1, 5, 10, tzinfo=UTC)
    assert entry.updated_at == datetime(2026, 1, 5, 10, tzinfo=UTC)
    assert entry.authors == (Author("Ann", None, "https://ann.example/"),)
    assert entry.tags == ("a", "b")
    assert entry.image_url == "https://example.com/i.jpg"
    assert entry.enclosures == (Enclosure("https://example.com/e.mp3", "audio/mpeg", 12),)
    assert entry.lang == "en-gb"


@pytest.mark.parametrize(
    "fields",
    [
        {"tags": None, "authors": None, "author": None, "attachments": None, "title": None, "summary": None},
        {"tags": "a", "authors": "Ann", "attachments": {"url": "/a"}, "date_published": {}, "image": 7},
        {
            "tags": [1, None, {}],
            "authors": [None, 3, {"name": None}],
            "attachments": [None, 1],
            "language": 5,
        },
        {"content_html": 17, "content_text": ["x"], "url": [], "date_published": True},
    ],
)
def test_wrong_types_cost_only_themselves(fields: dict[str, object]) -> None:
    entry = one(document({"id": "1", "url": "https://example.com/1", **fields}))
    assert entry.raw_id == "1"


@pytest.mark.parametrize(("given", "raw"), [(17, "17"), ("", None), (None, None), ([], None), ("a b", "a b")])
def test_ids(given: object, raw: str | None) -> None:
    assert one(document({"id": given, "title": "a"})).raw_id == raw


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2026-01-05", 5),
        ("Mon, 05 Jan 2026 10:00:00 GMT", 5),
        (1767607200, 5),
        (1767607200000, 5),
        ("2026-01-05 10:00:00 +0000", 5),
        ("yesterday-ish", None),
    ],
)
def test_dates_that_are_not_rfc_3339(written: object, day: int | None) -> None:
    found = one(document({"id": "1", "date_published": written})).published_at
    assert (found.day if found else None) == day


def test_plain_text_content() -> None:
    assert (
        one(document({"id": "1", "content_text": "1 < 2\n\nnext"})).content_html
        == "<p>1 &lt; 2</p><p>next</p>"
    )


def test_external_url_and_id_as_link() -> None:
    assert one(document({"id": "1", "external_url": "https://x.example/"})).url == "https://x.example/"
    assert one(document({"id": "https://x.example/1"})).url == "https://x.example/1"
    assert one(document({"id": "1", "url": "javascript:alert(1)"})).url is None


def test_authors_are_inherited() -> None:
    assert one(document({"id": "1"}, author={"name": "Desk"})).authors == (Author("Desk"),)
    assert one(document({"id": "1", "author": "Ann"})).authors == (Author("Ann"),)


def test_items_that_are_no_objects_are_passed_over() -> None:
    assert len(feed(document(None, 1, "x", [], {"id": "1"})).entries) == 1


def test_version_1_and_unknown_versions() -> None:
    assert feed(document(version="https://jsonfeed.org/version/1")).format == "json10"
    assert feed(document(version=None)).format == "json"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("{", "broken JSON at line 1"),
        ('{"items": [{"id": "1"', "broken JSON"),
        ("[]", "JSON without a list of items"),
        ('{"items": null}', "JSON without a list of items"),
        ('{"error": "no such feed"}', "JSON without a list of items"),
        ("[" * 200_000, "JSON nested too deeply"),
    ],
)
def test_json_that_is_no_feed(body: str, reason: str) -> None:
    assert failure(body).startswith("not a feed: ")
    assert reason in failure(body)


def test_lone_surrogates_and_damage_behind_escapes() -> None:
    body = '{"items": [{"id": "1", "title": "P\\u00c3\\u00a9kin \\ud83d\\ude00\\ud800"}]}'
    assert one(body).title == "Pékin 😀"


def test_byte_order_mark_and_utf_16() -> None:
    assert one(b"\xef\xbb\xbf" + document({"id": "é"}).encode()).raw_id == "é"
    assert one(document({"id": "é"}).encode("utf-16")).raw_id == "é"
