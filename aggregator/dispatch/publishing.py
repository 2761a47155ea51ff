"""Which topics' files are to be written again, and when: changes gather for a moment first."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from aggregator.errors import AggregatorError, OutputError
from aggregator.logs import get_logger
from aggregator.pipeline.parts import Parts
from aggregator.pipeline.publish import LIST, Published, publish

SETTLE = timedelta(seconds=1)  # a topic is published at most this long after its first change
LATER = timedelta(seconds=30)  # until the list of topics, which takes them all, is tried again

log = get_logger("dispatch")


class Publishing:
    """The topics that have changed since their files were written."""

    def __init__(self) -> None:
        self._touched: set[str] = set()
        self._touched_at: datetime | None = None
        self._is_all = False  # every feed, and the list of them
        self._all_at: datetime | None = None  # not before; None: now

    def touch(self, topics: frozenset[str], now: datetime) -> None:
        """Note that these topics have changed; LIST stands for all of them."""
        if LIST in topics:
            self.touch_all()
        topics -= {LIST}
        if topics and not self._touched:
            self._touched_at = now
        self._touched |= topics

    def touch_all(self) -> None:
        """Note that the configuration has changed: every feed may look otherwise, and there may be others."""
        self._is_all, self._all_at = True, None

    async def publish(self, parts: Parts, *, is_final: bool = False) -> None:
        """Publish what has changed and had its moment, or not if `is_final`.

        What cannot be written is tried again, and nothing else waits for it. Raises OutputError in the end,
        ServiceDownError.
        """
        failure = await self._publish_all(parts, is_final=is_final)
        now = parts.clock.now()
        is_due = self._touched_at is not None and (is_final or now - self._touched_at >= SETTLE)
        for topic in sorted(self._touched) if is_due else ():
            self._touched.discard(topic)  # first: what touches it meanwhile is published next
            try:
                done = await _publish(parts, [topic])
            except AggregatorError:
                self._touched.add(topic)
                raise
            self._touched |= done.unfinished | done.failures.keys()
            failure = failure or done.failure
        if failure is not None:
            raise failure

    async def _publish_all(self, parts: Parts, *, is_final: bool) -> OutputError | None:
        now = parts.clock.now()
        if not self._is_all or not (is_final or self._all_at is None or now >= self._all_at):
            return None
        self._is_all, touched, self._touched = False, self._touched, set()
        try:
            done = await _publish(parts, None)
        except AggregatorError:
            self._is_all, self._touched = True, self._touched | touched
            raise
        self.touch(done.unfinished | (done.failures.keys() - {LIST}), now)
        if LIST in done.failures and not self._is_all:
            self._is_all, self._all_at = True, now + LATER
        return done.failure


async def _publish(parts: Parts, topics: Sequence[str] | None) -> Published:
    done = await publish(parts, topics)
    for name in done.names:
        log.info("published", file=name)
    return done
