"""Real feeds, pages and broken text: nothing is lost, nothing active gets through, nothing raises."""

import gzip
import json
import re
from datetime import UTC, datetime
from functools import lru_cache
from html import unescape
from io import BytesIO
from pathlib import Path

import feedparser
import pytest

from aggregator import parse
from aggregator.model import Entry, Failure, FeedLinks, ParsedFeed
from aggregator.parse.entries import clean_lang
from aggregator.parse.mend import mend
from aggregator.text.dates import parse_date
from aggregator.text.decode import decode
from aggregator.text.repair import repair
from tests.support.active import active_content

NOW = datetime(2026, 11, 22, tzinfo=UTC)
URL = "https://example.com/dir/feed.xml"
SERVINGS = (
    "as listed",
    "wrong type",
    "wrong charset",
    "no type",
    "gzip without header",
    "mark and blank lines",
)

# A joke about broken text, quoted on purpose, in an article about the matter.
QUOTED_DAMAGE = "Martine Ã©crit en UTF-8"


def _feeds(shared: Path) -> list[dict[str, object]]:
    lines = (shared / "corpus" / "feeds.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def _read(body: bytes, content_type: str, charset: str | None) -> parse.Parsed:
    return parse.read(
        body,
        content_type=content_type,
        charset=charset,
        url=URL,
        kind="auto",
        listing=None,
        max_entries=1000,
        now=NOW,
    )


def _serve(line: dict[str, object], body: bytes, serving: str) -> parse.Parsed:
    content_type, _, parameters = str(line["content_type"]).partition(";")
    charset = parameters.partition("charset=")[2].strip("\"' ") or None
    match serving:
        case "wrong type":
            return _read(body, "text/html", charset)
        case "wrong charset":
            return _read(body, content_type, "iso-8859-1")
        case "no type":
            return _read(body, "", None)
        case "mark and blank lines":
            return _read(_prefixed(body), content_type, charset)
        case "gzip without header":
            return _read(gzip.compress(body, 1), content_type, charset)
    return _read(body, content_type, charset)


def _prefixed(body: bytes) -> bytes:
    """Put blank lines before a document, and before them a byte order mark where it does not lie."""
    try:
        return b"\xef\xbb\xbf\n\n  " + body.decode("utf-8").encode()
    except UnicodeDecodeError:
        is_wide = body.startswith((b"\xff\xfe", b"\xfe\xff"))
        return body if is_wide or b"\0" in body[:4] else b"\n\n  " + body


@lru_cache(maxsize=256)
def _feedparser_alone(path: Path, content_type: str) -> int:
    """Count what feedparser makes of a file that is served as listed."""
    headers = {"content-type": content_type, "content-location": URL}
    return len(feedparser.parse(BytesIO(path.read_bytes()), response_headers=headers)["entries"])


@pytest.mark.slow
@pytest.mark.parametrize("serving", SERVINGS)
def test_every_feed_gives_its_entries_and_no_active_content(shared: Path, serving: str) -> None:
    total = 0
    for line in _feeds(shared):
        path = shared / "corpus" / str(line["file"])
        found = _serve(line, path.read_bytes(), serving)
        entries = found.entries if isinstance(found, ParsedFeed) else ()
        alone = _feedparser_alone(path, str(line["content_type"]))
        assert len(entries) >= max(alone, int(str(line["entries"]))), (line["file"], found)
        if not entries and isinstance(found, Failure):
            assert found.detail.startswith("not a feed: "), line["file"]
        for entry in entries:
            _check(entry, str(line["file"]))
        total += len(entries)
    assert total >= 2157


@pytest.mark.slow
def test_every_feed_that_is_cut_gives_what_it_held(shared: Path) -> None:
    """A cut feed loses what stood behind the cut, and at most the entry that the cut went through."""
    for line in _feeds(shared):
        body = (shared / "corpus" / str(line["file"])).read_bytes()
        cut = body[: len(body) * 2 // 3]
        found = _serve(line, cut, "as listed")
        assert isinstance(found, ParsedFeed | FeedLinks | Failure), line["file"]
        alone = len(feedparser.parse(BytesIO(cut))["entries"])
        entries = found.entries if isinstance(found, ParsedFeed) else ()
        assert len(entries) >= alone - 1, line["file"]


def test_dates_are_those_that_stand_there(shared: Path) -> None:
    """What feedparser reads is read alike, but for three that it guesses wrongly or not at all."""
    differing = set()
    for line in _feeds(shared):
        path = shared / "corpus" / str(line["file"])
        parsed = feedparser.parse(
            BytesIO(path.read_bytes()), response_headers={"content-type": "application/xml"}
        )
        lang = clean_lang(parsed["feed"].get("language"))
        for node in parsed["entries"]:
            for name in ("published", "updated", "created"):
                written, theirs = dict.get(node, name), dict.get(node, f"{name}_parsed")
                if not written:
                    continue
                ours = parse_date(written, lang=lang, now=NOW)
                expected = datetime(*theirs[:6], tzinfo=UTC) if theirs else None
                if (ours.replace(microsecond=0) if ours else None) != expected:
                    differing.add((path.name, ours is not None))
    assert differing == {
        ("feedjira-InvalidDateFormat.xml", True),  # an epoch
        ("nnw-kc0011.rss", True),  # 2020/1/10, read as November
        ("rbren-uolNoticias.rss", True),  # Portuguese
    }


def _check(entry: Entry, file: str) -> None:
    for html in (entry.summary_html, entry.content_html, *(content.html for content in entry.contents)):
        assert active_content(html) == [], file
    assert "\n" not in entry.title, file
    for url in (
        entry.url,
        entry.comments_url,
        entry.image_url,
        *(part.url for part in (*entry.enclosures, *entry.links)),
    ):
        assert url is None or url.startswith(("http://", "https://")), (file, url)
    for moment in (entry.published_at, entry.updated_at):
        assert moment is None or datetime(1995, 1, 1, tzinfo=UTC) <= moment, (file, moment)


def test_raw_ids_stand_in_the_document(shared: Path) -> None:
    for line in _feeds(shared):
        body = (shared / "corpus" / str(line["file"])).read_bytes()
        found = _serve(line, body, "as listed")
        if not isinstance(found, ParsedFeed) or found.format.startswith("json"):
            continue
        text = decode(body if body[:2] != b"\x1f\x8b" else gzip.decompress(body), None, markup="xml")
        text = unescape(mend(text))
        for entry in found.entries:
            assert entry.raw_id is None or entry.raw_id in text, (line["file"], entry.raw_id)


def test_right_text_stays_byte_for_byte(shared: Path) -> None:
    pages = (shared / "corpus" / "pages.jsonl").read_text(encoding="utf-8").splitlines()
    texts = [json.loads(page)["gold"] for page in pages]
    for line in _feeds(shared):
        body = (shared / "corpus" / str(line["file"])).read_bytes()
        texts.append(decode(body, None, markup="json" if str(line["file"]).endswith("json") else "xml"))
    assert any(QUOTED_DAMAGE in text for text in texts)
    for text in texts:
        assert repair(text, None) == text


def test_seeds(shared: Path) -> None:
    seeds = {path.name[:3]: path.read_text(encoding="utf-8") for path in (shared / "seeds").glob("*.txt")}
    for name, text in seeds.items():
        if name != "001":
            assert repair(text, "fr") == text, name
    damaged = seeds["001"]
    mended = repair(damaged, "fr")
    odd = re.compile("[\u0100-\u0151\u0154-\u024f]|[ÂÃâ][\u0080-\u00bf€]|(?<=[a-z])[À-Þ]")
    before, after = len(odd.findall(damaged)), len(odd.findall(mended))
    assert before > 380
    assert after <= before * 0.02  # 0 of 462 when this was written
    assert repair(mended, "fr") == mended
    for phrase in (
        "“d’arrêter les comportements",
        "loyale sur le marché”. L’autor",
        "à l’égard de ses géants",
        "cœur de la",
    ):
        assert phrase in mended
    words = re.findall(r"[A-Za-z’' ]{30,}", damaged)
    assert all(word in mended for word in words), "a right passage was changed"


def test_pages_with_late_declarations(shared: Path) -> None:
    for path in sorted((shared / "corpus" / "pages-encoding").glob("*.html")):
        text = decode(path.read_bytes(), None, markup="html")
        assert "\ufffd" not in text, path.name
        assert "Ã" not in text, path.name


def test_pages_are_named_or_name_their_feeds(shared: Path) -> None:
    for path in sorted((shared / "corpus" / "pages").glob("*.gz")):
        found = _read(gzip.decompress(path.read_bytes()), "text/html", None)
        assert isinstance(found, FeedLinks | Failure), path.name
