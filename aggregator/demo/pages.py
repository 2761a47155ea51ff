"""Render the pages of the demo web: articles among navigation, cookie banners and other people's headlines.

The furniture around an article is there on purpose, headlines about Alibaba included: only who finds
the article itself decides rightly. Plain string templates; every value is escaped on its way in.
"""

from datetime import datetime
from html import escape
from string import Template

from aggregator.demo.furniture import FURNITURE, Furniture
from aggregator.demo.library import DemoArticle, Layout, Outlet

_PAGE = Template("""<!DOCTYPE html>
<html lang="$lang">
<head>
$meta<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$head_title</title>
$head<style>body { max-width: 44em; margin: 2em auto; padding: 0 1em; font-family: sans-serif }</style>
</head>
<body>
<div class="cookie-banner" role="dialog" aria-label="cookies"><p>$cookie</p>
<button type="button">$accept</button> <button type="button">$refuse</button></div>
<header class="site-header"><a class="logo" href="/">$outlet</a>
<nav class="main-nav"><ul>$nav</ul></nav></header>
$main
<footer class="site-footer"><ul>$foot</ul><p>© $outlet</p></footer>
</body>
</html>
""")

# What stands in place of <main>, one for each way of building pages.
_ARTICLE = Template("""<main>
<article class="story">
<h1>$title</h1>
<p class="byline"><span class="author">$author</span> <time datetime="$iso">$date</time></p>
<ul class="share-bar"><li><a href="#share">$share</a></li><li><a href="#copy">$copy</a></li></ul>
<div class="story-body">
$paragraphs
</div>
</article>
<section class="related"><h2>$more</h2><ul>$related</ul></section>
<section class="newsletter"><h2>$letter</h2><p>$letter_text</p>
<form action="/letter" method="post"><input type="email" name="email">
<button>$subscribe</button></form></section>
</main>
<aside class="sidebar"><h2>$most</h2><ol>$popular</ol></aside>""")

_DIVS = Template("""<div class="x1 has-side"><div class="x2">
<div class="x3"><h1>$title</h1></div>
<div class="x4">$author · $date</div>
<div class="x5"><a href="#share">$share</a> <a href="#copy">$copy</a></div>
<div class="x6">
$paragraphs
</div>
<div class="x7"><div class="x8">$more</div><ul>$related</ul></div>
<div class="x9"><p>$letter_text</p><form action="/letter" method="post"><input type="email" name="email">
<button>$subscribe</button></form></div>
</div>
<div class="x10"><div class="x8">$most</div><ul>$popular</ul></div></div>""")

_BREAKS = Template("""<div id="wrap"><div id="left"><b>$most</b><ul>$popular</ul></div>
<div id="content"><h2>$title</h2>
<i>$author, $date</i><br><br>
<div class="text">
$paragraphs
</div>
<p class="letter">$letter_text</p>
<b>$more</b><ul>$related</ul></div></div>""")

_LAYOUTS = {Layout.ARTICLE: _ARTICLE, Layout.DIVS: _DIVS, Layout.BREAKS: _BREAKS}


def article_page(
    article: DemoArticle, link: str, related: tuple[tuple[str, str], ...], published_at: datetime
) -> bytes:
    """Return the page of an article in the charset of its outlet.

    `link` is its absolute address, `related` are (address, title) of further articles.
    """
    outlet = article.outlet
    words = FURNITURE[outlet.lang]
    if outlet.layout is Layout.BREAKS:
        paragraphs = "<br><br>\n".join(escape(part) for part in article.paragraphs)
    else:
        paragraphs = "\n".join(f"<p>{escape(part)}</p>" for part in article.paragraphs)
    main = _LAYOUTS[outlet.layout].substitute(
        title=escape(article.title),
        author=escape(article.author or outlet.title),
        iso=published_at.isoformat(timespec="seconds"),
        date=words.date.format(at=published_at),
        paragraphs=paragraphs,
        share=escape(words.share),
        copy=escape(words.copy_link),
        more=escape(words.more),
        related=_links(related),
        letter=escape(words.letter),
        letter_text=escape(words.letter_text),
        subscribe=escape(words.subscribe),
        most=escape(words.most_read),
        popular=_links(tuple(("/popular", headline) for headline in words.popular)),
    )
    head = (
        f'<link rel="canonical" href="{escape(link)}">\n'
        f'<meta property="og:type" content="article">\n'
        f'<meta property="og:site_name" content="{escape(outlet.title)}">\n'
        f'<meta property="og:title" content="{escape(article.title)}">\n'
        f'<meta property="article:published_time" content="{published_at.isoformat(timespec="seconds")}">\n'
    )
    return _page(outlet, words, f"{article.title} - {outlet.title}", head, main)


def home_page(
    outlet: Outlet, feed: tuple[str, str] | None, entries: tuple[tuple[str, str, datetime, str], ...]
) -> bytes:
    """Return the front page of an outlet: its headlines, and the (address, media type) of its feed.

    `entries` are (address, title, date, summary), newest first. An outlet without a feed is read from
    this page by the selectors of `LISTING`.
    """
    words = FURNITURE[outlet.lang]
    rows = "\n".join(
        f'<li><a href="{escape(link)}">{escape(title)}</a> '
        f'<time datetime="{at.isoformat(timespec="seconds")}">{words.date.format(at=at)}</time>'
        f"<p>{escape(text)}</p></li>"
        for link, title, at, text in entries
    )
    head = ""
    if feed is not None:
        head = f'<link rel="alternate" type="{feed[1]}" title="{escape(outlet.title)}" href="{feed[0]}">\n'
    main = f'<main><h1>{escape(outlet.title)}</h1>\n<ul class="bulletin">\n{rows}\n</ul></main>'
    return _page(outlet, words, outlet.title, head, main)


def _page(outlet: Outlet, words: Furniture, title: str, head: str, main: str) -> bytes:
    meta = "" if outlet.announced == "header" else f'<meta charset="{outlet.charset}">\n'
    page = _PAGE.substitute(
        lang=outlet.lang,
        meta=meta,
        head_title=escape(title),
        head=head,
        cookie=escape(words.cookie),
        accept=escape(words.accept),
        refuse=escape(words.refuse),
        outlet=escape(outlet.title),
        nav=_links(tuple(("/section", name) for name in words.nav)),
        main=main,
        foot=_links(tuple(("/about", name) for name in words.foot)),
    )
    return page.encode(outlet.charset, "xmlcharrefreplace")


def _links(links: tuple[tuple[str, str], ...]) -> str:
    return "".join(f'<li><a href="{escape(link)}">{escape(text)}</a></li>' for link, text in links)
