"""What films are indexed by: a plan, somebody who decodes and looks, and how many at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from ..db.records import Precision
from . import planning
from .batching import Crew
from .bundle import Bundle
from .network import open_network
from .pipeline import Plan
from .settings import Settings
from .viewing import View, here


@dataclass(frozen=True, slots=True)
class Engine:
    """At work. How it does it is nobody else's business: the numbers are the same."""

    plan: Plan
    view: View
    films_at_a_time: int


@contextmanager
def on_this_machine(
    chosen: Bundle, settings: Settings, precision: Precision, films: int
) -> Iterator[Engine]:
    """Open the networks here. Raises ModelError."""
    crew = Crew.of(settings.model.threads)
    shared_out = settings.model.model_copy(update={"threads": crew.threads})
    network = open_network(chosen, shared_out)
    with crew.batcher(network) as batcher:
        yield Engine(
            planning.plan(network, settings, precision, films),
            here(batcher),
            planning.parallel_films(settings.index),
        )
