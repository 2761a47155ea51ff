"""Pages of up to 5 MB that are made to use up a reader: of each shape as much as `fetch.max_page` lets in.

Some are read in no time, others would take minutes; which is which changes with the libraries.
"""

from collections.abc import Mapping

SIZE = 4_900_000  # bytes
_SENTENCE = "The council met on Monday and decided nothing that it had not decided in spring, people said. "


def _filled(before: str, unit: str, after: str = "", count: int | None = None) -> bytes:
    """Return a page with as many units as there is room for, or `count`; `#` in it is its number."""
    room = SIZE - len(before) - len(after)
    if "#" not in unit:
        most = room // len(unit.encode())
        return (before + unit * min(count or most, most) + after).encode()
    units: list[str] = []
    number = 0
    while room > 0 and (count is None or number < count):
        number += 1
        units.append(unit.replace("#", str(number)))
        room -= len(units[-1])
    return (before + "".join(units) + after).encode()


def heavy_pages() -> Mapping[str, bytes]:
    """Return pages by what they are."""
    html, article = "<html><body>", "<html><body><article>"
    ld = '<script type="application/ld+json">{"@type":"NewsArticle","articleBody":"x","hasPart":'
    paid = f'{ld}[{{"isAccessibleForFree":false,"cssSelector":".p"}}]}}</script>'
    return {
        "20,000 nested divs": _filled(html, "<div>", "", 20_000),
        "nested divs with text": _filled(html, "<div>word ", "", 60_000),
        "nested tables": _filled(html, "<table><tr><td>word"),
        "nested lists": _filled(html, "<ul><li>word", "", 30_000),
        "nested quotes": _filled(article, "<blockquote><p>word", "", 30_000),
        "nested formatting": _filled(article + "<p>", "<b><i>word ", "", 60_000),
        "100,000 links": _filled(html, '<a href="/#">Read number # of all</a> ', "", 100_000),
        "links in a list": _filled(article, '<li><a href="/#">Read number # of all</a></li>'),
        "60,000 paragraphs": _filled(
            article, "<p>Number # of many, and no shorter than the last one.</p>", "", 60_000
        ),
        "short paragraphs": _filled(article, "<p>One two, three.</p>"),
        "long paragraphs": _filled(article, f"<p>{_SENTENCE * 3}</p>"),
        "100,000 divs": _filled(html, "<div>word #</div>", "", 100_000),
        "paid divs": _filled(f"<html><head>{paid}</head><body>", '<div class="p">word #</div>', "", 50_000),
        "cards": _filled(html, '<div><h3><a href="/#">Headline #</a></h3><p>Teaser</p></div>'),
        "headings": _filled(article, "<h2>Heading #</h2>"),
        "rows": _filled(article + "<table>", "<tr><td>a</td><td>#</td></tr>"),
        "breaks": _filled(article + "<div>", f"{_SENTENCE}<br><br>"),
        "pictures": _filled(article, '<img src="/#.jpg" alt="x">'),
        "captions": _filled(article, "<figure><figcaption>Caption #</figcaption></figure>"),
        "mail fields": _filled(html, '<div><input type="email"></div>'),
        "classes": _filled(html, '<div class="x# y# z#">w</div>'),
        "one long class": _filled('<html><body><div class="', "nav", f'"><p>{_SENTENCE}</p></div>'),
        "one long word": _filled(article + "<p>", "x", "</p>"),
        "one long address": _filled('<html><body><a href="', "x", '">y</a>'),
        "attributes": _filled("<html><body><div ", 'a#="1" ', ">text</div>"),
        "dates": _filled(article, "<p>12:30 2025-01-01 by A. Writer</p>"),
        "speech": _filled(article, "<p>Subscribe now to read more of this.</p>"),
        "consent": _filled(html, "<p>We use cookies and our partners store data. Accept all</p>"),
        "entities": _filled(article + "<p>", "&amp;"),
        "brackets": _filled(html, "<"),
        "comments": _filled(html, "<!-- x -->"),
        "misnested": _filled(article, "<b><p></b>word"),
        "JSON-LD": _filled("<html><head>", ld + "[]}</script>", f"</head><body><p>{_SENTENCE}</p>"),
        "titles": _filled("<html>", "<title>x</title><h1>y</h1>"),
        "Han": _filled(article, "<p>中文新闻报道监管机构。</p>"),
    }
