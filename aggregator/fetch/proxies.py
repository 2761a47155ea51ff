"""Which proxy a request goes through, and which names are refused then.

Behind a proxy we see no address that is dialled: literal addresses are still judged, and names that
cannot be anything but local are refused, unless `fetch.allow_private` names host:port. What any other
name leads to is for the proxy to guard; a proxy that reaches the inside should be told so. Nothing
here reads the environment: whoever composes the program hands it in.
"""

from collections.abc import Mapping
from ipaddress import IPv4Address, IPv6Address, ip_network

from aggregator.fetch.guard import literal_address
from aggregator.fetch.target import Target
from aggregator.urls import is_http

ENVIRONMENT = "environment"  # value of fetch.proxy: what http_proxy, https_proxy and no_proxy say
NONE = "none"  # of a source: no proxy although fetch.proxy names one

# RFC 6761, RFC 6762 with its appendix G, RFC 8375, and .internal as ICANN reserved it in 2024.
_LOCAL = tuple(
    f".{name}"
    for name in (
        *("localhost", "localdomain", "local", "internal", "intranet"),
        *("private", "corp", "home", "lan", "home.arpa"),
    )
)


class ProxyError(ValueError):
    """The proxy that was named cannot be used, and going without it was not asked for."""


class Proxies:
    """The proxies of one configuration; `environ` counts only where the value is "environment"."""

    def __init__(self, setting: str, environ: Mapping[str, str]) -> None:
        self._setting = setting
        self._named = _from_environment(environ)

    def choose(self, target: Target, own: str = "") -> str | None:
        """Return the proxy for an address, None for none; `own` is the source's. ProxyError."""
        proxy = own or self._setting
        if proxy != ENVIRONMENT:
            return None if proxy in {"", NONE} else proxy
        found = self._named.get(target.url.scheme) or self._named.get("all")
        if not found or _is_direct(target, self._named.get("no", "")):
            return None
        found = found if "://" in found else f"http://{found}"
        if not is_http(found):
            raise ProxyError(
                f"the {target.url.scheme} proxy of the environment is not an HTTP proxy; set fetch.proxy"
            )
        return found


def is_local_name(host: str) -> bool:
    """Tell whether a host name (not an address) can only mean something on the local network."""
    name = f".{host.lower().rstrip('.')}"
    return name.count(".") == 1 or name.endswith(_LOCAL)


def _from_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Read `<scheme>_proxy` as urllib does: lower case wins.

    In a CGI, HTTP_PROXY is not of the environment but a header of the client (CVE-2016-1000110).
    """
    found = {
        name.lower().removesuffix("_proxy"): value.strip()
        for name, value in sorted(environ.items())  # capitals sort first
        if name.lower().endswith("_proxy") and not (name == "HTTP_PROXY" and "REQUEST_METHOD" in environ)
    }
    return {scheme: value for scheme, value in found.items() if value}


def _is_direct(target: Target, no_proxy: str) -> bool:
    """Tell whether no_proxy names this host: `*`, a domain with all below it, host:port, a network."""
    host = target.host.rstrip(".")
    address = literal_address(host)
    for name in no_proxy.lower().split(","):
        name = name.strip().lstrip(".")
        if name and (name in {"*", host, f"{host}:{target.port}"} or host.endswith(f".{name}")):
            return True
        if address is not None and "/" in name and _holds(name, address):
            return True
    return False


def _holds(network: str, address: IPv4Address | IPv6Address) -> bool:
    try:
        return address in ip_network(network, strict=False)
    except ValueError:
        return False
