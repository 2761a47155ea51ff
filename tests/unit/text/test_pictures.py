"""One address for each picture, however a page hides it, and none for what only counts readers."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.extract import article
from aggregator.model import Article
from aggregator.text.html import sanitise
from aggregator.text.pictures import best, settled
from tests.support.active import active_content

BASE = "https://paper.example/2026/news"
HOST = "https://paper.example"
DATA = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=="
FIRST = "The council met on Monday and decided, after a long debate, what the town had asked for. "
LAST = "Nobody spoke against the plan, although the mayor had called it far too expensive in spring. "
_SRC = re.compile(r'<img[^>]* src="([^"]*)"')

# HTML of a picture, and the addresses that a reader is shown.
PICTURES = [
    # srcset
    ("<img src='/s.jpg' srcset='/a-400.jpg 400w, /a-1200.jpg 1200w, /a-800.jpg 800w'>", "/a-1200.jpg"),
    ("<img src='/s.jpg' srcset='/a-400.jpg 400w,/a-1200.jpg 1200w'>", "/a-1200.jpg"),
    ("<img src='/s.jpg' srcset='/a.jpg, /b.jpg 2x, /c.jpg 1.5x'>", "/b.jpg"),
    ("<img srcset='/only.jpg'>", "/only.jpg"),
    ("<img srcset='\n\t/a.jpg\n 300w ,\n/b.jpg\t600w,\n'>", "/b.jpg"),
    ("<img srcset='/w_400,h_300/a.jpg 400w, /w_900,h_600/a.jpg 900w'>", "/w_900,h_600/a.jpg"),
    ("<img srcset='/a.jpg,, /b.jpg 2x'>", "/b.jpg"),
    ("<img srcset='/a.jpg 300w 200h, /b.jpg 600w 400h'>", "/b.jpg"),
    ("<img srcset='//cdn.example/a.jpg 300w'>", "https://cdn.example/a.jpg"),
    (f"<img src='{DATA}' srcset='{DATA} 1w, /a.jpg 700w'>", "/a.jpg"),
    ("<img src='/a.jpg' srcset=''>", "/a.jpg"),
    ("<img src='/a.jpg' srcset=', ,, '>", "/a.jpg"),
    # lazy-loaded
    (f"<img src='{DATA}' data-src='/r.jpg'>", "/r.jpg"),
    (f"<img src='{DATA}' data-srcset='/r-400.jpg 400w, /r-1200.jpg 1200w'>", "/r-1200.jpg"),
    ("<img src='/blank.png' data-lazy-src='/r.jpg'>", "/r.jpg"),
    ("<img src='/img/loading.gif' data-original='/r.jpg'>", "/r.jpg"),
    ("<img src='/blank.png' data-src='/r.jpg'>", "/r.jpg"),
    ("<img src='/blank.png' data-src='/r.jpg' data-srcset='/r2.jpg 2x'>", "/r2.jpg"),
    ("<img src='/tiny-20.jpg' data-src='/r.jpg'>", "/r.jpg"),
    ("<img data-lazy-srcset='/r-1.jpg 300w, /r-2.jpg 900w' data-lazy-src='/r-1.jpg'>", "/r-2.jpg"),
    ("<img src='/a.jpg' data-src='/placeholder.svg'>", "/a.jpg"),
    ("<img src='/a.jpg' data-src=''>", "/a.jpg"),
    ("<img src='/a.jpg' data-src='{&quot;xs&quot;: 1}'>", "/a.jpg"),
    ("<img src='/a.jpg' data-low-src='/low.jpg'>", "/a.jpg"),
    ("<img srcset='/lqip.jpg 20w' data-src='/r.jpg'>", "/r.jpg"),
    ("<img src='/a.jpg' data-src='/r-600.jpg 600w, /r-900.jpg 900w'>", "/r-900.jpg"),
    ("<img style='display:none' src='/blank.gif' data-src='/r.jpg'>", "/r.jpg"),
    # picture
    (
        "<picture><source srcset='/p-600.jpg 600w, /p-1600.jpg 1600w'><img src='/p-100.jpg'></picture>",
        "/p-1600.jpg",
    ),
    ("<picture><source media='(min-width: 900px)' srcset='/b.jpg'><img src='/a.jpg'></picture>", "/b.jpg"),
    ("<picture><source type='image/webp' srcset='/a.webp'><img src='/a.jpg'></picture>", "/a.jpg"),
    ("<picture><source type='image/avif' srcset='/a.avif 900w'><img src='/a.jpg'></picture>", "/a.jpg"),
    (f"<picture><source data-srcset='/p.jpg 900w'><img src='{DATA}'></picture>", "/p.jpg"),
    # noscript
    ("<noscript><img src='/n.jpg'></noscript>", "/n.jpg"),
    ("<img class=lazy src='/blank.png'><noscript><img src='/n.jpg'></noscript>", "/n.jpg"),
    (f"<img src='{DATA}' data-src='/n.jpg'><noscript><img src='/n.jpg'></noscript>", "/n.jpg"),
    ("<img data-src='/n-300.jpg'> <noscript><img src='/n.jpg'></noscript>", "/n-300.jpg"),
    ("<noscript><img src='/n.jpg'></noscript><img data-src='/n-300.jpg'>", "/n-300.jpg"),
    ("<noscript><img src='https://count.example/hit?id=1'></noscript>", ""),
    # amp-img
    ("<amp-img src='/m.jpg' width=600 height=400></amp-img>", "/m.jpg"),
    ("<amp-img src='/m.jpg' srcset='/m.jpg 300w, /m-2.jpg 900w'></amp-img>", "/m-2.jpg"),
    ("<amp-img src='/m.jpg'><noscript><img src='/m.jpg'></noscript></amp-img>", "/m.jpg"),
    ("<amp-img src='/m.jpg'><amp-img fallback src='/f.jpg'></amp-img></amp-img>", "/m.jpg"),
    # what counts readers or fills a place
    ("<img src='/t.gif' width=1 height=1>", ""),
    ("<img src='/t.png' height='1px'>", ""),
    ("<img src='/t.png' width='0'>", ""),
    ("<img src='/t.png' style='width:1px;height:1px'>", ""),
    ("<img src='/t.png' style='border:0; HEIGHT : 1px !important'>", ""),
    ("<img src='/t.png' style='display:none'>", ""),
    ("<img src='/t.png' style='position:absolute;left:-9999px'>", ""),
    ("<noscript><img src='/t.png' width=1 height=1></noscript>", ""),
    ("<img data-src='/t.png' width=1 height=1>", ""),
    ("<img src='/blank.png'>", ""),
    ("<img src='/img/loading.gif?v=2'>", ""),
    # what looks like that and is a picture
    ("<img src='/loading-docks-of-rotterdam.jpg'>", "/loading-docks-of-rotterdam.jpg"),
    ("<img src='/a.jpg' width='' height=''>", "/a.jpg"),
    ("<img src='/a.jpg' width=100 height=10>", "/a.jpg"),
    ("<img src='/a.jpg' style='max-width:100%;height:auto;border-width:1px'>", "/a.jpg"),
    ("<img src='/a.jpg' style='width:1.5em;height:10px;width:100px'>", "/a.jpg"),
    # what no address is
    ("<img srcset='javascript:alert(1) 900w, /a.jpg 300w'>", "/a.jpg"),
    ("<img src='/a.jpg' data-src='javascript:alert(1)'>", "/a.jpg"),
    ("<img src='/a.jpg' data-src=' JaVa&#10;Script:alert(1)'>", "/a.jpg"),
    ("<img data-src='data:text/html,<script>alert(1)</script>'>", ""),
]


def absolute(address: str) -> list[str]:
    return [HOST + address if address.startswith("/") else address] if address else []


@pytest.mark.parametrize(("html", "address"), PICTURES)
def test_a_picture_of_a_feed_has_one_address(html: str, address: str) -> None:
    clean = sanitise(f"<p>before</p>{html}<p>after</p>", base_url=BASE)
    assert _SRC.findall(clean) == absolute(address)
    assert clean.startswith("<p>before</p>")
    assert clean.endswith("<p>after</p>")
    assert "srcset" not in clean
    assert "<source" not in clean


@pytest.mark.parametrize(("html", "address"), PICTURES)
def test_a_picture_of_a_page_has_one_address(html: str, address: str) -> None:
    column = f"<h1>Title</h1><p>{FIRST * 4}</p><div>{html}</div><p>{LAST * 4}</p>"
    page = f"<html><body><article>{column}</article></body></html>".encode()
    found = article(page, charset="utf-8", url=BASE, with_metadata=False)
    assert isinstance(found, Article)
    assert _SRC.findall(found.html) == absolute(address)
    assert found.text.split() == (FIRST * 4 + LAST * 4).split()


@pytest.mark.parametrize(
    "html",
    [
        "<p>plain &amp; simple</p>",
        "<p>a<br>b</p><img src='/a.jpg' alt='x'><ul><li>c</ul>",
        "srcset, data-src and 1px are words here",
        "<div>" * 3000 + "deep<img data-src='/a.jpg'>",
    ],
)
def test_no_text_is_lost(html: str) -> None:
    assert "".join(re.sub(r"<[^>]*>", "", settled(html)).split()) == "".join(
        re.sub(r"<[^>]*>", "", html).split()
    )


def test_what_a_picture_says_stays() -> None:
    late = "a <img data-src='/r.jpg' alt='A &lt; B' title=T width=600 onload=x() class=c> b"
    plain = f"a <img alt='A &lt; B' title=T width=600 src='{HOST}/r.jpg'> b"
    assert sanitise(late, base_url=BASE) == sanitise(plain, base_url=BASE)


@pytest.mark.parametrize(
    ("srcset", "address"),
    [
        ("a" * 1_000_000, ""),
        ("," * 1_000_000, ""),
        (" " * 1_000_000 + "/a.jpg", ""),
        ("/a.jpg 300w, " + "/b" * 500_000 + " 900w", "/a.jpg"),
        (", ".join(f"/{width}.jpg {width}w" for width in range(1, 50_000)), "/100.jpg"),
        ("/a.jpg " + "9" * 1_000_000 + "w", "/a.jpg"),
        ("javascript:alert(1) 9w, " * 50_000, ""),
        ("/a.jpg 1e999w", "/a.jpg"),
        ("/a.jpg -5w, /b.jpg 0x", "/a.jpg"),
    ],
)
def test_of_a_hostile_srcset_only_the_start_is_read(srcset: str, address: str) -> None:
    assert best({"srcset": srcset}) == address


@pytest.mark.parametrize(
    "html",
    [
        "<img data-src='/a.jpg'>" * 5_000,
        "<noscript><img src='/a.jpg'></noscript>" * 5_000,
        "<picture>" + "<source srcset='/a.jpg 9w'>" * 5_000 + "<img src='/b.jpg'></picture>",
        "<img src='/b.jpg' "
        + " ".join(f"data-a{number}-src='/{number}.jpg'" for number in range(2_000))
        + ">",
        "<amp-img src='/a.jpg'>" * 1_000,
        "<noscript>" * 1_000 + "<img src='/a.jpg'>",
    ],
)
def test_thousands_of_pictures_are_harmless(html: str) -> None:
    assert active_content(sanitise(html, base_url=BASE)) == []


@given(st.text(st.sampled_from("/a.jpg ,0129wx:\t\n(){}%-"), max_size=80))
def test_a_candidate_is_a_piece_of_what_is_written(srcset: str) -> None:
    found = best({"srcset": srcset})
    assert found in srcset
    assert " " not in found
