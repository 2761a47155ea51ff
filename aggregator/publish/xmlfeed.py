"""Atom 1.0 and RSS 2.0 through feedgen: the one door of that library, and the cure of its defects.

feedgen 1.0 loses the attributes of entry links, drops authors without an e-mail address from RSS,
knows only half of `atom:source`, and sets the process's locale to write a date. What it leaves out
is added to its elements before they are written. This module refuses to choose what is published
and how long it may be: `entries` has done so.
"""

import re
from collections.abc import Callable

import feedgen.entry
import feedgen.feed
from feedgen.entry import FeedEntry
from feedgen.ext.base import BaseEntryExtension, BaseExtension
from feedgen.feed import FeedGenerator
from lxml.etree import Entity, SubElement, _Element

from aggregator.publish import legal, splice
from aggregator.publish.entries import ReadyEntry, ReadyFeed
from aggregator.publish.formats import MEDIA_TYPES, Format, feed_url, home_url

_NAMESPACES = {"dc": "http://purl.org/dc/elements/1.1/", "media": "http://search.yahoo.com/mrss/"}
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


def atom(feed: ReadyFeed) -> bytes:
    """Write a topic as Atom 1.0 (RFC 4287)."""
    generator = _generator(feed, "atom")
    generator.id(feed.feed_id)
    generator.author({"name": feed.title})
    if feed.description:
        generator.subtitle(feed.description)
    for entry in feed.entries:
        target = _Entry(entry, feed, _finish_atom)
        target.author({"name": entry.byline})
        target.content(_LATER, type="html")
        if entry.summary:
            target.summary(entry.summary)
        generator.add_entry(target, order="append")
    return splice.into_xml(generator.atom_str(), [entry.content for entry in feed.entries])


def rss(feed: ReadyFeed) -> bytes:
    """Write a topic as RSS 2.0 (rssboard.org) with content:encoded, Dublin Core and Media RSS."""
    generator = _generator(feed, "rss")
    generator.description(feed.description or feed.title)
    for entry in feed.entries:
        target = _Entry(entry, feed, _finish_rss)
        # Without a summary feedgen would put the whole content into the description.
        target.summary(legal.escape(entry.summary or entry.title))
        target.content(_LATER)
        target.pubDate(entry.published_at)
        if entry.files:  # RSS knows one enclosure an item; two are an error
            target.enclosure(entry.files[0].url, str(entry.files[0].length), entry.files[0].type)
        if entry.outlet_root:
            target.source(entry.outlet_url or entry.outlet_root, entry.outlet)
        generator.add_entry(target, order="append")
    return splice.into_xml(generator.rss_str(), [entry.content for entry in feed.entries])


def _generator(feed: ReadyFeed, fmt: Format) -> FeedGenerator:
    generator = FeedGenerator()
    generator.register_extension("finish", _FinishedFeed, BaseEntryExtension)
    generator.title(feed.title)
    # Without a version, so that an upgrade of ours changes no feed.
    generator.generator("aggregator")
    generator.updated(feed.updated_at)
    if feed.lang:
        generator.language(feed.lang)
    # The last link becomes the link of the RSS channel.
    generator.link(href=feed_url(feed.base_url, feed.topic_id, fmt), rel="self", type=MEDIA_TYPES[fmt])
    generator.link(href=home_url(feed.base_url), rel="alternate", type="text/html")
    return generator


class _FinishedFeed(BaseExtension):  # type: ignore[misc]  # feedgen has no types
    """Declares the prefixes that the entries use, once, and spells the texts of the head."""

    def extend_ns(self) -> dict[str, str]:
        return _NAMESPACES

    def extend_atom(self, feed: _Element) -> _Element:
        for path in ("title", "subtitle", "author/name"):
            _spell(feed.find(path))
        return feed

    def extend_rss(self, feed: _Element) -> _Element:
        for path in ("channel/title", "channel/description"):
            _spell(feed.find(path))
        return feed


class _Entry(FeedEntry):  # type: ignore[misc]  # feedgen has no types
    """What the two formats share of an entry, and the moment to add what feedgen leaves out."""

    def __init__(
        self, entry: ReadyEntry, feed: ReadyFeed, finish: Callable[[_Element, ReadyEntry, ReadyFeed], None]
    ) -> None:
        super().__init__()
        self._ready = entry
        self._feed = feed
        self._finish = finish
        self.id(entry.entry_id)
        self.title(entry.title)
        self.updated(entry.updated_at)
        if entry.url:
            self.link(href=entry.url)
        if entry.tags:
            self.category([{"term": tag} for tag in entry.tags])

    def atom_entry(self, extensions: bool = True) -> _Element:
        """Build the Atom element and finish it."""
        element: _Element = super().atom_entry(extensions)
        self._finish(element, self._ready, self._feed)
        return element

    def rss_entry(self, extensions: bool = True) -> _Element:
        """Build the RSS element and finish it."""
        element: _Element = super().rss_entry(extensions)
        self._finish(element, self._ready, self._feed)
        return element


def _finish_atom(element: _Element, entry: ReadyEntry, feed: ReadyFeed) -> None:
    splice.mark_xml(element.find("content"))
    for path in ("title", "summary", "author/name"):
        _spell(element.find(path))
    if entry.lang and entry.lang != feed.lang:
        element.set(_XML_LANG, entry.lang)
    link = element.find("link")
    if link is not None:
        link.set("rel", "alternate")
    for file in entry.files:
        attributes = {"rel": "enclosure", "href": file.url, "type": file.type}
        if file.length:
            attributes["length"] = str(file.length)
        SubElement(element, "link", attributes)
    SubElement(element, "published").text = legal.rfc3339(entry.published_at)
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
    for path in ("title", "source"):
        _spell(element.find(path))
    for category in element.findall("category"):
        _spell(category)
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
