"""What a failure costs: how long a source that did not answer well is left alone.

One table, a row for each kind. It decides waits, never whether a source is worth keeping.
"""

from datetime import timedelta

from aggregator.model import Failure, FailureKind
from aggregator.polling.records import History
from aggregator.polling.words import times

GONE_RECHECK = timedelta(hours=23)  # a second 410 a day after the first, as good as, retires a source
GONE_PROBE = timedelta(days=7)
_GONE_AGAIN = timedelta(days=1)  # when the second 410 is looked for; by hand it may be sooner
_DAY = timedelta(days=1)

# Factor by which each failure in a row stretches the wait, and where that ends.
_TEMPORARY = (2.0, _DAY)  # mends itself, or its owner mends it within hours
_A_PERSON = (3.0, 2 * _DAY)  # stays until someone changes something, here or there
_LASTING = (2.0, 7 * _DAY)
_COSTLY = (3.0, 7 * _DAY)  # lasting, and each try costs somebody a lot

_ROWS: dict[FailureKind, tuple[float, timedelta]] = {
    FailureKind.DNS: _TEMPORARY,
    FailureKind.CONNECT: _TEMPORARY,
    FailureKind.TLS: _TEMPORARY,  # certificates run out on a Sunday and are renewed on Monday
    FailureKind.TIMEOUT: _TEMPORARY,
    FailureKind.PROTOCOL: _TEMPORARY,
    FailureKind.SERVER_ERROR: _TEMPORARY,
    FailureKind.RATE_LIMITED: _TEMPORARY,  # on top of Retry-After; without one, we find the pace
    FailureKind.HELD: _TEMPORARY,  # no failure of the source, and not counted as one
    FailureKind.DENIED: _A_PERSON,  # wrong credentials or an unwelcome client: insisting makes it worse
    FailureKind.WALL: _A_PERSON,  # insisting is what such walls are looking for
    FailureKind.CLIENT_ERROR: _A_PERSON,  # 400, 405, 406 …: the same request gets the same answer
    FailureKind.NOT_FOUND: _LASTING,  # comes back after a clumsy move of the site, or never
    FailureKind.BAD_URL: _LASTING,  # an edited configuration is due at once; a redirect there may be mended
    FailureKind.FORBIDDEN_ADDRESS: _TEMPORARY,  # nothing was dialled; a hotel's network answers so for all
    FailureKind.REDIRECTS: _A_PERSON,  # a loop is a mistake of the server's configuration or a cookie wall
    FailureKind.NOT_A_FEED: (2.0, 2 * _DAY),  # a maintenance page at first, a site without feed later
    FailureKind.NOT_HTML: (2.0, 2 * _DAY),  # the same for a listing page
    FailureKind.EMPTY: (2.0, 2 * _DAY),
    FailureKind.TOO_LARGE: _COSTLY,  # each try makes the server send as much again
    FailureKind.LIMIT: _A_PERSON,  # costs us a worker's time; the next document may be harmless
    FailureKind.ROBOTS: _LASTING,  # the rule was made by a person and is seldom taken back
    FailureKind.INTERNAL: _TEMPORARY,  # our mistake: the server is not to blame, but hammering helps nobody
}
_FIRST_PAUSE = {FailureKind.RATE_LIMITED: timedelta(hours=1)}  # at least: we were told that we are too fast


def after_failure(interval: timedelta, history: History, failure: Failure) -> tuple[timedelta, str]:
    """Return how long to wait after a failure, and why; Retry-After is counted with the hints."""
    if failure.kind is FailureKind.GONE:
        if history.is_retired:
            return GONE_PROBE, "gone (410): retired, looked at once a week"
        return _GONE_AGAIN, "gone (410): looked at once more before it is retired"
    factor, ceiling = _ROWS[failure.kind]
    failures = max(history.failures, 1)
    # Bounded before and after: no span may grow beyond what a timedelta can hold.
    stretched = min(min(interval, ceiling) * factor ** min(failures, 16), ceiling)
    wait = max(interval, stretched, _FIRST_PAUSE.get(failure.kind, interval))
    return wait, f"{times(failures, 'failure')} in a row: {failure.kind.value}"


def is_temporary(failure: Failure) -> bool:
    """Tell whether a failure says nothing of how often the source should be asked."""
    return failure.kind is not FailureKind.GONE and _ROWS[failure.kind] == _TEMPORARY
