"""Figures for Prometheus: what this process counts, and what the store is asked for when somebody looks.

The one door of prometheus-client, with a registry of its own. Labels come from small fixed sets or from the
configuration, never from what a source says, and at most `MOST_LABELS` of one figure are told.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

MOST_LABELS = 2_000
MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_OTHERS = "(others)"
_PUBLISH_SECONDS = (0.01, 0.03, 0.1, 0.3, 1, 3, 10)


@dataclass(frozen=True, slots=True)
class Figure:
    """Something that is measured when somebody looks, by at most one label."""

    name: str  # without the prefix "aggregator_"
    help: str
    label: str  # "" for a figure without one
    values: Mapping[str, float]  # by the value of the label; the most telling ones first


class Metrics:
    """What one daemon counts; the library is loaded with the first of them."""

    def __init__(self) -> None:
        from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

        registry = self._registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self._topics: set[str] = set()
        self._last_tick: float | None = None

        def counter(name: str, help_: str, *labels: str) -> Counter:
            return Counter(f"aggregator_{name}", help_, labels, registry=registry)

        self._polls = counter("polls", "Polls by what they came to.", "outcome")
        self._failures = counter("poll_failures", "Polls that failed, by kind of failure.", "kind")
        self._new_items = counter("new_items", "Items that polls brought.")
        self._articles = counter("articles", "Articles by the quality of their text.", "quality")
        self._decisions = counter("decisions", "Decisions kept, by topic and verdict.", "topic", "verdict")
        self._files = counter("published_files", "Published files that were replaced.")
        self._publishing = Histogram(
            "aggregator_publish_seconds",
            "Time that bringing a topic's files up to date took.",
            registry=registry,
            buckets=_PUBLISH_SECONDS,
        )
        self._lag = Gauge("aggregator_tick_lag_seconds", "How late the last tick came.", registry=registry)

    def polled(self, outcome: str, kind: str | None, new_items: int) -> None:
        """Count a poll; `kind` is that of its failure."""
        self._polls.labels(outcome).inc()
        if kind is not None:
            self._failures.labels(kind).inc()
        self._new_items.inc(new_items)

    def read(self, quality: str) -> None:
        """Count an article whose text stands."""
        self._articles.labels(quality).inc()

    def decided(self, topic_id: str, *, is_match: bool) -> None:
        """Count a decision of a topic; near misses are the others that are kept."""
        if topic_id not in self._topics:
            if len(self._topics) >= MOST_LABELS:
                topic_id = _OTHERS
            self._topics.add(topic_id)
        self._decisions.labels(topic_id, "matched" if is_match else "near miss").inc()

    def published(self, seconds: float, files: int) -> None:
        """Note how long a topic took, and how many of its files changed."""
        self._publishing.observe(seconds)
        self._files.inc(files)

    def ticked(self, now: float, period: float) -> None:
        """Note a tick, `now` on a clock that never goes backwards; one is due each `period` seconds."""
        if self._last_tick is not None:
            self._lag.set(max(0.0, now - self._last_tick - period))
        self._last_tick = now

    def render(self, figures: Iterable[Figure]) -> bytes:
        """Write everything in Prometheus' text format."""
        from prometheus_client import CollectorRegistry, Gauge, generate_latest

        passing = CollectorRegistry()
        for figure in figures:
            labels = [figure.label] if figure.label else []
            gauge = Gauge(f"aggregator_{figure.name}", figure.help, labels, registry=passing)
            for value in list(figure.values)[:MOST_LABELS]:
                (gauge.labels(value) if labels else gauge).set(figure.values[value])
        return generate_latest(self._registry) + generate_latest(passing)
