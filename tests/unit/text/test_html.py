"""Nothing active gets through, everything readable does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.text.html import escape, plain, sanitise
from tests.support.active import active_content

BASE = "https://example.com/news/today"

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<a href='javascript:alert(1)'>x</a>",
    "<a href='java&#10;script:alert(1)'>x</a>",
    "<a href='java&#1;script:alert(1)'>x</a>",
    "<a href=' &#14; javascript:alert(1)'>x</a>",
    "<a href='vbscript:x'>x</a><a href='data:text/html,<script>x</script>'>x</a>",
    "<svg><script>alert(1)</script></svg>",
    "<svg/onload=alert(1)>",
    "<math><mi xlink:href='javascript:alert(1)'>x</mi></math>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'></noscript>",
    "<iframe src=https://evil.example></iframe><object data=x></object><embed src=x>",
    "<form action=https://evil.example><input name=a><button>go</button></form>",
    "<style>body{display:none}</style><p style='position:fixed'>x</p>",
    "<meta http-equiv=refresh content='0;url=https://evil.example'><base href=https://evil.example>",
    "<link rel=stylesheet href=https://evil.example/x.css>",
    "<video poster='javascript:alert(1)' src=x><source onerror=alert(1) src=y></video>",
    "<p id=location class=x name=y data-x=z>x</p>",
    "<scr\x00ipt>alert(1)</scr\x00ipt>",
    "<template><img src=x onerror=alert(1)></template>",
    "<textarea><script>alert(1)</script></textarea><title><script>alert(1)</script></title>",
    "<![CDATA[<script>alert(1)</script>]]><!--[if IE]><script>x</script><![endif]-->",
    "<img src='https://x.example/a.png' srcset='javascript:alert(1) 2x' usemap=#m><map name=m></map>",
    "<a href='https://example.com' target=_blank ping=https://evil.example rel=opener>x</a>",
]


@pytest.mark.parametrize("html", HOSTILE)
@pytest.mark.parametrize("base", [BASE, None, "not a url"])
def test_nothing_active_survives(html: str, base: str | None) -> None:
    assert active_content(sanitise(html, base_url=base)) == []


@given(
    st.lists(
        st.sampled_from([*HOSTILE, "<p>", "</p>", "<table>", "text", "<", ">", "'", '"', "<b"]), max_size=8
    )
)
def test_nothing_active_survives_in_any_mixture(parts: list[str]) -> None:
    clean = sanitise("".join(parts), base_url=BASE)
    assert active_content(clean) == []
    assert active_content(sanitise(clean, base_url=BASE)) == []


@given(st.text(st.characters(exclude_categories=()), max_size=60))
def test_any_text_is_taken(text: str) -> None:
    assert isinstance(sanitise(text, base_url=BASE), str)
    assert isinstance(plain(text), str)
    assert plain(escape(text)).split() == plain(sanitise(escape(text), base_url=None)).split()


def test_links_become_absolute() -> None:
    clean = sanitise('<a href="../a?b=1&amp;c=2">x</a><img src="//cdn.example.com/i.png">', base_url=BASE)
    assert 'href="https://example.com/a?b=1&amp;c=2"' in clean
    assert 'src="https://cdn.example.com/i.png"' in clean
    assert 'rel="noopener noreferrer nofollow"' in clean


def test_without_base_relative_links_lose_their_address_but_not_their_text() -> None:
    assert sanitise('<a href="/a">read</a><img src="/i.png">', base_url=None) == (
        '<a rel="noopener noreferrer nofollow">read</a>'
    )


@pytest.mark.parametrize(
    "pixel",
    [
        '<img src="https://t.example/p.gif" width="1" height="1">',
        '<img height=0 src="https://t.example/p.gif">',
        '<img src="https://feeds.feedburner.com/~r/x/~4/abc" alt="a>b">',
        '<img src="https://pixel.wp.com/b.gif?x">',
        '<img src="data:image/gif;base64,R0lGOD">',
        "<img alt='no address'>",
    ],
)
def test_tracking_pixels_go(pixel: str) -> None:
    assert sanitise(f"<p>text{pixel}</p>", base_url=BASE) == "<p>text</p>"


def test_pictures_stay() -> None:
    image = '<img src="https://example.com/a.jpg" alt="a &gt; b" width="100" height="10">'
    assert sanitise(f"<figure>{image}</figure>", base_url=BASE).count("<img") == 1


def test_structure_stays() -> None:
    table = "<table><tbody><tr><td>e</td></tr></tbody></table>"
    html = f"<h2>a</h2><ul><li>b</li></ul><blockquote><p>c<br>d</p></blockquote>{table}"
    assert sanitise(html, base_url=BASE) == html


def test_text_inside_a_form_stays() -> None:
    assert "article" in sanitise(
        "<form><p>article</p><select><option>no</option></select></form>", base_url=BASE
    )


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>One</p><p>Two<br>lines</p>", "One\n\nTwo\nlines"),
        ("<p>AT&amp;T &lt;b&gt;</p>", "AT&T <b>"),
        ("<div><div>a</div>b</div>", "a\n\nb"),
        ("a <b>b</b><i>c</i>\n d", "a bc d"),
        ("<ul><li>x</li><li>y</li></ul>", "x\n\ny"),
        ("<p>a&nbsp;: b</p>", "a\u00a0: b"),
        ("<script>x</script>y<style>z</style>", "y"),
        ("<table><tr><td>a</td><td>b</td></tr></table>", "a b"),
        ("plain text", "plain text"),
        ("", ""),
        ("<ruby>漢<rt>kan</rt></ruby>字", "漢字"),
    ],
)
def test_plain(html: str, text: str) -> None:
    assert plain(html) == text


def test_escape() -> None:
    assert escape("a < b & c\x00") == "a &lt; b &amp; c"
