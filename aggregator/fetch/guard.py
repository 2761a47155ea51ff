"""Which addresses may be dialled: public ones, and those that the config allows.

The check stands where a socket is made for an address already resolved, so that no name, spelling,
redirect or second answer of a DNS server gets around it. What hides an IPv4 address (mapped, NAT64)
is judged by that address. This module does not resolve names and does not know what a redirect is.
"""

import socket
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from aggregator.fetch.trace import Trace

AddrInfo = tuple[int | socket.AddressFamily, int | socket.SocketKind, int, str, tuple[object, ...]]

_GLOBAL_UNICAST = IPv6Network("2000::/3")  # all that IANA has given out so far (RFC 4291, 2.4)
_MAPPED = IPv6Network("::ffff:0:0/96")
_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052; on networks without IPv4 every host looks like this

# Public by number, yet no place for a news site. `is_global` of Python 3.11 knows only some.
_REFUSED_V4 = tuple(
    IPv4Network(net)
    for net in (
        "192.0.0.0/24",  # protocol assignments, metadata of Oracle among them (RFC 6890)
        "192.88.99.0/24",  # 6to4 relays (RFC 7526)
        "168.63.129.16/32",  # the metadata service of Azure
    )
)
_REFUSED_V6 = tuple(
    IPv6Network(net)
    for net in (
        "2001::/23",  # IETF special purpose: Teredo, benchmarking, ORCHID
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: reaches any IPv4 address, and nobody serves news there
        "3fff::/20",  # documentation (RFC 9637)
    )
)


# Ports of other protocols, which a request could be made to speak to (Fetch standard, "bad port").
_BAD_PORTS = frozenset(
    (
        *(0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102),
        *(103, 104, 109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465),
        *(512, 513, 514, 515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993),
        *(995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668),
        *(6669, 6679, 6697, 10080),
    )
)


class AddressRefusedError(OSError):
    """Raised instead of making a socket for an address that may not be dialled."""


@dataclass(slots=True)
class Dial:
    """What happened while one hop of a request was being connected."""

    is_trusted: bool = False  # the config names this very host:port
    max_bytes: int = 0  # of the body that is asked for
    dialled: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    is_last: bool = False  # the try that fails for good: it takes no kept connection, which may be dead
    trace: Trace | None = None  # for whoever watches the exchange


# The factory is called deep inside the connector, in tasks that inherit the context of the request.
current_dial: ContextVar[Dial | None] = ContextVar("current_dial", default=None)


class Guard:
    """The addresses allowed by one configuration; `allow` holds networks, addresses or host:port."""

    def __init__(self, allow: tuple[str, ...] = ()) -> None:
        networks: list[IPv4Network | IPv6Network] = []
        places: set[tuple[str, int]] = set()
        for entry in allow:
            try:
                networks.append(ip_network(entry.strip("[]"), strict=False))
            except ValueError:
                places.add(_place(entry))
        self._networks = tuple(networks)
        self._places = frozenset(places)
        self._judged = lru_cache(maxsize=4096)(self._judge)

    def is_trusted(self, host: str, port: int) -> bool:
        """Tell whether the config names this host (a name or a literal address) and port."""
        return (host.lower().rstrip("."), port) in self._places

    def allows_port(self, host: str, port: int) -> bool:
        """Tell whether this is a port of the web, or the config names it together with the host."""
        return port not in _BAD_PORTS or self.is_trusted(host, port)

    def allows(self, address: str, port: int) -> bool:
        """Tell whether this literal address, as the system is about to dial it, is allowed."""
        return self._judged(address, port)

    def _judge(self, address: str, port: int) -> bool:
        ip = _read(address)
        if ip is None:
            return False  # not an address at all: nothing that we would dial
        inner = _embedded(ip) or ip
        if any(ip in net or inner in net for net in self._networks):
            return True
        return is_public(ip) or (str(ip), port) in self._places

    def open_socket(self, info: AddrInfo) -> socket.socket:
        """Make the socket for an address; AddressRefusedError if it must not be dialled."""
        family, kind, protocol, _, place = info
        address, port = str(place[0]), int(str(place[1]))
        dial = current_dial.get() or Dial()
        if not (dial.is_trusted or self.allows(address, port)):
            dial.refused.append(address)
            if dial.trace is not None:
                dial.trace.note("refused", f"{address} is not a public address")
            raise AddressRefusedError(f"{address} is not a public address")
        dial.dialled.append(address)
        if dial.trace is not None:
            dial.trace.note("dialled", f"{address} port {port}")
        return socket.socket(family, kind, protocol)


@lru_cache(maxsize=4096)
def _read(address: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(address)
    except ValueError:
        return None


@lru_cache(maxsize=4096)
def is_public(ip: IPv4Address | IPv6Address) -> bool:
    """Tell whether an address belongs to the public internet and to one host there.

    Source: the IANA special-purpose registries (RFC 6890 and what followed), read narrowly.
    """
    inner = _embedded(ip)
    if inner is not None:
        return is_public(inner)
    if isinstance(ip, IPv4Address):
        return ip.is_global and not ip.is_multicast and not any(ip in net for net in _REFUSED_V4)
    return ip in _GLOBAL_UNICAST and ip.is_global and not any(ip in net for net in _REFUSED_V6)


@lru_cache(maxsize=4096)
def literal_address(host: str) -> IPv4Address | IPv6Address | None:
    """Read a host as an address in any spelling that some resolver accepts; None for a name.

    Besides the plain forms: decimal (2130706433), octal (0177.0.0.1), hexadecimal (0x7f000001) and
    short ones (127.1), as inet_aton reads them.
    """
    bare = host.strip("[]").partition("%")[0].rstrip(".")
    plain = _read(bare)
    if plain is not None:
        return plain
    try:
        return IPv4Address(socket.inet_aton(bare)) if bare and " " not in bare else None
    except (OSError, UnicodeError):
        return None


def _embedded(ip: IPv4Address | IPv6Address) -> IPv4Address | None:
    """Return the IPv4 address that is really reached through an IPv6 one, if any."""
    if isinstance(ip, IPv6Address) and (ip in _MAPPED or ip in _NAT64):
        return IPv4Address(int(ip) & 0xFFFFFFFF)
    return None


def _place(entry: str) -> tuple[str, int]:
    host, colon, port = entry.rpartition(":")
    if not (colon and host and port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        message = f"{entry!r}: write a network (10.0.0.0/8), an address, or host:port"
        raise ValueError(message)
    address = literal_address(host)
    return (str(address) if address else host.lower().rstrip(".")), int(port)
