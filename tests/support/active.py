"""An independent judge of HTML: what in it could act, track or draw outside its place.

It shares no code with the sanitiser: html.parser of the standard library reads the tags here.
"""

from html.parser import HTMLParser
from urllib.parse import urlsplit

_HARMLESS_NAMES = """
    a abbr address article aside audio b bdi bdo blockquote br caption cite code dd del details dfn div dl dt
    em figcaption figure footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li main mark nav ol p pre q rp rt
    ruby s samp section small source span strong sub summary sup table tbody td tfoot th thead time tr u ul
    var video wbr
"""
_ATTRIBUTE_NAMES = """
    href src alt title width height lang dir rel hreflang type start reversed colspan rowspan scope datetime
    controls
"""
_HARMLESS = frozenset(_HARMLESS_NAMES.split())
_ATTRIBUTES = frozenset(_ATTRIBUTE_NAMES.split())


class _Judge(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _HARMLESS:
            self.found.append(f"<{tag}>")
        for name, value in attrs:
            if name not in _ATTRIBUTES:
                self.found.append(f"{tag}@{name}")
            if name in ("href", "src") and urlsplit(value or "").scheme not in ("http", "https", "mailto"):
                self.found.append(f"{tag}@{name}={value}")

    def handle_decl(self, decl: str) -> None:
        self.found.append(f"<!{decl}>")

    def handle_comment(self, data: str) -> None:
        self.found.append(f"<!--{data}-->")

    def handle_pi(self, data: str) -> None:
        self.found.append(f"<?{data}>")


def active_content(html: str) -> list[str]:
    """Name every element, attribute and address that has no business in a harmless text."""
    judge = _Judge()
    judge.feed(html)
    judge.close()
    return judge.found
