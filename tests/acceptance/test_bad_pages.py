"""What stands behind article links that is no article: the entry keeps its feed's text, and says why."""

import gzip
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import pytest

from tests.support.daemon import Installation
from tests.support.web import Answer, ScriptedWeb

pytestmark = pytest.mark.slow

TITLE = "Regulator fines the platform"
SUMMARY = "The regulator fined the platform after an inquiry of four months, its office said on Monday."
FIRST = (
    "The regulator fined the platform on Monday after an inquiry of four months, its office said, and café "
    "owners in the old town were among the first who had complained."
)
TEXT = (
    f"<p>{FIRST}</p><p>Merchants had been asked to sell nowhere else, and the company promised to change its "
    "contracts before the summer; it would not say how many there are.</p><p>Analysts expect two more cases "
    "this year, one of them about loans, and none of them as large as this one.</p>"
)
PAPER = (
    "<!DOCTYPE html><html lang=en><head>{head}<title>{title}</title></head><body>"
    "<nav><a href=/>Home</a></nav>"
    "<main><article><h1>{title}</h1>{text}</article></main><footer>About us</footer></body></html>"
)
PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\n" + b"0" * 3000
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8
VIDEO = b"\x00\x00\x00\x18ftypmp42" + bytes(3000)
ARCHIVE = b"PK\x03\x04" + bytes(3000)
JSON = json.dumps({"title": TITLE, "body": "The regulator fined the platform."}).encode()
FEED = b"<?xml version='1.0'?><rss version='2.0'><channel><title>x</title></channel></rss>"


def paper(text: str = TEXT, title: str = TITLE, head: str = "") -> bytes:
    return PAPER.format(title=title, text=text, head=head).encode()


@dataclass(frozen=True, slots=True)
class Case:
    """A page, and what must come of it."""

    name: str
    body: bytes = b""
    type: str = "text/html; charset=utf-8"
    status: int = 200
    why: str = ""  # what the evidence says
    quality: str = "failed"
    is_read: bool = False  # the page's text is stored, not the feed's
    stage: str = "done"  # "new": it is asked for again
    headers: tuple[tuple[str, str], ...] = ()


FOUND = "404 Not Found"
LOGIN = "<form action=/in method=post>Sign in to continue <input name=u><input type=password name=p></form>"
CONSENT = (
    "<p>We and our 842 partners store and access information on your device, such as cookies, to process "
    "personal data.</p><button>Accept all</button><button>Reject all</button>"
)
CASES = (
    *(
        Case(f"{name} typed as such", body, media, why=media)
        for name, body, media in (
            ("PDF", PDF, "application/pdf"),
            ("video", VIDEO, "video/mp4"),
            ("picture", PNG, "image/png"),
            ("JSON", JSON, "application/json"),
            ("archive", ARCHIVE, "application/zip"),
            ("download", ARCHIVE, "application/octet-stream"),
            ("feed", FEED, "application/rss+xml"),
        )
    ),
    Case("PDF typed as a page", PDF, why="a PDF"),
    Case("video typed as a page", VIDEO, why="a video"),
    Case("picture typed as a page", PNG, why="a picture"),
    Case("archive typed as a page", ARCHIVE, why="an archive"),
    Case("JSON typed as a page", JSON, why="JSON"),
    Case("feed typed as a page", FEED, why="a feed"),
    Case("page typed as a PDF", paper(), "application/pdf", why="application/pdf"),
    Case("page typed as text", paper(), "text/plain", quality="full", is_read=True, why="the page's text"),
    Case("page without a type", paper(), "", quality="full", is_read=True, why="the page's text"),
    Case("noise", bytes(range(256)) * 40, why="binary data"),
    Case("larger than max_page", b"<p>" + b"word " * 1_100_000, why="5,000,000 bytes"),
    Case(
        "a bomb", gzip.compress(bytes(20_000_000)), why="5,000,000", headers=(("Content-Encoding", "gzip"),)
    ),
    Case(
        "broken gzip",
        gzip.compress(paper())[:-40],
        why="awaited",
        quality="teaser",
        stage="new",
        headers=(("Content-Encoding", "gzip"),),
    ),
    Case("503", status=503, why="awaited", quality="teaser", stage="new"),
    Case("nothing", b"", why="empty"),
    Case("white space", b" \r\n\t" * 50, why="empty"),
    Case(
        "page without text",
        b"<html><head><title>x</title></head><body><div id=app></div></body></html>",
        why="text",
    ),
    Case(
        "redirect to the home page",
        status=302,
        why="front page",
        quality="error-page",
        headers=(("Location", "/"),),
    ),
    Case(
        "redirect to a login", status=302, why="sign in", quality="paywall", headers=(("Location", "/login"),)
    ),
    Case("redirects in a circle", status=302, why="circle", headers=(("Location", "?"),)),
    Case(
        "soft 404",
        paper("<p>The page you are looking for does not exist.</p>", FOUND),
        quality="error-page",
        why=FOUND,
    ),
    Case("login page", paper(LOGIN, "Sign in"), quality="paywall", why="sign in"),
    Case("consent wall", paper(CONSENT, "Before you continue"), quality="consent-wall", why="cookies"),
    Case("404", paper(FOUND, FOUND), status=404, why="404"),
    Case("410", status=410, why="410"),
    Case("403", paper("<p>Forbidden</p>", "Forbidden"), status=403, why="403"),
    Case("451", status=451, why="451"),
    Case(
        "first of several pages",
        paper(TEXT + "<div class=pagination>Page 1 of 4</div>"),
        quality="partial",
        is_read=True,
        why="further pages",
    ),
    Case(
        "UTF-8 typed as Latin", paper(), "text/html; charset=iso-8859-1", quality="full", is_read=True, why=""
    ),
    Case(
        "Latin typed as UTF-8",
        paper().decode().encode("cp1252"),
        quality="full",
        is_read=True,
        why="the page's text",
    ),
    Case(
        "a charset that does not exist",
        paper(head="<meta charset=utf-8>"),
        "text/html; charset=klingon",
        quality="full",
        is_read=True,
        why="the page's text",
    ),
    Case(
        "UTF-16",
        paper().decode().encode("utf-16"),
        "text/html",
        quality="full",
        is_read=True,
        why="the page's text",
    ),
)


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """Run the daemon once over all pages; return the items by the name of their case."""
    house = Installation(tmp_path_factory.mktemp("house"))
    house.write("topics.d/all.toml", 'title = "All"\nquery = "regulator"\n[score]\nthreshold = 0\n')
    house.write("aggregator.toml", house.settings(poll="first_items = 1000"))
    with ScriptedWeb() as web:
        date = format_datetime(datetime.now(UTC))
        items = ""
        for number, case in enumerate(CASES):
            path = f"/2026/{number}.html"
            headers = tuple(
                (name, web.url(path + value) if value == "?" else value) for name, value in case.headers
            )
            if case.type:
                headers = (("Content-Type", case.type), *headers)
            web.queue(path, *[Answer(case.status, headers, case.body)] * 13)
            items += (
                f"<item><title>{TITLE}</title><link>{web.url(path)}</link><guid>{case.name}</guid>"
                f"<pubDate>{date}</pubDate><description>{SUMMARY}</description></item>"
            )
        web.put("/", paper("<p>All of the news, each day.</p>", "The Paper"))
        web.put("/login", paper(LOGIN, "Sign in"))
        web.put("/feed.xml", f"<rss version='2.0'><channel>{items}</channel></rss>", "application/rss+xml")
        house.write("sources.d/mine.toml", f'[[source]]\nurl = "{web.url("/feed.xml")}"\n')
        ended = house.once()
    assert "Traceback" not in ended.err
    found = {item["raw_id"]: item for item in house.export()}
    assert len(house.feed("all")) >= 1
    return found


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_entry_keeps_a_text_and_says_why(stored: dict[str, dict[str, Any]], case: Case) -> None:
    item = stored[case.name]
    said = "; ".join(item["evidence"])
    if case.is_read:
        assert FIRST in item["text"], said
        assert SUMMARY not in item["text"]
    else:
        assert item["text"] == SUMMARY, said
        assert "the feed's own text" in said
    assert item["quality"] == case.quality, said
    assert case.why in said, said
    assert (item["title"], item["stage"]) == (TITLE, case.stage)
