"""What the environment says about proxies, for `proxy = "environment"`; which one is used is for `fetch`."""

from collections.abc import Iterator, Mapping

from aggregator.config.values import is_proxy
from aggregator.errors import Problem

Variables = tuple[tuple[str, str], ...]

_NAMES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


def variables(environ: Mapping[str, str]) -> Variables:
    """Read http_proxy, https_proxy, all_proxy and no_proxy; lower case wins, as in curl."""
    found = []
    for name in _NAMES:
        value = environ.get(name, environ.get(name.upper(), "")).strip()
        if value and name != "no_proxy" and "://" not in value:
            value = f"http://{value}"  # host:port is common
        if value:
            found.append((name, value))
    return tuple(found)


def mistakes(found: Variables) -> Iterator[Problem]:
    """Report variables that name a proxy which cannot be used."""
    for name, value in found:
        if name != "no_proxy" and not is_proxy(value):
            message = 'is not the address of an HTTP proxy, and proxy = "environment" asks for it'
            yield Problem(message, name, hint='like "http://proxy.example.org:3128"')
