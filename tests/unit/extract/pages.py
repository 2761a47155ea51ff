"""A page as outlets build them, with every kind of furniture round an article."""

PARAGRAPHS = tuple(
    """
The regulator opened an inquiry on Tuesday into how the marketplace ranks the goods of its own brand, \
after three years of complaints from merchants who said that they could not compete.
Officials will look at the order of search results, at the fees for storage, and at clauses that keep \
sellers from offering lower prices elsewhere, a notice published by the authority said.
The company said that it would answer all questions and that its practices were lawful. A decision is \
expected within eighteen months; fines may reach a tenth of yearly turnover.
""".strip().splitlines()
)
HEADLINES = ("Cars: what the new tax changes", "The mayor resigns", "Ten walks near the lake", "Roads closed")
TITLE = "Marketplace faces inquiry over rankings"

_PAGE = """<!DOCTYPE html><html lang=en><head><meta charset=utf-8>
<title>{title} | The Paper</title>{head}</head><body>
<div id="cmp" class="cookie-banner" role="dialog"><p>We and our 612 partners store cookies to show
personalised advertising. You may withdraw your consent under the GDPR at any time.</p>
<button>Accept</button></div>
<nav><ul>{links}</ul></nav>{column}
<section class="x1"><h3>Read also</h3><ul>{links}</ul></section>
<div class="r3"><h3>Most read</h3><ol>{links}</ol></div>{extra}
<div class="b"><h3>The morning letter</h3>
<p>All that matters, in your inbox before seven, every
day of the week, and free of charge.</p><form><input type="email"><button>Sign up</button></form></div>
<footer><p>© The Paper — <a href="/terms">Terms</a> · <a href="/privacy">Privacy</a></p></footer>
</body></html>"""
_COLUMN = """<main><article><h1>{title}</h1><p class="byline">By A. Writer — Published 2025-03-01 10:00</p>
{article}</article></main>"""
_PLAIN_COLUMN = """<div class="w"><div class="t1">{title}</div>
<div class="t2">Published 2025-03-01 10:00 | Share Facebook X</div>{article}</div>"""


def page(
    article: str | None = None,
    *,
    layout: str = "article",
    head: str = "",
    title: str = TITLE,
    extra: str = "",
) -> bytes:
    """Render a page; layouts: article (elements with meaning), divs (none), breaks (one div, <br><br>)."""
    if article is None:
        if layout == "breaks":
            article = f'<div class="k2">{"<br><br>".join(PARAGRAPHS)}</div>'
        else:
            tag = "p" if layout == "article" else "div"
            article = "".join(f'<{tag} class="z">{text}</{tag}>' for text in PARAGRAPHS)
    column = (_COLUMN if layout == "article" else _PLAIN_COLUMN).format(title=title, article=article)
    links = "".join(f'<li><a href="/{n}">{text}</a></li>' for n, text in enumerate(HEADLINES))
    return _PAGE.format(title=title, head=head, links=links, column=column, extra=extra).encode()
