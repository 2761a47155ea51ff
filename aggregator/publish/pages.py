"""The list of topics: a plain page to subscribe from, and the same as OPML 2.0.

The page works without JavaScript and from any static web server. Both follow from the topics alone
and refuse to say anything of their entries, so that news in one topic leaves them as they are.
"""

import base64
import hashlib
from collections.abc import Sequence

from lxml import etree

from aggregator.model import TopicFeed
from aggregator.publish import legal
from aggregator.publish.formats import FORMATS, LABELS, MEDIA_TYPES, OPML_NAME, Format, feed_url, home_url

_STYLE = (
    ":root{color-scheme:light dark;--line:#ddd;--link:#0645ad}"
    "@media(prefers-color-scheme:dark){:root{--line:#444;--link:#8ab4f8}}"
    "body{font:1.05rem/1.5 system-ui,sans-serif;max-width:42rem;margin:0 auto;padding:1.5rem 1rem}"
    "h1{font-size:1.5rem}h2{font-size:1.15rem;margin:0}a{color:var(--link)}"
    "ul{list-style:none;padding:0}li{padding:.9rem 0;border-top:1px solid var(--line)}"
    "p{margin:.2rem 0}nav a{margin-right:1rem}"
)

STYLE_HASH = "sha256-" + base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
"""What a Content-Security-Policy has to allow for the page to have its style."""


def index(feeds: Sequence[TopicFeed], formats: Sequence[Format] = FORMATS) -> bytes:
    """Write the page that lists the topics with their subscribe links, as HTML in UTF-8."""
    links = [
        f'<link rel="alternate" type="{MEDIA_TYPES[formats[0]]}" title="{_title(feed)}"'
        f' href="{_address(feed, formats[0])}">'
        for feed in feeds
    ]
    if feeds:
        topics = "<ul>\n" + "\n".join(_topic(feed, formats) for feed in feeds) + "\n</ul>"
    else:
        topics = (
            "<p>There is no topic yet. Put a file into <code>config/topics.d/</code>, such as"
            " <code>alibaba.toml</code> with a <code>title</code> and a <code>query</code>;"
            " it shows here as soon as it is read.</p>"
        )
    return "\n".join(
        (
            '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width">',
            "<title>Topics</title>",
            *links,
            f"<style>{_STYLE}</style>\n</head>\n<body>\n<h1>Topics</h1>",
            topics,
            _all(feeds),
            "</body>\n</html>\n",
        )
    ).encode()


def opml(feeds: Sequence[TopicFeed], formats: Sequence[Format] = FORMATS) -> bytes:
    """Write the list of topics as OPML 2.0 (opml.org/spec2.opml), to subscribe to all of them at once."""
    root = etree.Element("opml", version="2.0")
    head = etree.SubElement(root, "head")
    etree.SubElement(head, "title").text = "Topics"
    body = etree.SubElement(root, "body")
    for feed in feeds:
        title = _plain_title(feed)
        outline = etree.SubElement(body, "outline", type="rss", text=title, title=title)
        description = legal.line(feed.description, legal.MAX_SUMMARY)
        if description:
            outline.set("description", description)
        outline.set("xmlUrl", feed_url(feed.base_url, feed.topic_id, formats[0]))
        outline.set("htmlUrl", legal.uri(feed.page_url) or home_url(feed.base_url))
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)


def _topic(feed: TopicFeed, formats: Sequence[Format]) -> str:
    description = legal.escape(legal.line(feed.description, legal.MAX_SUMMARY))
    links = "".join(f'<a href="{_address(feed, fmt)}">{LABELS[fmt]}</a>' for fmt in formats)
    lang = legal.language(feed.lang)
    return (
        (f'<li lang="{lang}">' if lang else "<li>")
        + f"\n<h2>{_title(feed)}</h2>\n"
        + (f"<p>{description}</p>\n" if description else "")
        + f'<nav lang="en">{links}</nav>\n</li>'
    )


def _all(feeds: Sequence[TopicFeed]) -> str:
    if not feeds:
        return ""
    address = f"{home_url(feeds[0].base_url)}feeds/{OPML_NAME}"
    return f'<p><a href="{legal.escape(address)}">All topics as OPML</a></p>'


def _address(feed: TopicFeed, fmt: Format) -> str:
    return legal.escape(feed_url(feed.base_url, feed.topic_id, fmt))


def _plain_title(feed: TopicFeed) -> str:
    return legal.line(feed.title) or legal.line(feed.topic_id) or "Untitled topic"


def _title(feed: TopicFeed) -> str:
    return legal.escape(_plain_title(feed))
