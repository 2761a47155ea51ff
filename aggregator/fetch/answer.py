"""What an answer means once its head and body are here: a document, "not modified", or a failure.

Pure: headers and bytes in, a record out. Headers must find names in any case. The server's words go
into records only where they are data (validators, media type), bounded and checked.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from aggregator.fetch import failures
from aggregator.fetch.access import UNSAYABLE
from aggregator.fetch.body import Body
from aggregator.fetch.hints import header_hints, retry_after
from aggregator.fetch.walls import wall
from aggregator.model import Failure, FailureKind, Fetched, NotModified, Redirect, Request, Validators

_MAX_VALIDATOR = 1024
_MEDIA_TYPE = re.compile(r"\s*([\w.+-]{1,100}/[\w.+-]{1,100})\s*(?:[;,]|\Z)", re.ASCII)
_CHARSET = re.compile(r";\s*charset\s*=\s*[\"']?([\w.:+-]{1,40})", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Place:
    """Where an answer came from."""

    host: str
    url: str
    redirects: tuple[Redirect, ...]


def document(
    status: int, headers: Mapping[str, str], whole: Body, request: Request, place: Place, now: datetime
) -> Fetched | Failure:
    """Make the record of a document that arrived whole; a wall in its place is a failure.

    What answers a POST is looked at for a wall and not kept.
    """
    media_type, charset = content_type(headers.get("Content-Type", ""))
    name = wall(status, headers, media_type, whole.start)
    if name is not None:
        return _walled(name, status, place.host)
    is_small = whole.path is None
    return Fetched(
        url=request.url,
        final_url=place.url,
        status=status,
        content_type=media_type,
        charset=charset,
        body=whole.start if is_small and request.method == "GET" else b"",
        digest=whole.digest,
        validators=_validators(headers, place) if request.method == "GET" else Validators(),
        hints=header_hints(headers, now),
        redirects=place.redirects,
        spool=whole.path,
    )


def not_modified(
    headers: Mapping[str, str], request: Request, sent: Validators, place: Place, now: datetime
) -> NotModified | Failure:
    """Make the record of a 304; validators it repeats replace those that were `sent` (RFC 9110, 15.4.5)."""
    if not (sent.etag or sent.last_modified):
        return failures.failure(
            FailureKind.PROTOCOL, f"{place.host} answers 304 although we have no copy", 304
        )
    return NotModified(
        url=request.url,
        final_url=place.url,
        validators=Validators(
            _validator(headers, "ETag") or sent.etag,
            _validator(headers, "Last-Modified") or sent.last_modified,
            place.url,
        ),
        hints=header_hints(headers, now),
        redirects=place.redirects,
    )


def refused(status: int, headers: Mapping[str, str], body: bytes, host: str, now: datetime) -> Failure:
    """Classify an answer that is neither document nor redirect; `body` may be empty or its beginning."""
    wait, hints = retry_after(headers, now), header_hints(headers, now)
    name = wall(status, headers, content_type(headers.get("Content-Type", ""))[0], body)
    if name is not None:
        return replace(_walled(name, status, host), retry_after=wait, hints=hints)
    refusal = failures.from_status(status, host, wait)
    if failures.wants_tls(status, body):
        refusal = replace(refusal, detail=f"{refusal.detail}: this port speaks TLS; write https://")
    return replace(refusal, hints=hints)


def content_type(value: str) -> tuple[str, str | None]:
    """Read the media type, in lower case, and the charset; "" and None where they are absent or garbage."""
    media_type = _MEDIA_TYPE.match(value)
    charset = _CHARSET.search(value)
    return media_type.group(1).lower() if media_type else "", charset.group(1) if charset else None


def _validators(headers: Mapping[str, str], place: Place) -> Validators:
    etag, last_modified = _validator(headers, "ETag"), _validator(headers, "Last-Modified")
    return Validators(etag, last_modified, place.url) if etag or last_modified else Validators()


def _validator(headers: Mapping[str, str], name: str) -> str | None:
    """Return a validator verbatim; None if it is overlong or could not be echoed so."""
    value = headers.get(name)
    return None if not value or len(value) > _MAX_VALIDATOR or UNSAYABLE.search(value) else value


def _walled(name: str, status: int, host: str) -> Failure:
    detail = f"{host} shows an anti-bot page of {name} instead of the document"
    return failures.failure(FailureKind.WALL, detail, status)
