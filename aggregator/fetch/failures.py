"""What went wrong, as a value: which class of failure, and one line that a user understands.

The only place that knows the exceptions of the HTTP library and the meaning of status codes. It
does not decide what a failure costs; that is for `polling`.
"""

import errno
import os
import re
import ssl
from datetime import timedelta
from http import HTTPStatus

import aiohttp
from aiohttp.http_exceptions import HttpProcessingError

from aggregator.fetch.coding import CodingError
from aggregator.fetch.guard import Dial
from aggregator.fetch.target import Target
from aggregator.model import Failure, FailureKind
from aggregator.urls import redact

_OURS = frozenset((errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM))  # no server is to blame
_NO_TLS = re.compile(r"wrong.version.number|record.layer.failure", re.IGNORECASE)  # of OpenSSL
_WANTS_TLS = re.compile(  # as nginx, Go and Apache say it
    rb"plain HTTP request was sent to HTTPS port|HTTP request to an HTTPS server|plain HTTP to an SSL-enabled"
)
_QUOTED_BYTES = re.compile(r"\bb['\"]|\bbytearray\(|\n")

EXPECTED = (aiohttp.ClientError, HttpProcessingError, CodingError, TimeoutError, OSError)

_BY_STATUS = {
    401: FailureKind.DENIED,
    403: FailureKind.DENIED,
    404: FailureKind.NOT_FOUND,
    408: FailureKind.TIMEOUT,
    410: FailureKind.GONE,
    429: FailureKind.RATE_LIMITED,
    451: FailureKind.DENIED,
    999: FailureKind.DENIED,  # LinkedIn's own
}
_ADVICE = {
    401: 'it wants credentials; give the source auth = "user:password" or headers',
    403: "it does not want us, or not without credentials",
    407: "the proxy wants credentials; give them in fetch.proxy",
    451: "withheld for legal reasons",
}


def failure(kind: FailureKind, detail: str, status: int | None = None) -> Failure:
    """Make a failure whose detail is one line, bounded, without secrets."""
    return Failure(kind, redact(" ".join(detail.split()))[:300], status)


def from_status(status: int, host: str, retry_after: timedelta | None) -> Failure:
    """Classify an answer that is not the document (RFC 9110, 15)."""
    try:
        phrase = HTTPStatus(status).phrase  # never the server's own words
    except ValueError:
        phrase = ""
    if 500 <= status < 600:
        kind = FailureKind.SERVER_ERROR
    elif 400 <= status < 500 or status in _BY_STATUS:
        kind = _BY_STATUS.get(status, FailureKind.CLIENT_ERROR)
    else:
        kind = FailureKind.PROTOCOL
    advice = f": {_ADVICE[status]}" if status in _ADVICE else ""
    detail = f"{host} answers {f'{status} {phrase}'.strip()}{advice}"
    return Failure(kind, detail, status, retry_after)


def held(domain: str, span: timedelta) -> Failure:
    """Say that nothing was asked, since this host asks for less, and for how long that goes on."""
    return Failure(FailureKind.HELD, f"{domain} asks for less", retry_after=span)


def wants_tls(status: int, page: bytes) -> bool:
    """Tell the page of a server whose port was asked by http:// and speaks TLS."""
    return status == 400 and bool(_WANTS_TLS.search(page))


def from_exception(error: BaseException, target: Target, dial: Dial) -> Failure:
    """Classify one of the EXPECTED exceptions; `dial` tells which addresses were refused."""
    kind, detail = _classify(error, target.host, dial)
    return failure(kind, detail + _other_scheme(error, target))


def _other_scheme(error: BaseException, target: Target) -> str:
    """Advise where the answer looks as if the port spoke the other one of http and https."""
    if target.url.scheme == "https":
        is_reset = isinstance(error, aiohttp.ClientConnectorError) and isinstance(
            error.os_error, ConnectionResetError
        )
        return "; try http://, it may not speak TLS there" if is_reset or _NO_TLS.search(str(error)) else ""
    # On port 80 nobody expects TLS, and servers break off for many reasons.
    is_closed = isinstance(error, aiohttp.ServerDisconnectedError) and target.port != 80
    return "; try https://, it may want TLS there" if is_closed else ""


def _classify(error: BaseException, host: str, dial: Dial) -> tuple[FailureKind, str]:
    match error:
        case OSError() if _cause(error) in _OURS:
            return FailureKind.INTERNAL, f"this machine is short of something: {os.strerror(_cause(error))}"
        case TimeoutError():
            return FailureKind.TIMEOUT, f"{host} did not answer in time"
        case aiohttp.ClientProxyConnectionError():
            return FailureKind.CONNECT, f"cannot connect to the proxy: {_system(error.os_error)}"
        case aiohttp.ClientHttpProxyError():
            return FailureKind.CONNECT, f"the proxy refuses to connect to {host}: {error.status}"
        case aiohttp.ClientConnectorDNSError():
            return FailureKind.DNS, f"no address found for {error.host or host}: {_system(error.os_error)}"
        case aiohttp.ClientConnectorCertificateError():
            return FailureKind.TLS, f"the certificate of {host} is not valid: {error.certificate_error}"
        case aiohttp.ClientConnectorSSLError() | ssl.SSLError():
            return FailureKind.TLS, f"no secure connection to {host}: {error}"
        case aiohttp.ClientConnectorError() if dial.refused and not dial.dialled:
            return FailureKind.FORBIDDEN_ADDRESS, forbidden(host, ", ".join(dict.fromkeys(dial.refused)))
        case aiohttp.ClientConnectorError():
            return FailureKind.CONNECT, f"cannot connect to {host}: {_system(error.os_error)}"
        case aiohttp.ServerDisconnectedError():
            return FailureKind.CONNECT, f"{host} closes the connection without an answer"
        case aiohttp.InvalidURL():
            return FailureKind.BAD_URL, f"{host}: {error.description or 'not an address that can be fetched'}"
        case aiohttp.ClientPayloadError():
            return FailureKind.PROTOCOL, f"the answer of {host} breaks off or is malformed"
        case CodingError():
            return FailureKind.PROTOCOL, f"{host}: {error}"
        case aiohttp.ClientResponseError():
            return FailureKind.PROTOCOL, f"{host} does not speak HTTP: {_complaint(error.message)}"
        case HttpProcessingError():
            return FailureKind.PROTOCOL, f"{host} does not speak HTTP: {_complaint(error.message)}"
        case OSError():
            return FailureKind.CONNECT, f"the connection to {host} broke: {_system(error)}"
        case _:
            return FailureKind.PROTOCOL, f"{host}: {type(error).__name__} {error}"


def _cause(error: OSError) -> int:
    inner = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    return inner.errno or 0


def forbidden(host: str, addresses: str) -> str:
    """Say that an address may not be dialled and what to do about it."""
    subject = host if host == addresses else f"{host} leads to {addresses}, which"
    return f"{subject} is not public; fetch.allow_private can allow it"


def local_name(host: str, port: int) -> str:
    """Say that a name means something on the local network only, which a proxy would not mind."""
    return f"{host} is a name of the local network; {_allow(host, port)}"


def bad_port(host: str, port: int) -> str:
    """Say that a port belongs to another protocol (Fetch standard, "bad port")."""
    return f"port {port} of {host} is not one of the web; {_allow(host, port)}"


def _allow(host: str, port: int) -> str:
    place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    return f'fetch.allow_private can allow "{place}"'


def _complaint(message: str) -> str:
    """Return what the library complains about, without the bytes of the server that it quotes."""
    return _QUOTED_BYTES.split(message, maxsplit=1)[0].strip(" :\n")


def _system(error: OSError) -> str:
    if error.errno is not None and error.errno > 0:
        return os.strerror(error.errno)
    return error.strerror or str(error) or type(error).__name__
