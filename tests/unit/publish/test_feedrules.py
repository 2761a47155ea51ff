"""The checker of published feeds finds what it is meant to find."""

import json
from typing import Any

import pytest

from aggregator.publish import Format, render
from tests.support.feedrules import problems, served_problems
from tests.support.topicfeeds import a_feed, an_entry

FEED = a_feed(an_entry(2), an_entry(1))

ENCLOSURE = 'rel="enclosure" href="https://cdn.lemonde.example/son.mp3" type="audio/mpeg"'

BROKEN_XML: list[tuple[Format, str, str, str]] = [
    ("atom", "</feed>", "", "not well-formed"),
    ("atom", "<id>tag:localhost,2026:topic/alibaba</id>", "", "feed has 0 id"),
    ("atom", "tag:localhost,2026:topic/alibaba", "alibaba", "InvalidFullLink"),
    ("atom", "<author><name>Jane Doe, Le Monde</name></author>", "<author/>", "author without name"),
    ("atom", ' rel="self"', ' rel="via"', "MissingSelf"),
    ("atom", "8080/feeds", "8081/feeds", "SelfDoesntMatchLocation"),
    ("atom", ENCLOSURE, 'href="http://x"', "DuplicateAtomLink"),
    ("atom", "2026-01-05T09:00:00+00:00", "2026-01-05 09:00", "InvalidRFC3339Date"),
    ("atom", "2026-01-05T09:00:00+00:00", "1066-01-05T09:00:00Z", "ImplausibleDate"),
    ("atom", ".000002+00:00", ".000001+00:00", "DuplicateUpdated"),
    ("atom", "entry/0000000000000002", "entry/0000000000000001", "DuplicateEntries"),
    ("atom", "amende à Alibaba", "&lt;b&gt;x&lt;/b&gt;", "ContainsUndeclaredHTML"),
    ("atom", "amende à Alibaba", "&amp;eacute;", "ContainsUndeclaredHTML"),
    ("atom", "amende à Alibaba", "\x85", "BadCharacters"),
    ("atom", ' type="html"', "", "ContainsUndeclaredHTML"),
    ("atom", "<em>", "<script>", "SecurityRisk"),
    ("atom", "<em>", "<em onclick='x'>", "SecurityRiskAttr"),
    ("atom", "https://reuters.example/1", "javascript:x", "SecurityRisk"),
    ("atom", "https://reuters.example/1", "/1", "ContainsRelRef"),
    ("atom", "</em>", "", "NotHtml"),
    ("atom", "<source><id>https://www.lemonde.example/</id>", "<source>", "MissingSourceElement"),
    ("atom", 'xml:lang="fr"', 'xml:lang="français"', "InvalidLanguage"),
    ("rss", "<description>Ce que les autorités décident</description>", "", "channel without description"),
    ("rss", 'rel="self"', 'rel="via"', "MissingAtomSelfLink"),
    ("rss", "Mon, 05 Jan 2026 09", "Tue, 05 Jan 2026 09", "IncorrectDOW"),
    ("rss", "Mon, 05 Jan 2026 09:00:00 +0000", "2026-01-05T09:00:00+00:00", "InvalidRFC2822Date"),
    ("rss", 'isPermaLink="false"', 'isPermaLink="true"', "InvalidHttpGUID"),
    ("rss", "entry/0000000000000002", "entry/0000000000000001", "DuplicateValue"),
    ("rss", 'length="1234"', "", "enclosure length"),
    ("rss", "dc:creator>", "author>", "InvalidContact"),
    ("rss", "<source ", "<title>x</title><source ", "DuplicateElement title"),
    ("rss", "https://www.lemonde.example/economie/article/1.html", "/article/é", "InvalidFullLink"),
    ("rss", "amende à Alibaba", "1 &lt;b 2", "CharacterData"),
    ("rss", "description>", "about>", "NeedDescriptionBeforeContent"),
]

BROKEN_JSON: list[tuple[str, Any, str]] = [
    ("id", "", "item without id"),
    ("content_html", "", "without content"),
    ("url", "/relative", "url"),
    ("date_published", "yesterday", "InvalidRFC3339Date"),
    ("tags", [""], "tags"),
    ("language", "français", "language"),
    ("attachments", [{"url": "https://a.example/x"}], "attachment"),
    ("authors", [{}], "empty author"),
    ("author", {"name": "x"}, "deprecated"),
    ("title", "\ufffd", "BadCharacters"),
    ("content_html", "<iframe></iframe>", "SecurityRisk"),
]


@pytest.mark.parametrize(("form", "old", "new", "rule"), BROKEN_XML)
def test_each_mistake_in_xml_is_found(form: Format, old: str, new: str, rule: str) -> None:
    body = render(FEED, form).decode()
    assert old in body
    found = problems(body.replace(old, new).encode(), form, url=f"http://127.0.0.1:8080/feeds/alibaba.{form}")
    assert any(rule in problem for problem in found), found


@pytest.mark.parametrize(("name", "value", "rule"), BROKEN_JSON)
def test_each_mistake_in_json_is_found(name: str, value: object, rule: str) -> None:
    feed = json.loads(render(FEED, "json"))
    feed["items"][0][name] = value
    found = problems(json.dumps(feed).encode(), "json")
    assert any(rule in problem for problem in found), found


def test_the_head_of_a_json_feed_is_checked_too() -> None:
    feed = json.loads(render(FEED, "json"))
    assert any(
        "version" in problem for problem in problems(json.dumps(feed | {"version": "1"}).encode(), "json")
    )
    assert any(
        "duplicate id" in p
        for p in problems(json.dumps(feed | {"items": feed["items"] * 2}).encode(), "json")
    )
    assert any("not the address" in p for p in problems(json.dumps(feed).encode(), "json", url="http://x/"))
    assert problems(b"\xff", "json")


def test_a_wrong_media_type_is_found() -> None:
    body = render(FEED, "atom")
    url = "http://127.0.0.1:8080/feeds/alibaba.atom"
    assert served_problems("text/html", body, "atom", url=url) == ["warning: UnexpectedContentType text/html"]
    assert served_problems("application/atom+xml; charset=latin-1", body, "atom", url=url)
    assert served_problems("application/atom+xml; charset=utf-8", body, "atom", url=url) == []
