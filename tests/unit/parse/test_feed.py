"""RSS and Atom: what the publisher wrote, whatever feedparser makes of it."""

from datetime import UTC, datetime, timedelta

import pytest

from aggregator.model import Author, Enclosure, Hint
from tests.unit.parse.reading import atom, failure, feed, one, rss

MEDIA = 'xmlns:media="http://search.yahoo.com/mrss/"'
CONTENT = 'xmlns:content="http://purl.org/rss/1.0/modules/content/"'
DC = 'xmlns:dc="http://purl.org/dc/elements/1.1/"'


# --- traps of feedparser ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "guid", ["1234", "/news/1", "?p=7", "https://example.com/1", "tag:example.com,2026:x", "été 1"]
)
@pytest.mark.parametrize("attribute", ["", ' isPermaLink="true"', ' isPermaLink="false"'])
def test_trap_guid_is_not_resolved(guid: str, attribute: str) -> None:
    entry = one(
        rss(
            f"<title>a</title><guid{attribute}>{guid}</guid>",
            attributes='xml:base="https://other.example/x/"',
        )
    )
    assert entry.raw_id == guid


def test_trap_atom_id_is_not_resolved() -> None:
    assert (
        one(atom("<id>17</id><title>a</title>", attributes='xml:base="https://other.example/x/"')).raw_id
        == "17"
    )


def test_trap_bare_ampersand_gets_no_semicolon() -> None:
    entry = one(rss("<title>AT&T buys R&D</title><description>Q&A &lt;b&gt;AT&amp;T&lt;/b&gt;</description>"))
    assert entry.title == "AT&T buys R&D"
    assert entry.summary_html == "Q&amp;A <b>AT&amp;T</b>"


def test_trap_link_parameters_stay() -> None:
    assert (
        one(rss("<link>https://example.com/?a=1&b=2&copy=3</link>")).url
        == "https://example.com/?a=1&b=2&copy=3"
    )


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2026年1月5日", datetime(2026, 1, 4, 16, tzinfo=UTC)),  # feedparser: November
        ("1767607200", datetime(2026, 1, 5, 10, tzinfo=UTC)),  # feedparser: year 1767
        ("lun., 05 janv. 2026 10:00:00 +0100", datetime(2026, 1, 5, 9, tzinfo=UTC)),
        ("Mon, 05 Jan 2026 10:00:00 +0100", datetime(2026, 1, 5, 9, tzinfo=UTC)),
        ("05/01/2026", None),
        ("Thu, 01 Jan 1970 00:00:00 GMT", None),
        ("soon", None),
    ],
)
def test_trap_dates_are_not_guessed(written: str, expected: datetime | None) -> None:
    assert one(rss(f"<title>a</title><pubDate>{written}</pubDate>")).published_at == expected


def test_trap_published_does_not_become_updated() -> None:
    entry = one(rss("<title>a</title><pubDate>Mon, 05 Jan 2026 10:00:00 GMT</pubDate>"))
    assert entry.published_at is not None
    assert entry.updated_at is None


@pytest.mark.parametrize("body", ["/etc/hostname", "http://127.0.0.1:1/feed", "file:///etc/hostname"])
def test_trap_text_is_never_opened_as_path_or_address(body: str) -> None:
    assert failure(body).startswith("not a feed: text that begins")


def test_trap_sanitiser_off_but_nh3_on() -> None:
    html = "&lt;p onclick='x'&gt;&lt;a href='../a'&gt;a&lt;/a&gt;&lt;script&gt;x&lt;/script&gt;&lt;/p&gt;"
    entry = one(rss(f"<title>a</title><description>{html}</description>"))
    assert (
        entry.summary_html
        == '<p><a href="https://example.com/a" rel="noopener noreferrer nofollow">a</a></p>'
    )


def test_trap_bozo_is_no_verdict() -> None:
    found = feed("<rss><channel><item><title>a</title></item><item><title>b</title>")
    assert [entry.title for entry in found.entries] == ["a", "b"]
    assert found.note is not None
    assert "not well-formed" in found.note


def test_trap_undeclared_entities_and_control_characters() -> None:
    entry = one(rss("<title>Caf&eacute;&nbsp;&hellip; \x0b&#0;&#x1F;&#233;&unknown; x</title>"))
    assert entry.title == "Café … é&unknown; x"


def test_cdata_is_left_alone() -> None:
    entry = one(rss("<title><![CDATA[R&D &amp; <b>more</b>]]></title>"))
    assert entry.title == "R&D & more"


# --- parts of an entry ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("<title>1 &lt; 2 &amp; 3</title>", "1 < 2 & 3"),
        ("<title type='text'>the &lt;b&gt; tag</title>", "the <b> tag"),
        ("<title type='html'>the &lt;b&gt;bold&lt;/b&gt; &amp;amp; brave</title>", "the bold & brave"),
        ("<title type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'>a <em>b</em></div></title>", "a b"),
        ("<title> two\n lines </title>", "two lines"),
        ("<title/>", ""),
    ],
)
def test_titles_by_their_declared_type(title: str, text: str) -> None:
    assert one(atom(f"<id>1</id>{title}")).title == text


def test_the_fullest_content_and_the_summary() -> None:
    entry = one(
        rss(
            "<title>a</title><description>short</description>"
            "<content:encoded><![CDATA[<p>The <b>whole</b> text.</p>]]></content:encoded>",
            attributes=CONTENT,
        )
    )
    assert entry.summary_html == "short"
    assert entry.content_html == "<p>The <b>whole</b> text.</p>"


def test_content_alone_is_not_repeated_as_summary() -> None:
    entry = one(atom("<id>1</id><title>a</title><content type='html'>&lt;p&gt;text&lt;/p&gt;</content>"))
    assert entry.content_html == "<p>text</p>"
    assert entry.summary_html == ""


def test_plain_text_content_is_escaped() -> None:
    entry = one(atom("<id>1</id><title>a</title><content type='text'>1 &lt; 2\nline\n\nnext</content>"))
    assert entry.content_html == "<p>1 &lt; 2<br>line</p><p>next</p>"


def test_content_that_is_no_text_is_left_out() -> None:
    entry = one(atom("<id>1</id><title>a</title><content type='image/png'>iVBORw0KGgo=</content>"))
    assert entry.content_html == ""


def test_xml_base_is_honoured() -> None:
    entry = one(
        atom(
            "<id>1</id><title>a</title><link href='b'/>"
            "<content type='html' xml:base='deep/'>&lt;a href='c'&gt;c&lt;/a&gt;</content>",
            attributes='xml:base="https://base.example/dir/"',
        )
    )
    assert entry.url == "https://base.example/dir/b"
    assert 'href="https://base.example/dir/deep/c"' in entry.content_html


@pytest.mark.parametrize(
    ("links", "url"),
    [
        ("<link href='/a'/>", "https://example.com/a"),
        (
            "<link rel='self' href='/s'/><link rel='alternate' type='text/html' href='/a'/>",
            "https://example.com/a",
        ),
        (
            "<link rel='alternate' type='application/json' href='/j'/><link href='/a'/>",
            "https://example.com/a",
        ),
        ("<link rel='enclosure' href='/e.mp3'/>", None),
        ("<link href='javascript:alert(1)'/>", None),
        ("", None),
    ],
)
def test_link_by_its_relation(links: str, url: str | None) -> None:
    assert one(atom(f"<id>x</id><title>a</title>{links}")).url == url


def test_permanent_guid_serves_as_link() -> None:
    assert one(rss("<title>a</title><guid>https://example.com/1</guid>")).url == "https://example.com/1"
    assert one(rss("<title>a</title><guid isPermaLink='false'>https://example.com/1</guid>")).url is None


def test_original_link_behind_feedburner() -> None:
    entry = one(
        rss(
            "<title>a</title><link>https://feedproxy.example/x</link>"
            "<feedburner:origLink>https://example.com/real</feedburner:origLink>",
            attributes='xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0"',
        )
    )
    assert entry.url == "https://example.com/real"


def test_authors() -> None:
    assert one(rss("<title>a</title><author>joe@example.com (Joe Doe)</author>")).authors == (
        Author("Joe Doe", "joe@example.com"),
    )
    assert one(rss("<title>a</title><dc:creator>Jane</dc:creator>", attributes=DC)).authors == (
        Author("Jane"),
    )
    person = "<author><name>A</name><uri>https://a.example/</uri></author><author><name>B</name></author>"
    assert one(atom(f"<id>1</id><title>a</title>{person}")).authors == (
        Author("A", None, "https://a.example/"),
        Author("B"),
    )


def test_atom_entries_inherit_the_author_of_the_feed() -> None:
    assert one(atom("<id>1</id><title>a</title>", "<author><name>Desk</name></author>")).authors == (
        Author("Desk"),
    )
    assert one(rss("<title>a</title>", "<managingEditor>boss@example.com</managingEditor>")).authors == ()


def test_tags_without_repetition() -> None:
    entry = one(
        rss("<title>a</title><category>Tech</category><category> Tech </category><category>中国</category>")
    )
    assert entry.tags == ("Tech", "中国")


def test_enclosures_and_media() -> None:
    entry = one(
        rss(
            "<title>a</title><enclosure url='/e.mp3' type='audio/mpeg' length='123'/>"
            "<media:content url='/v.mp4' type='video/mp4' fileSize='9'/>"
            "<media:content url='/i.jpg' medium='image'/><media:thumbnail url='/t.jpg'/>",
            attributes=MEDIA,
        )
    )
    assert entry.enclosures == (
        Enclosure("https://example.com/e.mp3", "audio/mpeg", 123),
        Enclosure("https://example.com/v.mp4", "video/mp4", 9),
    )
    assert entry.image_url == "https://example.com/i.jpg"


def test_a_hostile_enclosure_is_no_enclosure() -> None:
    entry = one(
        rss("<title>a</title><enclosure url='javascript:x' length='-1'/><enclosure url='/a' length='x'/>")
    )
    assert entry.enclosures == (Enclosure("https://example.com/a"),)


def test_source_element_names_the_outlet() -> None:
    entry = one(rss("<title>a</title><source url='https://outlet.example/rss'>Outlet &amp; Co</source>"))
    assert (entry.outlet, entry.outlet_url) == ("Outlet & Co", "https://outlet.example/rss")
    source = "<source><id>x</id><title>Outlet</title><link href='https://outlet.example/'/></source>"
    entry = one(atom(f"<id>1</id><title>a</title>{source}"))
    assert (entry.title, entry.outlet, entry.outlet_url) == ("a", "Outlet", "https://outlet.example/")


def test_comments_link() -> None:
    assert one(rss("<title>a</title><comments>/a#c</comments>")).comments_url == "https://example.com/a#c"


@pytest.mark.parametrize(
    ("channel", "attributes", "lang"),
    [
        ("<language>fr_FR</language>", "", "fr-fr"),
        ("", 'xml:lang="zh-Hans"', "zh-hans"),
        ("<language>not a language</language>", "", None),
        ("", "", None),
    ],
)
def test_language(channel: str, attributes: str, lang: str | None) -> None:
    found = feed(rss("<title>a</title><description>b</description>", channel, attributes))
    assert (found.lang, found.entries[0].lang) == (lang, lang)


# --- the feed ---------------------------------------------------------------------------------


def test_hints() -> None:
    channel = (
        "<ttl>90</ttl><sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency>"
        "<skipHours><hour>3</hour><hour>24</hour><hour>99</hour></skipHours><skipDays><day>Sunday</day></skipDays>"
    )
    found = feed(rss("<title>a</title>", channel, 'xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"'))
    assert found.hints == (Hint("ttl", timedelta(minutes=90)), Hint("sy:updatePeriod", timedelta(hours=6)))
    assert found.skip_hours == (0, 3)
    assert found.skip_days == (6,)


@pytest.mark.parametrize(
    "channel", ["<ttl>-5</ttl>", "<ttl>soon</ttl>", "<ttl>0</ttl>", f"<ttl>{'9' * 40}</ttl>"]
)
def test_nonsense_hints_are_ignored(channel: str) -> None:
    assert feed(rss("<title>a</title>", channel)).hints == ()


@pytest.mark.parametrize(
    "elsewhere", ["<!--{}-->", "<item><description><![CDATA[{}]]></description></item>", "<item>{}</item>"]
)
def test_skip_hours_that_a_text_quotes_are_not_the_feeds(elsewhere: str) -> None:
    quoted = elsewhere.format("<skipHours><hour>8</hour></skipHours>")
    own = "<skipHours><hour>3</hour></skipHours>"
    for channel in (own + quoted, quoted + own):
        assert feed(rss("<title>a</title>", channel)).skip_hours == (3,)
    assert feed(rss("<title>a</title>", quoted)).skip_hours == ()


def test_skipping_always_is_never() -> None:
    hours = "".join(f"<hour>{hour}</hour>" for hour in range(24))
    assert feed(rss("<title>a</title>", f"<skipHours>{hours}</skipHours>")).skip_hours == ()


def test_newest_entries_are_kept() -> None:
    items = "".join(
        f"<item><title>{day}</title><pubDate>{day:02} Jan 2025 00:00:00 GMT</pubDate></item>"
        for day in (3, 1, 9, 5)
    )
    body = f"<rss version='2.0'><channel><title>x</title>{items}</channel></rss>"
    assert [entry.title for entry in feed(body).entries] == ["9", "5", "3", "1"]
    assert [entry.title for entry in feed(body, max_entries=2).entries] == ["9", "5"]


def test_without_dates_the_first_entries_are_kept() -> None:
    items = "".join(f"<item><title>{number}</title></item>" for number in range(9))
    body = f"<rss version='2.0'><channel><title>x</title>{items}</channel></rss>"
    found = feed(body, max_entries=3)
    assert [entry.title for entry in found.entries] == ["0", "1", "2"]
    assert found.title == "x"


def test_format_title_and_site() -> None:
    found = feed(atom("<id>1</id><title>a</title>", "<link href='https://example.com/home'/>"))
    assert (found.format, found.title, found.site_url) == ("atom10", "Example", "https://example.com/home")
    assert feed(rss("<title>a</title>")).format == "rss20"


def test_an_empty_feed_is_a_feed() -> None:
    found = feed("<rss version='2.0'><channel><title>new</title></channel></rss>")
    assert (found.title, found.entries) == ("new", ())


def test_damaged_text_is_mended() -> None:
    entry = one(rss("<title>PÃ©kin sanctionne</title><description>la sÃ©curitÃ©</description>"))
    assert (entry.title, entry.summary_html) == ("Pékin sanctionne", "la sécurité")
    assert one(rss("<title>P&#195;&#169;kin</title>")).title == "Pékin"
