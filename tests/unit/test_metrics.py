"""Figures for Prometheus: their names, their labels, and how many of these there may be."""

from datetime import UTC, datetime, timedelta

from prometheus_client.parser import text_string_to_metric_families

from aggregator.config.schema import SourceConfig
from aggregator.metrics import MOST_LABELS, Figure, Metrics
from aggregator.model import SourceState
from aggregator.pipeline.figures import of_sources

NOW = datetime(2026, 3, 14, 12, tzinfo=UTC)


def samples(body: bytes) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Read a text as Prometheus does."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(body.decode())
        for sample in family.samples
    }


def test_what_is_counted_is_told() -> None:
    metrics = Metrics()
    metrics.polled("new", None, 3)
    metrics.polled("failed", "dns", 0)
    metrics.polled("failed", "dns", 0)
    metrics.read("full")
    metrics.decided("alibaba", is_match=True)
    metrics.decided("alibaba", is_match=False)
    metrics.published(0.02, 3)
    found = samples(metrics.render([Figure("items", "Stored items.", "", {"": 7})]))
    assert found["aggregator_polls_total", (("outcome", "failed"),)] == 2
    assert found["aggregator_poll_failures_total", (("kind", "dns"),)] == 2
    assert found["aggregator_new_items_total", ()] == 3
    assert found["aggregator_articles_total", (("quality", "full"),)] == 1
    assert found["aggregator_decisions_total", (("topic", "alibaba"), ("verdict", "near miss"))] == 1
    assert found["aggregator_publish_seconds_count", ()] == 1
    assert found["aggregator_published_files_total", ()] == 3
    assert found["aggregator_items", ()] == 7


def test_a_tick_that_comes_late_says_how_late() -> None:
    metrics = Metrics()
    for at, lag in ((10.0, 0.0), (11.0, 0.0), (15.5, 3.5), (16.5, 0.0)):
        metrics.ticked(at, 1)
        assert samples(metrics.render([]))["aggregator_tick_lag_seconds", ()] == lag


def test_two_daemons_in_one_process_count_apart() -> None:
    first, second = Metrics(), Metrics()
    first.polled("new", None, 1)
    assert ("aggregator_polls_total", (("outcome", "new"),)) not in samples(second.render([]))


def test_labels_are_bounded_whatever_the_configuration_holds() -> None:
    metrics = Metrics()
    for number in range(MOST_LABELS + 50):
        metrics.decided(f"topic-{number}", is_match=True)
    ages = {f"source-{number}": float(number) for number in range(MOST_LABELS + 50)}
    found = samples(metrics.render([Figure("age", "Age.", "source", ages)]))
    told = [labels for name, labels in found if name == "aggregator_decisions_total"]
    assert len(told) == MOST_LABELS + 1
    assert found["aggregator_decisions_total", (("topic", "(others)"), ("verdict", "matched"))] == 50
    assert len([labels for name, labels in found if name == "aggregator_age"]) == MOST_LABELS


def test_the_source_without_success_for_longest_comes_first() -> None:
    configured = {name: SourceConfig(url=f"https://{name}.example/", id=name) for name in ("a", "b", "c")}
    states = (
        SourceState("a", "", NOW, last_success_at=NOW - timedelta(minutes=1)),
        SourceState("b", "", NOW, last_success_at=NOW - timedelta(days=1), failures=2),
        SourceState("c", "", NOW),
    )
    found = {figure.name: figure for figure in of_sources(states, configured, NOW)}
    assert list(found["source_last_success_age_seconds"].values.items()) == [("b", 86_400), ("a", 60)]
    assert found["sources"].values == {"ok": 1, "failing": 1, "waiting": 1}
    assert found["sources_without_success"].values == {"": 1}
