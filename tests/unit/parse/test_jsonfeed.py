"""JSON Feed as it is met: right in spirit, wrong in types."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.model import Author, Enclosure, ParsedFeed
from tests.unit.parse.reading import failure, feed, one, read


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


WHOLE = '{"version": "https://jsonfeed.org/version/1.1", "title": "T", "items": [%s'
ONE, TWO = '{"id": "1", "title": "One, ]}"}', '{"id": "2", "tags": ["a", {}], "title": "Two"}'


@pytest.mark.parametrize(
    ("end", "titles"),
    [
        (f"{ONE}, {TWO}]", ["One, ]}", "Two"]),  # the last brace is missing
        (f"{ONE}, {TWO}", ["One, ]}", "Two"]),
        (f"{ONE}, {TWO}, ", ["One, ]}", "Two"]),
        (f"{ONE} , {TWO[:-1]}", ["One, ]}"]),
        (f'{ONE}, {{"id": "2", "title": "T\\', ["One, ]}"]),
        (f"{ONE}, {TWO} {ONE}]}}", ["One, ]}", "Two"]),  # a comma is missing
        (f'{ONE}], "hubs": [', ["One, ]}"]),
        (f"{ONE}]}}<!-- 0.1 s -->", ["One, ]}"]),
    ],
)
def test_what_breaks_off_gives_the_entries_that_are_whole(end: str, titles: list[str]) -> None:
    found = feed(WHOLE % end)
    assert [entry.title for entry in found.entries] == titles
    assert (found.format, found.title) == ("json11", "T")
    assert (found.note or "").startswith("broken JSON at line 1 (")
    assert (found.note or "").endswith("read as far as it goes")


def test_what_is_no_list_of_entries_is_not_saved() -> None:
    for body in ('{"items": [1, 2, ', '{"a": {"items": [{"id": "1"}, ', '{"title": "T", "items": ['):
        assert "broken JSON" in failure(body), body


def test_damage_is_mended_in_what_breaks_off_too() -> None:
    body = '{"items": [{"id": "1", "title": "P\\u00c3\\u00a9kin"}, {"id": "2'
    assert one(body).title == "Pékin"


@given(
    st.lists(st.fixed_dictionaries({"id": st.text(min_size=1), "title": st.text()}), min_size=1, max_size=5),
    st.data(),
)
def test_every_cut_gives_what_stood_before_it(items: list[dict[str, str]], data: st.DataObject) -> None:
    body = document(*items)
    at = data.draw(st.integers(0, len(body) - 1))
    ends = [len(document(*items[: number + 1])) - len("]}") for number in range(len(items))]
    whole = sum(end <= at for end in ends)
    found = read(body[:at])
    assert (len(found.entries) if isinstance(found, ParsedFeed) else 0) == whole
