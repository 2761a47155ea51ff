"""The gate for whatever goes into a published feed: text, HTML, addresses, languages, media types, dates.

Entries come from strangers, and one bad character or one relative link spoils a whole file. Each
function takes anything and gives something valid, or nothing. It refuses to sanitise HTML: that
has been done, by `text.html`.
"""

import html as entities
import re
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import lru_cache
from urllib.parse import quote, urlsplit, urlunsplit

from aggregator.text.xmlchars import one_line, xml_legal

MAX_TITLE = 300
MAX_SUMMARY = 2000
MAX_WORD = 100  # characters of a name, a tag, a term
_MAX_URL = 8192

# C1 controls and the replacement character are legal in XML, yet the W3C validator reports them.
_DUBIOUS = dict.fromkeys(range(0x7F, 0xA0)) | {0x85: "\n", 0xFFFD: "?"}
# In UTF-8: what is to be dropped, or begins like what is.
_CONTROLS = bytes({*range(0x20), 0x7F} - set(b"\t\n\r"))
_C1 = re.compile(b"\xc2[\x80-\x9f]")

# Marks that stand on the letter before them. No script piles up more than four of these, and a tower of them
# overprints the lines above.
_MARKS = (
    "\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u0610-\u061a\u064b-\u065f\u0e31\u0e34-\u0e3a\u0e47-\u0e4e"
    "\u0eb4-\u0eb9\u0ec8-\u0ecd\u0f71-\u0f84\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\u302a-\u302d\u3099\u309a"
    "\ufe20-\ufe2f"
)
_TOWER = re.compile(f"([{_MARKS}]{{4}})[{_MARKS}]+")

# Elements whose tags have no business in a plain text; "<T>" or "<3" stay.
_ELEMENTS = (
    "a|abbr|acronym|address|applet|article|aside|audio|b|base|basefont|bdi|bdo|bgsound|big|blink|blockquote|body"
    "|br|button|canvas|center|cite|code|col|colgroup|datalist|dd|del|details|dfn|dir|div|dl|dt|em|embed"
    "|fencedframe|fieldset|figcaption|figure|font|footer|form|frame|frameset|h[1-6]|head|header|hgroup|hr|html|i"
    "|iframe|img|input|ins|isindex|kbd|keygen|label|legend|li|link|main|map|mark|marquee|math|menu|menuitem|meta"
    "|nav|nobr|noembed|noframes|noscript|object|ol|optgroup|option|p|param|picture|plaintext|pre|q|rb|rp|rt|rtc"
    "|ruby|s|samp|script|section|select|small|source|span|strike|strong|style|sub|summary|sup|svg|table|tbody|td"
    "|template|textarea|tfoot|th|thead|time|title|tr|track|tt|u|ul|var|video|wbr|xmp"
)
_TAG = re.compile(rf"</?(?:{_ELEMENTS})(?=[\s/>])[^<>]*>", re.IGNORECASE)

# What a reader that takes titles for HTML would act on. A browser closes an open tag with the next ">" of
# the page, and quotes may hide that sign: so the beginning alone counts, and a handler anywhere after it.
# The nouns here may be types, as in "List<Image>": their signs change, their words stay.
_BEGINNING = re.compile(
    rf"</?(?:{_ELEMENTS}|area|caption|dialog|image|listing|portal)(?![^\s/>])|<!--", re.IGNORECASE
)
_ANY_BEGINNING = re.compile(r"<[a-z]", re.IGNORECASE)
_HANDLER = re.compile(r"""[\s/"'](?:on[a-z]+|style)\s*=""", re.IGNORECASE)

_LANGUAGE_CODES = """
    aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz
    ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik
    io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml
    mn mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd
    se sg si sk sl sm sn so sq sr ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi
    vo wa wo xh yi yo za zh zu
"""
_ISO_639_1 = frozenset(_LANGUAGE_CODES.split())
_SUBTAGS = re.compile(r"(?:-[A-Za-z0-9]{2,8}){0,4}\Z")

_MEDIA_TYPE = re.compile(r"[A-Za-z0-9][\w.+!#$&^-]{0,126}/[A-Za-z0-9][\w.+!#$&^-]{0,126}\Z", re.ASCII)
# Our own table: the machine's would make the same feed differ from host to host.
_TYPES_BY_ENDING = {
    "mp3": "audio/mpeg",
    "m4a": "audio/mp4",
    "ogg": "audio/ogg",
    "opus": "audio/ogg",
    "wav": "audio/wav",
    "mp4": "video/mp4",
    "m4v": "video/mp4",
    "webm": "video/webm",
    "mov": "video/quicktime",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "gif": "image/gif",
    "webp": "image/webp",
    "pdf": "application/pdf",
    "epub": "application/epub+zip",
}

_PLAIN_URI = re.compile(
    r"https?://[a-z0-9-]+(?:\.[a-z0-9-]+)*(?::[0-9]{1,5})?/(?:[\w;/?:@&=+$,.!~*'()-]|%[0-9A-Fa-f]{2})*\Z",
    re.ASCII,
)
_HOST = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.?\Z|\[[0-9a-f:.]+\]\Z")
_LONE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_URI_CHARS = ";/?:@&=+$,-_.!~*'()%"  # what RFC 2396 allows beside letters and digits

_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)  # the web is younger; validators call older dates implausible


def line(text: str, limit: int = MAX_TITLE) -> str:
    """Make one line of plain text without tags and entities, cut at `limit` characters.

    Feeds often carry their titles escaped twice, so up to three layers are taken off. What is markup
    even then, by itself or with what a reader puts after it, loses its signs: ``‹`` for ``<``.
    """
    text = text[: limit * 8]  # bounds the work; a title of megabytes is no title
    for _ in range(3):
        bare = text
        if "&" in bare:
            bare = entities.unescape(bare)
        if "<" in bare:
            bare = _TAG.sub("", bare)
        if bare == text:
            break
        text = bare
    if text.isprintable():  # no control, format or separator characters but spaces
        text = " ".join(text.replace("\ufffd", "?").split())
    else:
        text = one_line(_legible(text))
    if not text.isascii():
        text = _TOWER.sub(r"\1", text)
    # By mistake or as an attack: the words stay, the markup goes.
    if "&" in text and entities.unescape(text) != text:
        text = text.replace("&", "＆")
    if "<" in text and _is_markup(text):
        text = text.replace("<", "‹").replace(">", "›")
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def word(text: str) -> str:
    """Make a name, a tag or a term: a short line. The same ones come again and again."""
    return _word(text) if len(text) <= MAX_WORD else line(text, MAX_WORD)


@lru_cache(maxsize=4096)
def _word(text: str) -> str:
    return line(text, MAX_WORD)


def utf8(html: str) -> bytes:
    """Let sanitised HTML through, without the characters that XML or validators refuse, as UTF-8."""
    try:
        raw = html.encode()
    except UnicodeEncodeError:  # lone surrogates
        return _legible(html).encode()
    # Nearly all texts are clean, and this look at bytes takes a tenth of the time of a character class.
    has_dubious = (b"\xef" in raw and b"\xef\xbf" in raw) or _C1.search(raw)
    if not has_dubious and len(raw.translate(None, _CONTROLS)) == len(raw):
        return raw
    return _legible(html).encode()


def escape(text: str) -> str:
    """Write a text that has passed the gate as HTML."""
    return entities.escape(text)


def uri(url: str | None) -> str | None:
    """Write an http(s) address in the characters of RFC 2396, or give None.

    Host names become ASCII (IDNA), credentials are dropped; no other scheme passes.
    """
    if not url or len(url) > _MAX_URL:
        return None
    return url if _PLAIN_URI.match(url) else _rewritten(url)  # most are plain


@lru_cache(maxsize=1024)
def _rewritten(url: str) -> str | None:
    try:
        parts = urlsplit(url.strip())
        scheme, host, port = parts.scheme.lower(), parts.hostname or "", parts.port
        if scheme not in ("http", "https") or not host:
            return None
        if ":" in host:
            host = f"[{host}]"
        elif not host.isascii():
            host = host.encode("idna").decode("ascii")
    except ValueError:  # UnicodeError is one: a host that IDNA refuses
        return None
    if not _HOST.match(host):
        return None
    netloc = host if port is None else f"{host}:{port}"
    path = parts.path or "/"
    try:
        return urlunsplit((scheme, netloc, _quoted(path), _quoted(parts.query), _quoted(parts.fragment)))
    except UnicodeError:  # lone surrogates
        return None


def origin(url: str) -> str:
    """Give the root of the site of an address that has passed `uri`."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}/"


def host(url: str) -> str:
    """Give the host of an address that has passed `uri`, without "www."."""
    return (urlsplit(url).hostname or "").removeprefix("www.")


def language(tag: str | None) -> str | None:
    """Let a language tag through whose primary part is in ISO 639-1 (RFC 5646)."""
    if not tag:
        return None
    tag = tag.strip().replace("_", "-")
    primary = tag[:2].lower()
    return primary + tag[2:] if primary in _ISO_639_1 and _SUBTAGS.match(tag[2:]) else None


def media_type(claimed: str | None, url: str) -> str:
    """Give a syntactically valid media type: the claimed one, or one guessed from the file's ending."""
    bare = (claimed or "").partition(";")[0].strip().lower()
    if _MEDIA_TYPE.match(bare):
        return bare
    ending = urlsplit(url).path.rpartition(".")[2].lower()
    return _TYPES_BY_ENDING.get(ending, "application/octet-stream")


def utc(at: datetime) -> datetime:
    """Give an instant in UTC; at the ends of the calendar, where that overflows, the clock time as it is."""
    if at.tzinfo is UTC:
        return at
    try:
        return at.astimezone(UTC)
    except OverflowError:
        return at.replace(tzinfo=UTC)


def plausible(claimed: datetime, first_seen: datetime) -> datetime:
    """Give the claimed date, or the day of first sight where the claim lies in the future or before 1990."""
    claimed, first_seen = utc(claimed), utc(first_seen)
    return claimed if _EARLIEST <= claimed <= first_seen else first_seen


def rfc3339(at: datetime) -> str:
    """Write an instant for Atom and JSON Feed; a fraction only where there is one."""
    return utc(at).isoformat().replace("+00:00", "Z")


def rfc822(at: datetime) -> str:
    """Write an instant for RSS, with a day name that fits, whatever the locale."""
    return format_datetime(utc(at))


def distinct(updated_at: datetime, seq: int) -> datetime:
    """Mark an instant with the entry's place in its topic, as microseconds.

    Entries that came with one poll share their second, which validators report in Atom
    (DuplicateUpdated); the place never changes, so neither does the instant.
    """
    return utc(updated_at).replace(microsecond=0) + timedelta(microseconds=seq % 1_000_000)


def _is_markup(text: str) -> bool:
    beginning = _ANY_BEGINNING.search(text)
    has_handler = beginning and _HANDLER.search(text, beginning.end())
    return bool(has_handler or _BEGINNING.search(text))


def _legible(text: str) -> str:
    return xml_legal(text).translate(_DUBIOUS)


def _quoted(part: str) -> str:
    return quote(_LONE_PERCENT.sub("%25", part), safe=_URI_CHARS)
