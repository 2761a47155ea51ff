"""Where a source is asked: as configured, at the feed found behind its page, or where it has moved for good.

A permanent redirect is believed once good answers came from its end for a day, so that a mistake or
an attack of an hour moves nobody (RFC 9110, 15.4.2 and 15.4.9). The configuration is never touched:
what is adopted stands in the state, is shown in `status`, and is given up when it leads nowhere.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from aggregator.model import Failure, FailureKind, Redirect, SourceState, Validators
from aggregator.urls import canonical_url

GOOD_POLLS = 3
GOOD_TIME = timedelta(days=1)
FAILED_POLLS = 3  # in a row without an answer, until what was adopted is given up
REFUSED_POLLS = 10  # in a row with one: the owner may have taken the redirect back long ago

_FOR_GOOD = (301, 308)
_LEADS_NOWHERE = {FailureKind.NOT_FOUND, FailureKind.GONE}
_MAY_PASS = {FailureKind.NOT_A_FEED}  # a page about maintenance, served as if it were the document


def address(state: SourceState) -> str:
    """Return the address that the next poll asks."""
    return state.feed_url or state.moved_url or state.url


def followed(state: SourceState, redirects: Sequence[Redirect], now: datetime) -> SourceState:
    """Note where a good answer came from; adopt its address when it has proved itself."""
    target = _permanent_end(address(state), redirects)
    if target is None:
        if state.moving_url is None:
            return state
        return replace(state, moving_url=None, moving_polls=0, moving_since=None)
    if target != state.moving_url or state.moving_since is None:
        return replace(state, moving_url=target, moving_polls=1, moving_since=now)
    polls = state.moving_polls + 1
    if polls < GOOD_POLLS or now - state.moving_since < GOOD_TIME:
        return replace(state, moving_polls=polls)
    settled = replace(state, moving_url=None, moving_polls=0, moving_since=None)
    if canonical_url(target) == canonical_url(state.url):  # http to https and the like: and back again
        return replace(settled, feed_url=None, moved_url=None if target == state.url else target)
    return replace(settled, feed_url=target) if state.feed_url else replace(settled, moved_url=target)


def lost(state: SourceState, failure: Failure) -> SourceState:
    """Give up an address that was found or adopted and leads nowhere: the next poll asks the one before."""
    if not (state.feed_url or state.moved_url):
        return state
    is_answered = failure.status is not None and failure.kind not in _MAY_PASS
    patience = REFUSED_POLLS if is_answered or failure.retry_after else FAILED_POLLS
    if failure.kind not in _LEADS_NOWHERE and state.failures < patience:
        return state
    before = replace(state, feed_url=None) if state.feed_url else replace(state, moved_url=None)
    return replace(before, validators=Validators(), body_digest="")


def _permanent_end(asked: str, redirects: Sequence[Redirect]) -> str | None:
    """Return the end of the permanent redirects at the beginning of a chain; never from https to http."""
    end = None
    for redirect in redirects:
        if redirect.status not in _FOR_GOOD:
            break
        end = redirect.url
    if end is None or end == asked or (asked.startswith("https:") and not end.startswith("https:")):
        return None
    return end
