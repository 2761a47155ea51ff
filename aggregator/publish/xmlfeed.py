"""Atom 1.0 and RSS 2.0 through feedgen: the one door of that library, and the cure of its defects.

feedgen 1.0 loses the attributes of entry links, drops authors without an e-mail address from RSS,
knows only half of `atom:source`, and sets the process's locale to write a date. What it leaves out
or gets wrong is added to its elements before they are written. This module refuses to choose what is
published and how long it may be: `entries` has done so.
"""

import re
from functools import cached_property, partial

import feedgen.entry
import feedgen.feed
from feedgen.entry import FeedEntry
from feedgen.ext.base import BaseEntryExtension, BaseExtension
from feedgen.feed import FeedGenerator
from lxml.etree import Entity, ProcessingInstruction, SubElement, _Element

from aggregator.publish import legal, splice
from aggregator.publish.entries import ReadyEntry, ReadyFeed
from aggregator.publish.formats import MEDIA_TYPES, STYLE_NAME, Format, feed_url

_NAMESPACES = {"dc": "http://purl.org/dc/elements/1.1/", "media": "http://search.yahoo.com/mrss/"}
_HISTORY = {"fh": "http://purl.org/syndication/history/1.0"}  # RFC 5005
_ARCHIVE = f"{{{_HISTORY['fh']}}}archive"
_ATOM_LINK = "{http://www.w3.org/2005/Atom}link"
_XHTML = "http://www.w3.org/1999/xhtml"
_CREATOR = f"{{{_NAMESPACES['dc']}}}creator"
_LANGUAGE = f"{{{_NAMESPACES['dc']}}}language"
_ENCODED = "{http://purl.org/rss/1.0/modules/content/}encoded"
_THUMBNAIL = f"{{{_NAMESPACES['media']}}}thumbnail"
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"

_LATER = "…"  # stands for the content until it is spliced in

# Plain texts that some reader could take for markup are spelt with character references, as the RSS
# Best Practices Profile advises for titles; the text that a parser sees is the same.
_MARKUP_LIKE = re.compile("([&<])")
_REFERENCES = {"&": "#x26", "<": "#x3C"}

# feedgen's own function calls setlocale(), which acts on all threads of the process.
feedgen.entry.formatRFC2822 = feedgen.feed.formatRFC2822 = legal.rfc822


class XmlFeed:
    """A topic in the two formats of XML, which share their entries and the quoted texts."""

    def __init__(self, feed: ReadyFeed) -> None:
        self._feed = feed

    def atom(self) -> bytes:
        """Write a topic as Atom 1.0 (RFC 4287), a page of its archive as RFC 5005 wants it."""
        feed = self._feed
        generator = self._generator("atom")
        generator.updated(feed.whole_updated_at)
        generator.entry([_Entry(entry, feed) for entry in feed.rest])
        generator.id(feed.feed_id)
        generator.author({"name": feed.title})
        if feed.description:
            generator.subtitle(feed.description)
        if feed.hub and feed.page is None:
            generator.link(href=feed.hub, rel="hub")
        if feed.page is not None:
            generator.link(href=feed_url(feed.base_url, feed.topic_id, "atom"), rel="current")
        if feed.older_page is not None:
            older = feed_url(feed.base_url, feed.topic_id, "atom", feed.older_page)
            generator.link(href=older, rel="prev-archive")
        rest = [splice.in_cdata(entry.content) for entry in feed.rest]
        return splice.into_xml(generator.atom_str(), [*self._sections, *rest])

    def rss(self) -> bytes:
        """Write a topic as RSS 2.0 (rssboard.org) with content:encoded, Dublin Core and Media RSS."""
        feed = self._feed
        generator = self._generator("rss")
        generator.description(feed.description or feed.title)
        generator.ttl(feed.minutes)
        return splice.into_xml(generator.rss_str(), self._sections)

    @cached_property
    def _entries(self) -> list["_Entry"]:
        return [_Entry(entry, self._feed) for entry in self._feed.entries]

    @cached_property
    def _sections(self) -> list[bytes]:
        return [splice.in_cdata(entry.content) for entry in self._feed.entries]

    def _generator(self, fmt: Format) -> FeedGenerator:
        feed = self._feed
        generator = FeedGenerator()
        generator.register_extension("finish", partial(_FinishedFeed, feed), BaseEntryExtension)
        generator.title(feed.title)
        # Without a version, so that an upgrade of ours changes no feed.
        generator.generator("aggregator")
        generator.updated(feed.updated_at)
        if feed.lang:
            generator.language(feed.lang)
        # The last link becomes the link of the RSS channel.
        generator.link(href=feed.self_url(fmt), rel="self", type=MEDIA_TYPES[fmt])
        generator.link(href=feed.home, rel="alternate", type="text/html")
        generator.entry(self._entries)
        return generator


class _FinishedFeed(BaseExtension):  # type: ignore[misc]  # feedgen has no types
    """Declares the prefixes that the entries use, once, and adds to the head what feedgen leaves out."""

    def __init__(self, feed: ReadyFeed) -> None:
        self._feed = feed

    def extend_ns(self) -> dict[str, str]:
        return _NAMESPACES if self._feed.page is None else _NAMESPACES | _HISTORY

    def extend_atom(self, feed: _Element) -> _Element:
        for path in ("title", "subtitle", "author/name"):
            _spell(feed.find(path))
        # The first page has no other to link to, and validators want a link of what is marked.
        if self._feed.page is not None and self._feed.older_page is not None:
            SubElement(feed, _ARCHIVE)
        self._show(feed, feed)
        return feed

    def extend_rss(self, feed: _Element) -> _Element:
        for path in ("channel/title", "channel/description"):
            _spell(feed.find(path))
        channel = feed[0]
        if self._feed.hub:
            SubElement(channel, _ATOM_LINK, {"href": self._feed.hub, "rel": "hub"})
        self._show(feed, channel)
        return feed

    def _show(self, root: _Element, head: _Element) -> None:
        """Make the feed readable in a browser, which knows nothing of feeds, with a link to its page."""
        root.addprevious(ProcessingInstruction("xml-stylesheet", f'type="text/css" href="{self._style}"'))
        note = SubElement(head, f"{{{_XHTML}}}div", nsmap={None: _XHTML})
        note.text = "This is a feed. Give its address to a feed reader, or "
        link = SubElement(note, f"{{{_XHTML}}}a", {"href": self._feed.home})
        link.text = "read it as a page" if self._feed.has_page else "see all topics"
        link.tail = "."

    @property
    def _style(self) -> str:
        """Name the style sheet by where the document is served, so that the folder may be served anywhere."""
        folder = "feeds/"
        is_in_it = self._feed.address is None or self._feed.address.startswith(
            f"{self._feed.base_url.rstrip('/')}/{folder}"
        )
        return STYLE_NAME if is_in_it else f"{folder}{STYLE_NAME}"


class _Entry(FeedEntry):  # type: ignore[misc]  # feedgen has no types
    """What the two formats share of an entry, and the moment to add what feedgen leaves out."""

    def __init__(self, entry: ReadyEntry, feed: ReadyFeed) -> None:
        super().__init__()
        self._ready = entry
        self._feed = feed
        self.id(entry.entry_id)
        self.title(entry.title)
        self.updated(entry.updated_at)
        self.published(entry.published_at)
        self.author({"name": entry.byline})
        # The summary of RSS is HTML; that of Atom, set last, is plain text.
        self.description(legal.escape(entry.summary or entry.title))
        self.content(_LATER, type="html")
        if entry.summary:
            self.summary(entry.summary)
        if entry.tags:
            self.category([{"term": tag} for tag in entry.tags])

    def atom_entry(self, extensions: bool = True) -> _Element:
        """Build the Atom element and finish it."""
        element: _Element = super().atom_entry(extensions)
        _finish_atom(element, self._ready, self._feed)
        return element

    def rss_entry(self, extensions: bool = True) -> _Element:
        """Build the RSS element and finish it."""
        element: _Element = super().rss_entry(extensions)
        _finish_rss(element, self._ready, self._feed)
        return element


def _finish_atom(element: _Element, entry: ReadyEntry, feed: ReadyFeed) -> None:
    splice.mark_xml(element.find("content"))
    if entry.has_signs:
        for path in ("title", "summary", "author/name"):
            _spell(element.find(path))
    if entry.lang and entry.lang != feed.lang:
        element.set(_XML_LANG, entry.lang)
    if entry.url:
        SubElement(element, "link", {"rel": "alternate", "href": entry.url})
    for file in entry.files:
        attributes = {"rel": "enclosure", "href": file.url, "type": file.type}
        if file.length:
            attributes["length"] = str(file.length)
        SubElement(element, "link", attributes)
    if entry.outlet_root:
        # Validators want all three of a feed's mandatory elements in the source.
        source = SubElement(element, "source")
        SubElement(source, "id").text = entry.outlet_root
        title = SubElement(source, "title")
        title.text = entry.outlet
        _spell(title)
        SubElement(source, "updated").text = legal.rfc3339(entry.first_seen_at)
        SubElement(source, "link", {"rel": "alternate", "href": entry.outlet_url or entry.outlet_root})
    if entry.image_url:
        SubElement(element, _THUMBNAIL, {"url": entry.image_url}, nsmap=_NAMESPACES)


def _finish_rss(element: _Element, entry: ReadyEntry, feed: ReadyFeed) -> None:
    splice.mark_xml(element.find(_ENCODED))
    if entry.has_signs:
        _spell(element.find("title"))
        for category in element.findall("category"):
            _spell(category)
    if entry.url:
        SubElement(element, "link").text = entry.url
    if entry.files:  # RSS knows one enclosure an item; two are an error
        file = entry.files[0]
        SubElement(element, "enclosure", {"url": file.url, "length": str(file.length), "type": file.type})
    if entry.outlet_root:
        source = SubElement(element, "source", {"url": entry.outlet_url or entry.outlet_root})
        source.text = entry.outlet
        _spell(source)
    creator = SubElement(element, _CREATOR, nsmap=_NAMESPACES)
    creator.text = entry.byline
    _spell(creator)
    if entry.lang and entry.lang != feed.lang:
        SubElement(element, _LANGUAGE, nsmap=_NAMESPACES).text = entry.lang
    if entry.image_url:
        SubElement(element, _THUMBNAIL, {"url": entry.image_url}, nsmap=_NAMESPACES)


def _spell(element: _Element | None) -> None:
    """Write `&` and `<` of a plain text as hexadecimal references."""
    if element is None or not element.text or not _MARKUP_LIKE.search(element.text):
        return
    text, *pieces = _MARKUP_LIKE.split(element.text)
    element.text = text
    for character, tail in zip(pieces[::2], pieces[1::2], strict=True):
        reference = Entity(_REFERENCES[character])
        reference.tail = tail
        element.append(reference)
