"""Real feeds, pages and broken text: nothing is lost, nothing active gets through, nothing raises."""

import gzip
import json
import re
from datetime import UTC, datetime
from html import unescape
from pathlib import Path

import pytest

from aggregator import parse
from aggregator.model import Entry, Failure, FeedLinks, ParsedFeed
from aggregator.parse.mend import mend
from aggregator.text.decode import decode
from aggregator.text.repair import repair
from tests.support.active import active_content

NOW = datetime(2026, 11, 22, tzinfo=UTC)
URL = "https://example.com/dir/feed.xml"
SERVINGS = ("as listed", "wrong type", "wrong charset", "no type", "gzip without header")

# A joke about broken text, quoted on purpose, in an article about the matter.
QUOTED_DAMAGE = "Martine Ã©crit en UTF-8"


def _feeds(shared: Path) -> list[dict[str, object]]:
    lines = (shared / "corpus" / "feeds.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def _read(body: bytes, content_type: str, charset: str | None) -> ParsedFeed | FeedLinks | Failure:
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


def _serve(line: dict[str, object], body: bytes, serving: str) -> ParsedFeed | FeedLinks | Failure:
    content_type, _, parameters = str(line["content_type"]).partition(";")
    charset = parameters.partition("charset=")[2].strip("\"' ") or None
    match serving:
        case "wrong type":
            return _read(body, "text/html", charset)
        case "wrong charset":
            return _read(body, content_type, "iso-8859-1")
        case "no type":
            return _read(body, "", None)
        case "gzip without header":
            return _read(gzip.compress(body, 1), content_type, charset)
    return _read(body, content_type, charset)


@pytest.mark.slow
@pytest.mark.parametrize("serving", SERVINGS)
def test_every_feed_gives_its_entries_and_no_active_content(shared: Path, serving: str) -> None:
    total = 0
    for line in _feeds(shared):
        found = _serve(line, (shared / "corpus" / str(line["file"])).read_bytes(), serving)
        entries = found.entries if isinstance(found, ParsedFeed) else ()
        assert len(entries) >= int(str(line["entries"])), (line["file"], found)
        if not entries and isinstance(found, Failure):
            assert found.detail.startswith("not a feed: "), line["file"]
        for entry in entries:
            _check(entry, str(line["file"]))
        total += len(entries)
    assert total >= 2157


def _check(entry: Entry, file: str) -> None:
    for html in (entry.summary_html, entry.content_html):
        assert active_content(html) == [], file
    assert "\n" not in entry.title, file
    for url in (entry.url, entry.comments_url, entry.image_url, *(part.url for part in entry.enclosures)):
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
    assert after <= before * 0.02
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
