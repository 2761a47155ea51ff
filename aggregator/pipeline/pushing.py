"""Telling hubs and webhooks what was published: noted with the change, sent until it is taken.

What waits lies in the store, so that a restart loses nothing; what is sent twice carries the same
id. It goes through the one guarded client, with its limits for addresses and hosts.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from aggregator.config.schema import TopicConfig
from aggregator.logs import get_logger
from aggregator.model import Access, Failure, FailureKind, PublishedEntry, Request, TopicFeed
from aggregator.pipeline.parts import Parts
from aggregator.publish import notices
from aggregator.store import Connection, pushes
from aggregator.store.pushes import Push

# What Standard Webhooks recommends; whoever has not taken a message after three days never does.
WAITS = tuple(timedelta(minutes=minutes) for minutes in (0.1, 5, 30, 120, 300, 600, 840, 1200, 1440))
_ENTRIES = 100  # of one message
_AT_ONCE = 20
_ANSWER = 64_000  # bytes

log = get_logger("push")


@dataclass(frozen=True, slots=True)
class _Noted:
    """What is to be sent of one change of a topic."""

    topic_id: str
    ping: str | None
    uids: tuple[str, str]
    message: str | None
    told: int | None  # the first place that the webhook knows nothing of


async def announce(parts: Parts, topic: TopicConfig, feed: TopicFeed, *, is_changed: bool) -> None:
    """Note what is to be said of a topic that was just published.

    What was there before it had a webhook is no news.
    """
    hub = parts.config.publish.hub if is_changed else ""
    known = await parts.gate.read(pushes.told, topic.id)
    told = None
    if topic.webhook:
        told = max((entry.seq + 1 for entry in feed.entries), default=0)
        told = max(told, known or 0)
    if not hub and told == known:
        return
    now = parts.clock.now()
    new: Sequence[PublishedEntry] = ()
    if told is not None and known is not None:
        new = [entry for entry in feed.entries if entry.seq >= known][:_ENTRIES]
    noted = _Noted(
        topic.id,
        notices.ping(feed, parts.config.publish.formats) if hub else None,
        (parts.new_uid(), parts.new_uid()),
        notices.message(feed, new, now) if new else None,
        told,
    )
    await parts.gate.write(_note, noted, now)
    if noted.ping or noted.message:
        parts.pushes.next_at = now


def _note(connection: Connection, noted: _Noted, now: datetime) -> None:
    topic_id, (first, second) = noted.topic_id, noted.uids
    if noted.ping:
        pushes.add(connection, topic_id=topic_id, kind="hub", uid=first, body=noted.ping, now=now)
    if noted.message:
        pushes.add(connection, topic_id=topic_id, kind="webhook", uid=second, body=noted.message, now=now)
    pushes.tell(connection, topic_id, noted.told)


async def push(parts: Parts) -> int:
    """Send what is due; return how many messages were taken."""
    now = parts.clock.now()
    waiting = parts.pushes
    if waiting.next_at is None or waiting.next_at > now:
        return 0
    found = await parts.gate.read(pushes.due, now, _AT_ONCE)
    waiting.next_at = None  # first: what is noted meanwhile is due at once
    taken = await asyncio.gather(*(_send(parts, each) for each in found))
    again = await parts.gate.read(pushes.next_at)
    if again is not None and (waiting.next_at is None or again < waiting.next_at):
        waiting.next_at = again
    return sum(taken)


async def _send(parts: Parts, each: Push) -> bool:
    """Send one message; what is not taken is tried again later, and given up in the end."""
    request = _request(parts, each)
    if request is None:  # it was taken out of the configuration
        await parts.gate.write(pushes.done, each.id)
        return False
    answer = await parts.client.fetch(request)
    if not isinstance(answer, Failure):
        await parts.gate.write(pushes.done, each.id)
        return True
    is_over = answer.kind is FailureKind.GONE or each.tries + 1 >= len(WAITS)
    wait = max(WAITS[min(each.tries, len(WAITS) - 1)], answer.retry_after or timedelta(0))
    log.warning(
        "given up" if is_over else "not taken",
        kind=each.kind,
        topic=each.topic_id,
        error=answer.detail,
        **({} if is_over else {"again_in": str(wait)}),
    )
    if is_over:
        await parts.gate.write(pushes.done, each.id)
    else:
        await parts.gate.write(pushes.put_off, each.id, parts.clock.now() + wait)
    return False


def _request(parts: Parts, each: Push) -> Request | None:
    body = each.body.encode()
    if each.kind == "hub":
        hub = parts.config.publish.hub
        if not hub:
            return None
        return Request(hub, _ANSWER, method="POST", data=body, data_type=notices.PING_TYPE)
    topic = parts.topic_configs.get(each.topic_id)
    if topic is None or topic.webhook is None or topic.webhook_key is None:
        return None
    headers = notices.signed(each.uid, body, topic.webhook_key, parts.clock.now())
    return Request(
        topic.webhook,
        _ANSWER,
        access=Access(url=topic.webhook, headers=headers),
        method="POST",
        data=body,
        data_type=notices.MESSAGE_TYPE,
    )
