"""The report as Prometheus metrics. The only file that loads prometheus_client."""

from collections.abc import Iterator, Mapping

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from .report import Report

CONTENT_TYPE = CONTENT_TYPE_LATEST


class _Reported(Collector):
    def __init__(self, report: Report, jobs: Mapping[str, int]) -> None:
        self._report, self._jobs = report, jobs

    def collect(self) -> Iterator[Metric]:
        yield from self._counters()
        yield from self._gauges()

    def _counters(self) -> Iterator[Metric]:
        told = self._report
        for name, what, value in (
            ("filmdex_films", "Films indexed by this process.", told.films_done),
            ("filmdex_films_refused", "Attempts that failed.", told.films_refused),
            ("filmdex_shots", "Shots found by this process.", told.shots_done),
            ("filmdex_film_seconds", "Seconds of film gone through.", told.film_seconds_done),
            ("filmdex_decode_errors", "Frames that could not be decoded.", told.decode_errors),
        ):
            yield CounterMetricFamily(name, what, value=value)
        waited = CounterMetricFamily(
            "filmdex_stage_seconds",
            "Seconds that the threads of indexed films waited, by what for.",
            labels=["stage"],
        )
        for stage, seconds in told.waited_s.items():
            waited.add_metric([stage], seconds)
        yield waited

    def _gauges(self) -> Iterator[Metric]:
        told = self._report
        yield GaugeMetricFamily(
            "filmdex_times_real_time",
            "Seconds of film a second, over the last ten minutes.",
            value=told.times_real_time,
        )
        yield _labelled("filmdex_jobs", "Jobs by state.", "state", self._jobs)
        yield _labelled(
            "filmdex_films_left",
            "Films to be done, by precision.",
            "precision",
            {one.precision: one.films for one in told.left},
        )
        yield _labelled("filmdex_provider", "What runs the network.", "name", {told.provider: 1})
        yield _labelled(
            "filmdex_root_frozen",
            "Whether a root is frozen.",
            "root",
            {root.path: root.frozen is not None for root in told.roots},
        )
        yield _labelled(
            "filmdex_root_lost_watches",
            "How often a root could no longer be listened to.",
            "root",
            {root.path: root.lost_watches for root in told.roots},
        )
        yield _labelled(
            "filmdex_root_polled",
            "Whether a root sends no events.",
            "root",
            {root.path: root.how != "events" for root in told.roots},
        )


def _labelled(name: str, what: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(name, what, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family


def written(report: Report, jobs: Mapping[str, int]) -> bytes:
    """Write the metrics in Prometheus's text format."""
    registry = CollectorRegistry()
    registry.register(_Reported(report, jobs))
    return generate_latest(registry)
