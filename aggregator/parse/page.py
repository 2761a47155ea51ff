"""An HTML page as a tree, with the few facts that every reader of pages asks for."""

from lxml.etree import LxmlError
from lxml.html import HtmlElement, HTMLParser, document_fromstring

from aggregator.parse.entries import clean_lang, clean_title
from aggregator.text.xmlchars import xml_legal
from aggregator.urls import join


class Page:
    """A parsed page: its text, tree, title, language, address and the base of its relative addresses."""

    __slots__ = ("base_url", "lang", "source", "title", "tree", "url")

    def __init__(self, text: str, url: str) -> None:
        """Parse decoded HTML; an empty or unreadable text gives an empty page."""
        # Bytes, because lxml refuses a str with an XML declaration.
        parser = HTMLParser(encoding="utf-8", no_network=True, huge_tree=False)
        try:
            tree = document_fromstring(xml_legal(text).encode() or b"<html></html>", parser=parser)
        except (LxmlError, ValueError):
            tree = document_fromstring(b"<html></html>")
        self.tree: HtmlElement = tree
        self.source = text
        self.url = url
        title = tree.find(".//title")
        self.title = clean_title(str(title.text_content())) if title is not None else ""
        self.lang = clean_lang(tree.get("lang"))
        base = tree.find(".//base[@href]")
        self.base_url = (base is not None and join(url, base.get("href", ""))) or url
