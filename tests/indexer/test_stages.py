"""Where a film's time goes: counted by a clock that is told, and added up for Prometheus."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from filmdex.db.records import FilmFacts
from filmdex.indexer.indexing import Finished
from filmdex.indexer.pipeline import Outcome
from filmdex.indexer.stages import Stage, StageSeconds, Stopwatch
from filmdex.indexer.watch import metrics
from filmdex.indexer.watch.report import Report, loads
from filmdex.indexer.watch.tally import WorkTally


@dataclass
class Clock:
    now_s: float = 0.0

    def __call__(self) -> float:
        return self.now_s


def test_a_stage_has_the_time_within_it_and_not_what_follows() -> None:
    clock = Clock()
    watch = Stopwatch(clock)

    def decoded() -> Iterator[int]:
        for n in range(3):
            clock.now_s += 2.0
            yield n
        clock.now_s += 1.0  # the end, too, is waited for

    for _ in watch.each(Stage.DECODER, decoded()):
        clock.now_s += 16.0
        with watch.on(Stage.NETWORK):
            clock.now_s += 0.5

    def fails() -> None:
        with watch.on(Stage.STORING):
            clock.now_s += 0.25
            raise ValueError("full")

    with pytest.raises(ValueError, match="full"):
        fails()
    assert watch.seconds == StageSeconds(decoder=7.0, network=1.5, storing=0.25)


def test_prometheus_reads_the_seconds_of_all_films() -> None:
    tally = WorkTally(lambda: 0.0, lambda: 0)
    facts = FilmFacts("mp4", "h264", 2, 2, 0, 25.0, 1, 0, 1, 0)
    outcome = Outcome(facts, 1, 0, StageSeconds(decoder=2.0, network=0.5, storing=0.25))
    tally.hear(Finished("a", 1, outcome, 3.0))
    tally.hear(Finished("b", 2, replace(outcome, waited=StageSeconds(1.0, 0.0, 0.0)), 3.0))
    count = tally.count()
    report = Report(
        pid=1,
        state="idle",
        started_us=0,
        provider="cpu",
        model="m 1",
        parallel=1,
        films_done=count.films,
        films_refused=count.refused,
        shots_done=count.shots,
        film_seconds_done=count.film_s,
        decode_errors=count.decode_errors,
        waited_s=count.waited_s,
        times_real_time=0.0,
        left_s=None,
    )
    assert loads(report.dumps()).waited_s == {"decoder": 3.0, "network": 0.5, "storing": 0.25}
    text = metrics.written(report, {}).decode()
    for stage, seconds in (("decoder", 3.0), ("network", 0.5), ("storing", 0.25)):
        assert f'filmdex_stage_seconds_total{{stage="{stage}"}} {seconds}\n' in text
