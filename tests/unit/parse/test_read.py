"""What a document is, and what is said of one that is no feed."""

import gzip
import random
import subprocess
import sys
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.model import Failure, FeedLinks, LinkOrigin, ParsedFeed, SitemapIndex
from tests.support.active import active_content
from tests.support.effort import at_most
from tests.unit.parse.reading import atom, failure, feed, read, rss

PAGE = "<!DOCTYPE html><html><head><title>Home &amp; more</title>{}</head><body><p>x</p></body></html>"
ITEM = "<title>Régulation</title><link>https://example.com/1</link>"


@pytest.mark.parametrize(
    "content_type",
    ["text/html", "application/json", "image/png", "", "text/plain", "application/octet-stream"],
)
def test_content_type_may_lie(content_type: str) -> None:
    assert feed(rss(ITEM), content_type=content_type).entries[0].title == "Régulation"
    assert feed('{"items": [{"id": "1"}]}', content_type=content_type).entries[0].raw_id == "1"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "iso-8859-1"])
@pytest.mark.parametrize("charset", [None, "utf-8", "iso-8859-1"])
def test_encodings(encoding: str, charset: str | None) -> None:
    body = rss(ITEM).encode(encoding)
    assert feed(body, charset=charset).entries[0].title == "Régulation"


@pytest.mark.parametrize(
    ("encoding", "title"), [("gb18030", "监管总局"), ("shift_jis", "規制当局"), ("koi8-r", "Новости")]
)
def test_declared_encodings(encoding: str, title: str) -> None:
    declaration = f'version="1.0" encoding="{encoding}"'
    body = rss(f"<title>{title}</title>").replace('version="1.0"', declaration, 1)
    assert feed(body.encode(encoding), charset="iso-8859-1").entries[0].title == title


def test_gzip_that_no_header_announced() -> None:
    assert len(feed(gzip.compress(rss(ITEM).encode())).entries) == 1
    assert len(feed(gzip.compress(rss(ITEM).encode())[:-9]).entries) == 1


@pytest.mark.parametrize(
    "body",
    [
        "\n\n  " + rss(ITEM),
        "<b>Warning</b>: mysql_connect() in /x.php<br />\n" + rss(ITEM),
        rss(ITEM)[:-20],
        rss(ITEM).replace('<?xml version="1.0"?>', ""),
        rss(ITEM).replace("</title><link>", "\0\x0b</title><link>"),
        rss(ITEM + "<foo:bar>undeclared namespace</foo:bar>"),
        '<!DOCTYPE rss [<!ENTITY w "x">]>' + rss(ITEM).replace('<?xml version="1.0"?>', ""),
        "<!-- <html> -->" + rss(ITEM).replace('<?xml version="1.0"?>', ""),
        rss(
            ITEM.replace(
                "</link>", "</link><description><![CDATA[<html><body>x</body></html>]]></description>"
            )
        ),
    ],
)
def test_half_broken_feeds_give_their_entries(body: str) -> None:
    assert [entry.title for entry in feed(body).entries] == ["Régulation"]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "the document is empty"),
        (b" \n\0", "the document is empty"),
        (b"\x89PNG\r\n\x1a\n", "an image (PNG)"),
        (b"\xff\xd8\xff\xe0", "an image (JPEG)"),
        (b"%PDF-1.7", "a PDF"),
        (b"null", "text that begins “null”, served as application/xml"),
        (b"Not found", "text that begins “Not found”"),
        (b"<?xml version='1.0'?><!-- c --><opml version='2.0'/>", "XML whose root element is <opml>"),
        (PAGE.format("").encode(), "an HTML page titled “Home & more”"),
        (b"<html><body>503</body></html>", "an HTML page without title"),
    ],
)
def test_what_is_no_feed_is_named(body: bytes, reason: str) -> None:
    assert failure(body).startswith(f"not a feed: {reason}")


def test_no_secret_in_the_reason() -> None:
    page = "<html><head><title>see https://joe:pw@example.com/?token=abc</title></head></html>"
    assert "pw" not in failure(page)
    assert "abc" not in failure(page)


def test_a_page_names_its_feeds() -> None:
    links = (
        '<link rel="alternate" type="application/rss+xml" href="/comments/feed/" title="Comments">'
        '<link rel="ALTERNATE x" type="application/atom+xml; charset=utf-8" href=atom.xml title=" A&amp;B">'
        '<link rel="alternate" type="application/rss+xml" href="https://feeds.example/x">'
        '<link rel="alternate" type="application/json" href="/wp-json/wp/v2/posts/1">'
        '<link rel="alternate" type="application/json" href="/feed.json">'
        '<link rel="alternate" hreflang="en" href="/en/">'
        '<link rel="alternate" type="application/rss+xml" href="">'
        '<link rel="alternate" type="application/rss+xml" href="javascript:x">'
    )
    found = read(PAGE.format(links), url="https://example.com/dir/page")
    assert isinstance(found, FeedLinks)
    assert tuple((link.url, link.title) for link in found.candidates) == (
        ("https://example.com/dir/atom.xml", "A&B"),
        ("https://feeds.example/x", ""),
        ("https://example.com/feed.json", ""),
        ("https://example.com/comments/feed/", "Comments"),
    )
    assert {link.origin for link in found.candidates} == {LinkOrigin.LINK_ELEMENT}
    assert found.page == "an HTML page titled “Home & more”"


def test_base_element_of_the_page() -> None:
    link = (
        '<base href="https://www.example.com/x/"><link rel="alternate" type="application/rss+xml" href="f">'
    )
    found = read(PAGE.format(link))
    assert isinstance(found, FeedLinks)
    assert [link.url for link in found.candidates] == ["https://www.example.com/x/f"]


@given(st.binary(max_size=200))
def test_any_bytes_are_taken(body: bytes) -> None:
    assert isinstance(read(body), ParsedFeed | FeedLinks | SitemapIndex | Failure)


PIECES = [
    "<rss>",
    "<channel>",
    "<item>",
    "</item>",
    "<title>",
    "</title>",
    "<![CDATA[",
    "]]>",
    "&",
    "&#x110000;",
    "é",
]
PIECES += [
    "<entry xmlns='x:y'>",
    "<!DOCTYPE x [",
    "<?xml",
    "?>",
    "<link href='http://[::1'>",
    "<guid>",
    "\0",
    "<a:b c='",
]
PIECES += [
    "<description>&lt;script&gt;alert(1)&lt;/script&gt;",
    "<content:encoded>",
    "<pubDate>99</pubDate>",
    "<author>",
]


@settings(max_examples=300)
@given(st.lists(st.sampled_from(PIECES), max_size=14))
def test_any_markup_is_taken_and_harmless(pieces: list[str]) -> None:
    found = read("".join(pieces))
    assert isinstance(found, ParsedFeed | FeedLinks | Failure)
    if isinstance(found, ParsedFeed):
        for entry in found.entries:
            assert active_content(entry.summary_html + entry.content_html) == []


@given(st.integers(0, 2000))
def test_a_feed_cut_anywhere(length: int) -> None:
    whole = atom("<id>1</id><title>é</title><content type='xhtml'><div>a<b>c</b></div></content>") * 3
    assert isinstance(read(whole.encode()[:length]), ParsedFeed | Failure)


def test_heavy_libraries_stay_out_of_the_rest() -> None:
    imports = "aggregator.urls, aggregator.text.html, aggregator.text.decode, aggregator.text.repair"
    code = f"import sys, {imports}; print(sorted(sys.modules))"
    modules = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "'nh3'" in modules
    assert "'feedparser'" not in modules
    assert "'lxml'" not in modules


def test_noise_is_told_from_text_without_reading_it() -> None:
    noise = random.Random(4).randbytes(4_000_000)
    with at_most(0.5):  # read as text, each takes two seconds
        for body in (noise, b"<\x05" + noise, b"{\x05" + noise, zlib.compress(noise)[:600]):
            assert failure(body) == "not a feed: binary data, no text"


@pytest.mark.parametrize(
    "text", ["监管总局对阿里巴巴作出处罚", "規制当局はアリババに罰金を科した", "Новости регулятора", "ξ"]
)
@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "gb18030", "iso2022_jp", "shift_jis", "euc_jp"],
)
@pytest.mark.parametrize("before", ["", "\n \n", "<!-- a -->"])
def test_text_in_any_encoding_is_no_noise(text: str, encoding: str, before: str) -> None:
    written = before + rss(f"<title>{text * 300}</title>", f"<description>{text * 300}</description>")
    found = read(written.encode(encoding, "xmlcharrefreplace"))
    assert not isinstance(found, Failure) or "binary data" not in found.detail


def test_a_feed_with_many_control_characters_is_read() -> None:
    item = ITEM.replace("R", "\x08R\x0b\x1f" * 400)
    assert len(feed("\n" + rss(item)).entries) == 1
    assert len(feed(rss(item)).entries) == 1
