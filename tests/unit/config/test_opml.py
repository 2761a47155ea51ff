"""OPML: what is read of whole, odd, broken and hostile lists, and what is written."""

import socket
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.config import opml
from aggregator.config.opml import Reading, Subscription, read, write
from aggregator.errors import Problem
from tests.support.effort import at_most
from tests.support.shared import find_shared


def _read(text: str | bytes) -> Reading:
    found = read(text.encode() if isinstance(text, str) else text, "x.opml")
    assert isinstance(found, Reading), found
    return found


def _body(outlines: str) -> str:
    head = '<?xml version="1.0"?>\n<opml version="2.0"><head><title>x</title></head>'
    return f"{head}<body>\n{outlines}</body></opml>"


def _urls(text: str | bytes) -> list[str]:
    return [each.url for each in _read(text).subscriptions]


def _remarks(text: str | bytes) -> list[str]:
    return [str(remark) for remark in _read(text).remarks]


def test_folders_and_categories_become_tags() -> None:
    found = _read(
        _body(
            '<outline text="Press"><outline title="Asia" text="other">'
            '<outline type="rss" text="SCMP" xmlUrl="https://scmp.example/feed" htmlUrl="https://scmp.example/"'
            ' category="/Business/China,Press,tech "/></outline>'
            '<outline text="Le Monde" xmlUrl="https://lemonde.example/"/></outline>'
            '<outline text="alone" xmlUrl="https://alone.example/"/>'
        )
    )
    assert found.remarks == []
    assert [(each.url, each.title, each.tags, each.site_url) for each in found.subscriptions] == [
        (
            "https://scmp.example/feed",
            "SCMP",
            ("Press", "Asia", "Business", "China", "tech"),
            "https://scmp.example/",
        ),
        ("https://lemonde.example/", "Le Monde", ("Press",), ""),
        ("https://alone.example/", "alone", (), ""),
    ]


def test_lines_are_those_of_the_file() -> None:
    text = _body('\n<outline text="a" xmlUrl="https://a.example/"/>\n<outline text="b" type="rss"/>\n')
    assert [each.line for each in _read(text).subscriptions] == [4]
    assert _remarks(text) == ["x.opml:5: “b” has no address (xmlUrl)"]


@pytest.mark.parametrize(
    ("outline", "url"),
    [
        ('<outline XMLURL="https://a.example/"/>', "https://a.example/"),
        ('<outline xmlUrl=" https://a.example/b c "/>', "https://a.example/b%20c"),
        ('<outline xmlUrl="feed://a.example/rss"/>', "https://a.example/rss"),
        ('<outline xmlUrl="feed:http://a.example/rss"/>', "http://a.example/rss"),
        ('<outline type="rss" url="https://a.example/rss"/>', "https://a.example/rss"),
        ('<outline type="rss" htmlUrl="https://a.example/"/>', "https://a.example/"),
        ('<outline type="link" xmlUrl="https://a.example/"/>', "https://a.example/"),
        ('<outline xmlUrl="https://a.example/?b=1&c=2&copy=3"/>', "https://a.example/?b=1&c=2&copy=3"),
        ('<outline xmlUrl="https://a.example/?b=1&amp;c=2"/>', "https://a.example/?b=1&c=2"),
        ('<outline xmlUrl="https://a.example/&#x41;"/>', "https://a.example/A"),
    ],
)
def test_an_address_however_it_is_written(outline: str, url: str) -> None:
    assert _urls(_body(outline)) == [url]
    assert _remarks(_body(outline)) == []


def test_a_title_that_is_the_address_is_none() -> None:
    found = _read(_body('<outline text="https://a.example/" xmlUrl="https://a.example/"/>'))
    assert found.subscriptions[0].title == ""


def test_what_is_commented_out_is_left_out_with_all_in_it() -> None:
    text = _body(
        '<outline isComment="true" text="old"><outline xmlUrl="https://a.example/"/>'
        '<outline text="deep"><outline xmlUrl="https://b.example/"/></outline></outline>'
        '<outline xmlUrl="https://c.example/"/>'
    )
    assert _urls(text) == ["https://c.example/"]
    assert _remarks(text) == []


def test_links_and_included_lists_are_remarked_on() -> None:
    text = _body(
        '<outline type="link" text="a" url="https://a.example/"/>\n'
        '<outline type="link" text="b" url="https://b.example/more.opml"/>\n'
        '<outline type="include" text="c" url="https://c.example/list"/>'
    )
    assert _urls(text) == []
    first, second, third = _remarks(text)
    assert first.startswith("x.opml:3: “a” is a link, not a feed (to follow the page")
    assert second == "x.opml:4: “b” is a link, not a feed (save that list in sources.d too)"
    assert third == "x.opml:5: “c” is another list, which is not fetched (save that list in sources.d too)"


def test_secrets_in_a_title_are_not_remarked() -> None:
    text = _body('<outline type="link" text="https://u:hunter2@a.example/" url="https://a.example/"/>')
    assert "hunter2" not in _remarks(text)[0]


# --- broken lists -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('<opml><body><outline xmlUrl="https://a.example/"/>\n<outline xmlUrl="https://b.ex', 2),
        ('<opml><body><outline xmlUrl="https://a.example/"/>\n<outline text="x < y"/></body></opml>', 2),
        ('<opml><body><outline xmlUrl="https://a.example/"/>\n<outline text=x /></body></opml>', 2),
        ('<opml><body>\n<outline xmlUrl="https://a.example/"></body></opml>', 2),
        ('\n\n<?xml version="1.0"?><opml><body><outline xmlUrl="https://a.example/"/></body></opml>', 3),
    ],
)
def test_what_can_be_read_of_a_broken_list_is_read(text: str, line: int) -> None:
    assert _urls(text) == ["https://a.example/"]
    (remark,) = _remarks(text)
    assert remark.startswith(f"x.opml:{line}: is broken here, what follows may be incomplete: ")


@pytest.mark.parametrize(
    "body",
    [
        '<?xml version="1.0" encoding="ISO-8859-1"?><opml><body><outline text="é" xmlUrl="https://a.example/"/>'
        "</body></opml>".encode().decode(),
    ],
)
@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "latin-1", "utf-16", "utf-16-le"])
def test_the_bytes_decide_the_encoding_not_the_declaration(body: str, codec: str) -> None:
    found = _read(body.encode(codec))
    assert [(each.title, each.url) for each in found.subscriptions] == [("é", "https://a.example/")]
    assert found.remarks == []


def test_control_characters_and_html_entities_do_no_harm() -> None:
    text = _body(
        '<outline text="a\x00b\x0bc&nbsp;d&eacute;&unknown;&#0;&#xD800;" xmlUrl="https://a.example/"/>'
    )
    (found,) = _read(text).subscriptions
    assert found.title.startswith("abc dé&unknown;")


@pytest.mark.parametrize(
    ("body", "what"),
    [
        (b"", "no XML"),
        (b"hello", "no XML"),
        (b"\0\1\2", "no XML"),
        (b"\x89PNG\r\n\x1a\n" * 99, "no XML"),
        (b"<html><body><outline xmlUrl='https://a.example/'/></body></html>", "its root element is <html>"),
        (b"<" * 500_000, "no XML"),
    ],
)
def test_what_is_no_opml_is_one_problem(body: bytes, what: str) -> None:
    found = read(body, "x.opml")
    assert isinstance(found, Problem)
    assert str(found).startswith(f"x.opml:1: is not OPML: {what} (")


# --- hostile lists ------------------------------------------------------------------------------


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: object, **_more: object) -> None:
        raise AssertionError("an OPML file made us connect")

    monkeypatch.setattr(socket.socket, "connect", refuse)


def test_entities_stay_names_and_fetch_nothing(no_network: None, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hunter2-hunter2")
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.05)
        address = f"http://127.0.0.1:{server.getsockname()[1]}/x.dtd"
        bomb = "".join(f'<!ENTITY l{n + 1} "{f"&l{n};" * 10}">' for n in range(9))
        text = (
            f'<!DOCTYPE opml SYSTEM "{address}" [<!ENTITY l0 "lol">{bomb}<!ENTITY s SYSTEM "file://{secret}">'
            f'<!ENTITY % p SYSTEM "{address}"> %p;]>'
            '<opml><body><outline text="&l9;&s;" xmlUrl="https://a.example/">&s;&l9;</outline></body></opml>'
        )
        (found,) = _read(text).subscriptions
        with pytest.raises(TimeoutError):
            server.accept()
    assert found.url == "https://a.example/"
    assert found.title == "&l9;&s;"


def test_a_list_nested_without_end_ends() -> None:
    text = "<opml><body>" + '<outline text="x">' * 100_000 + '<outline xmlUrl="https://a.example/"/>'
    found = _read(text)
    assert found.subscriptions == []
    assert len(found.remarks) == 1


def test_a_source_has_at_most_twenty_tags() -> None:
    folders = "".join(f'<outline text="{number}">' for number in range(100))
    text = f'<opml><body>{folders}<outline xmlUrl="https://a.example/"/>{"</outline>" * 100}</body></opml>'
    assert len(_read(text).subscriptions[0].tags) == 20


def test_too_long_a_file_is_not_parsed() -> None:
    found = read(b"<opml><body>" + b" " * opml.MAX_BYTES, "x.opml")
    assert str(found).startswith("x.opml: is longer than 16 MB")


def test_a_list_of_ampersands_is_not_mended() -> None:
    found = read(b"<opml><body>" + b"&" * 1_000_000, "x.opml")
    assert str(found) == "x.opml: holds more than 500000 ampersands: no list of feeds does"


def test_remarks_and_sources_of_one_file_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(_remarks(_body('<outline type="rss"/>\n' * 5_000))) == 101
    monkeypatch.setattr(opml, "MAX_OUTLINES", 10)
    text = _body('<outline xmlUrl="https://a.example/"/>\n' * 20)
    assert len(_urls(text)) == 10
    assert "more than 10 feeds" in _remarks(text)[0]


@settings(max_examples=200)
@given(
    st.binary(max_size=300),
    st.integers(0, 400),
    st.sampled_from([b"<opml>", b'<opml a="', b"\xff\xfe<\0o\0"]),
)
def test_no_bytes_make_it_fail(noise: bytes, cut: int, start: bytes) -> None:
    good = _body('<outline text="a"><outline text="&é" xmlUrl="https://a.example/"/></outline>').encode()
    for body in (start + noise, good[:cut] + noise + good[cut:]):
        found = read(body, "x.opml")
        assert isinstance(found, Problem | Reading)


def test_ten_thousand_outlines_take_a_moment() -> None:
    outline = '<outline text="Feed {0}" type="rss" xmlUrl="https://site-{0}.example/feed.xml"/>\n'
    body = _body("".join(outline.format(number) for number in range(10_000))).encode()
    with at_most(2):
        assert len(_urls(body)) == 10_000


# --- writing ------------------------------------------------------------------------------------

_TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=20)
_TAG = _TEXT.filter(lambda text: not set(text) & set(",/") and "&" not in text)


def test_first_tags_are_folders_and_all_are_categories() -> None:
    text = write(
        "Sources",
        [
            Subscription("https://a.example/", "A", ("press", "asia, north"), "https://a.example/home"),
            Subscription("https://b.example/"),
            Subscription("https://c.example/", "C", ("press",), is_page=True),
            Subscription("https://d.example/?a=1&b=2", "<\x00&>", is_enabled=False),
        ],
    ).decode()
    assert (
        text.partition("<body>")[2].rpartition("</body>")[0].strip()
        == """
    <outline text="press" title="press">
      <outline type="rss" text="A" title="A" xmlUrl="https://a.example/" htmlUrl="https://a.example/home" \
category="press,asia  north"/>
      <outline type="link" text="C" title="C" url="https://c.example/" category="press"/>
    </outline>
    <outline type="rss" text="https://b.example/" title="https://b.example/" xmlUrl="https://b.example/"/>
    <outline type="rss" text="&lt;&amp;&gt;" title="&lt;&amp;&gt;" xmlUrl="https://d.example/?a=1&amp;b=2" \
isComment="true"/>
""".strip()
    )


@given(st.lists(st.tuples(_TEXT, st.lists(_TAG, max_size=3, unique=True)), max_size=8))
def test_what_is_written_is_read_again(listed: list[tuple[str, list[str]]]) -> None:
    given_ = [
        Subscription(f"https://site-{number}.example/?a=1&b=2", title, tuple(tags))
        for number, (title, tags) in enumerate(listed)
    ]
    found = _read(write("x", given_))
    assert found.remarks == []
    by_url = {each.url: (each.title, each.tags) for each in found.subscriptions}
    assert by_url == {each.url: (each.title, each.tags) for each in given_}


# --- real lists ---------------------------------------------------------------------------------


def test_every_feed_of_real_lists_is_read_or_its_line_named() -> None:
    shared = find_shared()
    if shared is None:
        pytest.skip("no corpus beside the checkout")
    lost = {}
    for path in sorted((shared / "corpus" / "opml").glob("*.opml")):
        found = _read(path.read_bytes())
        assert all(each.title and each.line for each in found.subscriptions), path.name
        missing = path.read_text(encoding="utf-8").count('xmlUrl="http') - len(found.subscriptions)
        lost[path.name] = (missing, [remark.line for remark in found.remarks])
    assert lost.pop("tech.opml") == (1, [24])  # a quote inside of a quoted description
    assert lost
    assert set(map(str, lost.values())) == {"(0, [])"}, lost
