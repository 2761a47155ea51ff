"""Which proxy a request goes through, and which names are refused then.

Behind a proxy we see no address that is dialled: literal addresses are still judged, and names that
cannot be anything but local are refused, unless `fetch.allow_private` names host:port. What any other
name leads to is for the proxy to guard; a proxy that reaches the inside should be told so. Nothing
here reads the environment: it is handed in.
"""

from ipaddress import IPv4Address, IPv6Address, ip_network

from aggregator.config.proxies import Variables
from aggregator.config.values import ENVIRONMENT, NO_PROXY, is_proxy
from aggregator.fetch.guard import literal_address
from aggregator.fetch.target import Target

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
    """The proxies of one configuration; `environment` counts only where the value is "environment"."""

    def __init__(self, setting: str, environment: Variables) -> None:
        self._setting = setting
        self._named = dict(environment)

    def choose(self, target: Target, own: str = "") -> str | None:
        """Return the proxy for an address, None for none; `own` is the source's. ProxyError."""
        proxy = own or self._setting
        if proxy == NO_PROXY:
            return None
        if proxy != ENVIRONMENT:
            return proxy or None
        found = self._named.get(f"{target.url.scheme}_proxy") or self._named.get("all_proxy")
        if not found or _is_direct(target, self._named.get("no_proxy", "")):
            return None
        if not is_proxy(found):
            raise ProxyError(
                f"the {target.url.scheme} proxy of the environment is not an HTTP proxy; set fetch.proxy"
            )
        return found


def is_local_name(host: str) -> bool:
    """Tell whether a host name (not an address) can only mean something on the local network."""
    name = f".{host.lower().rstrip('.')}"
    return name.count(".") == 1 or name.endswith(_LOCAL)


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
