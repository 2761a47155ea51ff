"""Every way to write or to hide an address that is not public, refused where the socket is made."""

import socket
from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.fetch.guard import AddressRefusedError, Dial, Guard, current_dial, is_public, literal_address

PUBLIC = {
    "a public name server": "8.8.8.8",
    "public, version 6": "2606:4700::6810:84e5",
    "mapped public": "::ffff:8.8.8.8",
    "NAT64 of a public address": "64:ff9b::808:808",
}

REFUSED = {
    "unspecified": "0.0.0.0",
    "this network": "0.1.2.3",
    "private, class A": "10.0.0.1",
    "CGNAT": "100.64.0.1",
    "metadata of Alibaba": "100.100.100.200",
    "loopback": "127.0.0.1",
    "loopback, far end": "127.255.255.254",
    "link-local": "169.254.1.1",
    "metadata of AWS, GCP, Azure": "169.254.169.254",
    "wire server of Azure": "168.63.129.16",
    "private, class B": "172.16.0.1",
    "metadata of Oracle": "192.0.0.192",
    "documentation": "192.0.2.1",
    "6to4 relay": "192.88.99.1",
    "private, class C": "192.168.0.1",
    "benchmarking": "198.18.0.1",
    "multicast": "224.0.0.251",
    "reserved": "240.0.0.1",
    "broadcast": "255.255.255.255",
    "unspecified, version 6": "::",
    "loopback, version 6": "::1",
    "IPv4-compatible loopback": "::127.0.0.1",
    "IPv4-compatible public (obsolete)": "::8.8.8.8",
    "mapped loopback": "::ffff:127.0.0.1",
    "mapped metadata": "::ffff:a9fe:a9fe",
    "NAT64 of a private address": "64:ff9b::a00:1",
    "local NAT64": "64:ff9b:1::808:808",
    "discard": "100::1",
    "Teredo": "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "ORCHID": "2001:20::1",
    "documentation, version 6": "2001:db8::1",
    "documentation, the large one": "3fff::1",
    "6to4 of loopback": "2002:7f00:1::",
    "6to4 of a public address": "2002:808:808::1",
    "unique local": "fd12:3456::1",
    "metadata of AWS, version 6": "fd00:ec2::254",
    "link-local, version 6": "fe80::1",
    "link-local with a zone": "fe80::1%1",
    "site-local": "fec0::1",
    "multicast, version 6": "ff02::1",
    "not an address": "localhost",
    "nothing": "",
}

SPELLINGS = {
    "plain": ("127.0.0.1", "127.0.0.1"),
    "decimal": ("2130706433", "127.0.0.1"),
    "octal": ("0177.0.0.01", "127.0.0.1"),
    "octal, one number": ("017700000001", "127.0.0.1"),
    "hexadecimal": ("0x7f.0x0.0x0.0x1", "127.0.0.1"),
    "hexadecimal, one number": ("0x7f000001", "127.0.0.1"),
    "short": ("127.1", "127.0.0.1"),
    "shorter": ("0", "0.0.0.0"),
    "with the dot of the root": ("127.0.0.1.", "127.0.0.1"),
    "in brackets": ("[::1]", "::1"),
    "with a zone": ("[fe80::1%25eth0]", "fe80::1"),
}

NAMES = (
    "localhost",
    "example.com",
    "127.0.0.1.nip.io",
    "1.2.3.4.5",
    "256.1.1.1.example",
    "0xg",
    "",
    "münchen.de",
)


def info(address: str, port: int = 80) -> tuple[int, int, int, str, tuple[object, ...]]:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return (family, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, port))


@pytest.mark.parametrize("address", PUBLIC.values(), ids=PUBLIC.keys())
def test_public_addresses_get_a_socket(address: str) -> None:
    dial = Dial()
    token = current_dial.set(dial)
    with Guard().open_socket(info(address)) as made:
        assert made.fileno() > 0
    current_dial.reset(token)
    assert dial.dialled == [address]


@pytest.mark.parametrize("address", REFUSED.values(), ids=REFUSED.keys())
def test_all_others_are_refused_before_a_socket_exists(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[object] = []
    monkeypatch.setattr("aggregator.fetch.guard.socket.socket", lambda *args: made.append(args))
    dial = Dial()
    token = current_dial.set(dial)
    with pytest.raises(AddressRefusedError, match="not a public address"):
        Guard().open_socket(info(address))
    current_dial.reset(token)
    assert made == []
    assert dial.refused == [address]


@pytest.mark.parametrize(("host", "address"), SPELLINGS.values(), ids=SPELLINGS.keys())
def test_every_spelling_of_an_address_is_recognised(host: str, address: str) -> None:
    assert literal_address(host) == ip_address(address)


@pytest.mark.parametrize("host", NAMES)
def test_names_are_not_addresses(host: str) -> None:
    assert literal_address(host) is None


@given(st.ip_addresses(v=4))
def test_hiding_an_address_changes_nothing(address: IPv4Address) -> None:
    mapped = IPv6Address(f"::ffff:{address}")
    nat64 = IPv6Address(int(IPv6Address("64:ff9b::")) + int(address))
    assert is_public(address) == is_public(mapped) == is_public(nat64)
    assert literal_address(str(int(address))) == address


@given(st.ip_addresses())
def test_only_global_unicast_is_public(address: IPv4Address | IPv6Address) -> None:
    if address.is_private or address.is_multicast or address.is_loopback or address.is_link_local:
        assert is_public(address) == (
            int(address) >> 32 == 0xFFFF and is_public(IPv4Address(int(address) & 0xFFFFFFFF))
        )


ALLOWED = {
    "a network": (("10.0.0.0/8",), "10.9.8.7", 80, True),
    "a network, other address": (("10.0.0.0/8",), "11.9.8.7", 80, True),
    "outside": (("10.0.0.0/8",), "192.168.0.1", 80, False),
    "network with host bits": (("10.1.2.3/8",), "10.9.8.7", 80, True),
    "one address, any port": (("127.0.0.1",), "127.0.0.1", 8080, True),
    "one address and port": (("127.0.0.1:8080",), "127.0.0.1", 8080, True),
    "one address, other port": (("127.0.0.1:8080",), "127.0.0.1", 8081, False),
    "version 6 and port": (("[::1]:8080",), "::1", 8080, True),
    "version 6 network": (("fd00::/8",), "fd12::1", 80, True),
    "mapped into an allowed network": (("10.0.0.0/8",), "::ffff:10.0.0.1", 80, True),
}


@pytest.mark.parametrize(("allow", "address", "port", "is_allowed"), ALLOWED.values(), ids=ALLOWED.keys())
def test_what_the_config_allows(allow: tuple[str, ...], address: str, port: int, is_allowed: bool) -> None:
    assert Guard(allow).allows(address, port) == is_allowed


def test_a_named_host_is_trusted_by_name_and_port() -> None:
    guard = Guard(("FreshRSS.lan:8080",))
    assert guard.is_trusted("freshrss.lan.", 8080)
    assert not guard.is_trusted("freshrss.lan", 80)
    token = current_dial.set(Dial(is_trusted=True))
    guard.open_socket(info("192.168.0.9", 8080)).close()
    current_dial.reset(token)
    assert not guard.allows("192.168.0.9", 8080)


@pytest.mark.parametrize(
    "entry", ["", "localhost", "host:", ":80", "host:0", "host:99999", "10.0.0.0/99", "host:８０"]
)
def test_an_entry_that_cannot_be_read_says_what_to_write(entry: str) -> None:
    with pytest.raises(ValueError, match="write a network"):
        Guard((entry,))
