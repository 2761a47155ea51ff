"""What two addresses have in common: canonical form, registrable domain, slugs, redaction.

A canonical URL exists to recognise an article, never to be shown or fetched. This module refuses
to guess: a query parameter is dropped only when it is known to carry no identity, so that two
different articles never become one. (courlan's cleaner is not used for that reason: it drops
`?cid=12`, `?gallery=3` and `?12345` as trackers.) A text is made safe to show by replacing parts of
it; what a secret is worth is not judged here.
"""

import base64
import hashlib
import html
import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, fields, is_dataclass, replace
from enum import Enum
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import TypeVar, cast
from urllib.parse import SplitResult, quote, unquote, unquote_plus, urljoin, urlsplit, urlunsplit

from tld import get_fld
from w3lib.url import canonicalize_url

_T = TypeVar("_T")

_LONGEST_HOST = 253  # characters (RFC 1035)
MAX_LENGTH = 8192  # longer addresses are data, not addresses

_SLUG_LENGTH = 80

# Prefixes and names that campaigns, analytics and share buttons add; nothing that could name an article.
_TRACKING_PREFIXES = (
    *("utm_", "at_", "pk_", "mtm_", "matomo_", "piwik_", "itm_", "hsa_", "oly_", "vero_", "guce_", "trk_"),
    *("_hs", "__hs", "wt_mc", "wt.mc", "aspsessionid"),
)
_TRACKING_NAMES = """
    spm scm spm_id_from vd_source isappinstalled wfr
    fbclid gclid gclsrc gbraid wbraid dclid msclkid yclid ysclid twclid ttclid li_fat_id igshid igsh epik
    mc_cid mc_eid mkt_tok _ga _gl _openstat wickedid s_cid s_kwcid ncid cmpid cmp ocid smid smtyp ex_cid icid
    xtor xtref xts xtcr ito ref_src ref_url guccounter soc_src soc_trk sr_share sref emc
    ns_mchannel ns_source ns_campaign ns_linkname ns_fee share_source share_medium share_from share_plat
    rss_source feedname feedtype ftag amp _amp amp_js_v amp_gsa usqp
"""
_TRACKING = frozenset(_TRACKING_NAMES.split())

# Whoever owns a host that only looks like one of Google's could name other sites' articles as his.
# Source: https://www.google.com/supported_domains
_GOOGLE_ENDINGS = """
    com ad ae al am as at az ba be bf bg bi bj bs bt by ca cat cd cf cg ch ci cl cm cn cv cz de dj dk dm
    dz ee es fi fm fr ga ge gg gl gm gr gy hn hr ht hu ie im iq is it je jo kg ki kz la li lk lt lu lv md
    me mg mk ml mn mu mv mw ne nl no nr nu pl pn ps pt ro rs ru rw sc se sh si sk sm sn so sr st td tg tl
    tm tn to tt vu ws co.ao co.bw co.ck co.cr co.id co.il co.in co.jp co.ke co.kr co.ls co.ma co.mz co.nz
    co.th co.tz co.ug co.uk co.uz co.ve co.vi co.za co.zm co.zw com.af com.ag com.ar com.au com.bd com.bh
    com.bn com.bo com.br com.bz com.co com.cu com.cy com.do com.ec com.eg com.et com.fj com.gh com.gi
    com.gt com.hk com.jm com.kh com.kw com.lb com.ly com.mm com.mt com.mx com.my com.na com.ng com.ni
    com.np com.om com.pa com.pe com.pg com.ph com.pk com.pr com.py com.qa com.sa com.sb com.sg com.sl
    com.sv com.tj com.tr com.tw com.ua com.uy com.vc com.vn
"""
_GOOGLE = frozenset(_GOOGLE_ENDINGS.split())
_AMP_CACHE = re.compile(
    r"https?://(?:www\.google\.(?P<google>[a-z.]{2,6})/amp|[a-z0-9-]+\.cdn\.ampproject\.org/[cv])/(?:s/)?"
    r"(?=[a-z0-9-]+\.)",
    re.IGNORECASE,
)

# These names often carry identity, but never with one of these values.
_ORIGIN_NAMES = frozenset(
    ("from", "source", "src", "ref", "referrer", "via", "feed", "partner", "mod", "origin")
)
_ORIGIN_VALUES = re.compile(
    r"(?:rss|atom|feed|feeds|feedburner|google|googlenews|twitter|facebook|fb|linkedin|weibo|wechat|weixin|whatsapp"
    r"|telegram|newsletter|email|share|social|singlemessage|timeline|groupmessage|homepage)(?:[_.-][\w.-]*)?\Z",
    re.IGNORECASE | re.ASCII,
)
_SESSIONS = frozenset(("phpsessid", "jsessionid", "oscsid", "zenid"))  # mean nothing else
_SESSION_NAMES = frozenset(("sid", "s", "sessionid", "session_id", "session"))
_SESSION_VALUE = re.compile(r"(?:[0-9a-fA-F]{26,}|[0-9A-Za-z_.!~-]{32,})\Z", re.ASCII)
_PATH_SESSION = re.compile(r";(?:jsessionid|phpsessid|sid)=[^/;]*", re.IGNORECASE)
_SECRET_NAME = re.compile(
    r"token|secret|pass(?:w|phrase|code|[\W_]|\d{0,4}\Z)|pw\d{0,4}\Z|(?:\A|[\W_])pw[\W_]|pwd|kennwort|mdp\Z"
    r"|key\Z|api-?key|auth\Z|authorization|credential|\Asig\Z|signature|session",
    re.IGNORECASE,
)
_QUERY_VALUE = re.compile(r"([?&;#])([\w.%\[\]-]{1,64})=([^&;#\s\"'<>]+)")
_PARAMETER = re.compile(r"[?&;#]([^=&;#]{1,64})=([^&;#]+)")
_USERINFO = re.compile(r"(://)[^\s/?#\"'<>]*@")
_HIDDEN = "***"
_CLOSING = ",:)]}\\`’”»"
_LEAST_SECRET = 6  # characters; hiding less would tear holes into ordinary words
_PLAIN_PART = re.compile(r"[0-9A-Za-z]*")
_NOT_IN_HOSTS = re.compile(r"""[ \t<>"'\\`{}|^%]""")
_JUNK = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]+")


def split_http(url: str) -> SplitResult | None:
    """Split an absolute http or https address; None if it is none, has no host, a bad port or is overlong."""
    if len(url) > MAX_LENGTH:
        return None
    try:
        parts = urlsplit(url)
        host = parts.hostname
        if parts.scheme not in ("http", "https") or not host or len(host) > _LONGEST_HOST or parts.port == 0:
            return None
    except ValueError:
        return None
    return None if _NOT_IN_HOSTS.search(host) else parts


def is_http(url: str) -> bool:
    """Tell whether this is an absolute http or https address with a host."""
    return split_http(url) is not None


def without_feed_scheme(url: str) -> str:
    """Give the address that `feed://host/path` or `feed:https://host/path` means; others stay as they are."""
    if url[:5].lower() != "feed:":
        return url
    return f"https:{url[5:]}" if url[5:7] == "//" else url[5:]


def join(base: str, href: str) -> str | None:
    """Resolve a reference against a base (RFC 3986); None unless the result is http or https.

    An empty reference is None too: in feeds and pages it means that the link is missing.
    """
    reference = _JUNK.sub("", href).strip()
    if not reference:
        return None
    try:
        url = urljoin(base, reference)
    except ValueError:
        return None
    url = url.replace(" ", "%20")
    return url if split_http(url) else None


@lru_cache(maxsize=4096)
def canonical_url(url: str) -> str:
    """Give the form of an address by which an article is recognised; "" if it is not http(s).

    Scheme, default port, fragment (other than `#!`), tracking and session parameters, the order
    of the query, a final slash and AMP wrapping do not count. Never fetch or show the result.
    """
    url = _unwrap_amp(_JUNK.sub("", url).strip().replace("&amp;", "&"))
    parts = split_http(url)
    if parts is None:
        return ""
    host = (parts.hostname or "").rstrip(".")
    if ":" in host:
        host = f"[{host}]"
    port = parts.port
    netloc = host if port in (None, 80, 443) else f"{host}:{port}"
    path = _PATH_SESSION.sub("", parts.path)
    query = "&".join(part for part in parts.query.split("&") if part and _is_identity(part, parts.query))
    fragment = parts.fragment if parts.fragment.startswith("!") else ""
    try:
        clean = canonicalize_url(urlunsplit(("https", netloc, path, query, fragment)), keep_fragments=True)
    except (ValueError, UnicodeError):
        return ""
    scheme, netloc, path, query, fragment = urlsplit(clean)
    path = _plain_path(path)
    return urlunsplit((scheme, netloc, path, query, fragment))


@lru_cache(maxsize=1024)  # whoever is asked is looked at several times, and then not for an hour
def registrable_domain(url: str) -> str:
    """Give the domain that one owner registers (`bbc.co.uk`), or a public address, else `host:port`.

    Services on one's own machine or network are many behind one address; those on a public one are one
    host, or a page with links to its 65,535 ports would be as many. Source: publicsuffix.org, as
    packaged by `tld`. "" if the URL is not http(s).
    """
    parts = split_http(url)
    if parts is None:
        return ""
    return _owner((parts.hostname or "").rstrip("."), parts.port or (443 if parts.scheme == "https" else 80))


@lru_cache(maxsize=16384)  # all sources of a large installation; addresses of articles would never come again
def _owner(host: str, port: int) -> str:
    address = _address(host)
    if address is not None and address.is_global:
        return f"[{address}]" if address.version == 6 else str(address)
    if address is None:
        name = host if host.isascii() else ascii_host(host)
        domain = get_fld(f"http://{name}/", fail_silently=True)
        if domain:
            return domain
        if name.count(".") and not name.endswith((".localhost", ".local")):
            return ".".join(name.split(".")[-2:])  # a suffix nobody lists
    if ":" in host:
        return f"[{address or host}]:{port}"  # an IPv6 address has many spellings
    return f"{host}:{port}"


def slug(text: str) -> str:
    """Turn a text or address into `[a-z0-9-]+`, at most 80 characters, never empty."""
    bare = re.sub(r"\Ahttps?://", "", text.strip(), flags=re.IGNORECASE)
    plain = bare
    if not bare.isascii():
        plain = "".join(
            char for char in unicodedata.normalize("NFKD", bare) if not unicodedata.combining(char)
        )
    result = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")
    is_short = len(result) * 2 < len(bare) and len(result) * 2 < sum(char.isalnum() for char in bare)
    if len(result) > _SLUG_LENGTH or is_short:
        # Too long, or most of it was not Latin: a digest keeps different texts apart.
        digest = hashlib.sha256(bare.encode("utf-8", "replace")).hexdigest()[:8]
        result = f"{result[: _SLUG_LENGTH - 9].strip('-')}-{digest}".strip("-")
    return result or "source"


def site_root(url: str) -> str:
    """Return the address of the first page of a URL's host, without credentials; "" if it has none."""
    parts = split_http(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}/" if parts else ""


def redact(text: str) -> str:
    """Hide credentials in any address inside a text: `user:password@` and secret-looking query values.

    What ends a value and rather belongs to the sentence (`,`, `)`, a closing quote) stays.
    """
    return _QUERY_VALUE.sub(_hide_secret, _USERINFO.sub(rf"\1{_HIDDEN}@", text))


def _hide_secret(match: re.Match[str]) -> str:
    mark, name, value = match.groups()
    if not _SECRET_NAME.search(unquote_plus(name)):
        return match.group()
    bare = value.rstrip(_CLOSING)
    return f"{mark}{name}={_HIDDEN}{value[len(bare) :] if bare else ''}"


def is_masked(url: str) -> bool:
    """Tell an address in which a secret was hidden, by us or in the same way."""
    return _HIDDEN in url


@dataclass(frozen=True, slots=True)
class Redactor:
    """Hides known secrets, with or without what `redact` recognises, in any text.

    Each secret is found as it is, percent-encoded by whatever rules, decoded, in Base64 (as Basic
    credentials travel, RFC 7617), and as HTML, JSON and Python write it. Secrets of less than 6
    characters are left alone.
    """

    secrets: tuple[str, ...] = field(default=(), repr=False)  # distinct, longest first
    _forms: tuple[tuple[str, str], ...] = field(default=(), repr=False, compare=False)  # see _forms_of

    @classmethod
    def of(cls, secrets: Iterable[str]) -> "Redactor":
        """Make a redactor of secrets in any order."""
        known = sorted(
            {each for each in secrets if len(each) >= _LEAST_SECRET}, key=lambda it: (-len(it), it)
        )
        return cls(tuple(known), tuple(form for secret in known for form in _forms_of(secret)))

    def __call__(self, text: str) -> str:
        """Return a text for logs and messages: without known secrets and without what looks like one."""
        return redact(self.known(text))

    def known(self, text: str) -> str:
        """Return a text for readers: without known secrets, but with links that only look so."""
        for core, form in self._forms:
            if core in text:
                text = _any_writing(form).sub(_HIDDEN, text)
        return text


def scrub(value: _T, clean: Callable[[str], str]) -> _T:
    """Return plain data or a record with every string in it cleaned."""
    cleaned: object = value
    if isinstance(value, Enum):
        return value
    if isinstance(value, str):
        cleaned = clean(value)
    elif isinstance(value, (tuple, list)):
        cleaned = type(value)(scrub(each, clean) for each in value)
    elif isinstance(value, dict):
        cleaned = {key: scrub(each, clean) for key, each in value.items()}
    elif is_dataclass(value) and not isinstance(value, type):
        cleaned = replace(
            value, **{each.name: scrub(getattr(value, each.name), clean) for each in fields(value)}
        )
    return cast("_T", cleaned)


def _forms_of(secret: str) -> Iterator[tuple[str, str]]:
    """Give a secret decoded, as it is, and in Base64, each after its longest part that is never escaped.

    That part is looked for first: it is a hundred times faster, and seldom there.
    """
    data = secret.encode("utf-8", "surrogatepass")
    coded = (encode(data).decode().rstrip("=") for encode in (base64.b64encode, base64.urlsafe_b64encode))
    for form in dict.fromkeys((unquote(secret), secret, *coded)):
        if len(form) >= _LEAST_SECRET:
            yield max(_PLAIN_PART.findall(form), key=len), form


@lru_cache(maxsize=1024)
def _any_writing(text: str) -> re.Pattern[str]:
    """Make a pattern of a text in which each character but letters and digits may be escaped somehow."""
    return re.compile("".join(char if char.isascii() and char.isalnum() else _escaped(char) for char in text))


def _escaped(char: str) -> str:
    quoted = quote(char.encode("utf-8", "surrogatepass"), safe="")
    known = {char, quoted, quoted.lower(), html.escape(char), json.dumps(char)[1:-1], repr(char)[1:-1]}
    known |= {"+"} if char == " " else {f"&#{ord(char)};", f"\\{char}"}
    return f"(?:{'|'.join(re.escape(each) for each in sorted(known, key=len, reverse=True))})"


def credentials(url: str) -> tuple[str, ...]:
    """Give what `user:password@` of an address holds: the password and both together, written and decoded."""
    if "@" not in url:
        return ()
    try:
        written, mark, _ = urlsplit(url).netloc.rpartition("@")
    except ValueError:
        return ()
    password = written.partition(":")[2]
    parts = [part for part in (written, password) if mark and part]
    return tuple(dict.fromkeys((*parts, *(unquote(part) for part in parts))))


def secret_parameters(url: str) -> tuple[str, ...]:
    """Give the query values whose names look secret, written and decoded."""
    found = [value for name, value in _PARAMETER.findall(url) if _SECRET_NAME.search(unquote_plus(name))]
    return tuple(dict.fromkeys((*found, *(unquote_plus(value) for value in found))))


def _is_identity(part: str, query: str) -> bool:
    """Tell whether one `name=value` of a query may decide which article an address means."""
    raw_name, _, raw_value = part.partition("=")
    name = unquote_plus(raw_name).lower()
    value = unquote_plus(raw_value)
    if name in _SESSIONS or name in _TRACKING or name.startswith(_TRACKING_PREFIXES):
        return False
    if name in _ORIGIN_NAMES:
        return not _ORIGIN_VALUES.match(value)
    if name in _SESSION_NAMES:
        return not _SESSION_VALUE.match(value)
    if name == "outputtype":
        return value.lower() != "amp"
    if name in ("scene", "chksm", "srcid"):  # WeChat articles are __biz, mid, idx, sn
        return "__biz=" not in query
    return True


def _unwrap_amp(url: str) -> str:
    """Undo the two AMP caches: google.*/amp/s/HOST/PATH and *.cdn.ampproject.org/c/s/HOST/PATH."""
    match = _AMP_CACHE.match(url)
    if match is None or (match["google"] and match["google"].lower() not in _GOOGLE):
        return url
    return f"https://{url[match.end() :]}"


def _plain_path(path: str) -> str:
    """Drop a final slash and the AMP ending of an article's path."""
    path = path.rstrip("/;")  # w3lib drops a final ";", but not the one before the slash
    parent, _, last = path.rpartition("/")
    if last.lower() == "amp" and re.search(r"\d|-\w+-", parent.rpartition("/")[2]):
        path = parent  # /2024/some-article/amp, but not /topics/amp
    elif last.lower().endswith(".amp.html"):
        path = f"{path[:-9]}.html"
    elif last.lower().endswith(".amp"):
        path = path[:-4]
    return path.rstrip("/;") or "/"


def _address(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def ascii_host(host: str) -> str:
    """Write a host as it stands in requests (IDNA), or as it is where that cannot be."""
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        return host
