"""Who may read: anybody, or those who show one of the configured tokens.

A token comes as the password of Basic credentials, whatever the user name, or behind `?token=`. It
is compared in the same time whatever it is, and written down nowhere.
"""

import base64
import hashlib
import hmac
from collections.abc import Awaitable, Callable, Iterable

from aiohttp import hdrs, web
from aiohttp.typedefs import Middleware

from aggregator.publish import STYLE_NAME

PARAMETER = "token"
IS_KNOWN = web.RequestKey("is_known", bool)
"""Key of a request: whether who asks may read everything."""

# Whether all is well (in which words, only those with a token read), and what every copy of this looks like.
_OPEN = frozenset(("/healthz", "/readyz", "/style.css", "/icon.svg", f"/feeds/{STYLE_NAME}"))
_LONGEST = 1_000  # characters of credentials
_REFUSAL = (
    "This needs a token: as the password of any user name, or as ?token=… behind the address."
    " Whoever runs this server keeps the list in [serve] tokens.\n"
)


def guard(tokens: Callable[[], Iterable[str]]) -> Middleware:
    """Make what turns away who shows none of the tokens; `tokens` gives those that count now."""

    @web.middleware
    async def check(
        request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        """Let a request through, or ask for a token."""
        known = tuple(tokens())
        request[IS_KNOWN] = not known or _is_one_of(_shown(request), known)
        if request[IS_KNOWN] or request.path in _OPEN:
            return await handler(request)
        headers = {hdrs.WWW_AUTHENTICATE: 'Basic realm="aggregator", charset="UTF-8"'}
        return web.Response(status=401, text=_REFUSAL, headers={**headers, hdrs.CACHE_CONTROL: "no-store"})

    return check


def _shown(request: web.Request) -> list[str]:
    """Return what a request shows as tokens."""
    shown = [*request.query.getall(PARAMETER, [])[:1]]
    scheme, _, credentials = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    if scheme.lower() == "basic" and len(credentials) <= _LONGEST:
        try:
            user, _, password = base64.b64decode(credentials, validate=True).decode().partition(":")
        except ValueError:  # neither base64 nor UTF-8
            return shown
        shown.append(password or user)
    return shown


def _is_one_of(shown: Iterable[str], known: Iterable[str]) -> bool:
    """Compare digests, so that the time tells neither the length nor how much of a guess is right."""
    wanted = [_digest(token) for token in known]
    return any(hmac.compare_digest(_digest(token), each) for token in shown for each in wanted)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode(errors="replace")).digest()
