"""Indexing on every host of a Ray cluster: hosts decode and look, this process alone writes.

Claims, runs and what is stored are the driver's, exactly as on one machine: whichever host dies, a
film is stored once, and whichever driver comes next goes on from what is stored.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ...db.records import Precision
from .. import planning
from ..bundle import Bundle
from ..engine import Engine
from ..settings import Settings
from .afar import on
from .connecting import connected
from .fleet import Fleet


@contextmanager
def on_a_cluster(
    chosen: Bundle,
    settings: Settings,
    precision: Precision,
    films: int,
    address: str | None,
    gpus_per_actor: float | None,
    note: Callable[[str], None],
) -> Iterator[Engine]:
    """Take the hosts of the cluster at `address` into service.

    `note` is told what goes wrong with a host while others go on. Raises ClusterError or ModelError
    naming the address or the host.
    """
    with connected(address):
        fleet = Fleet.gather(chosen, settings.model, gpus_per_actor, note)
        index = settings.index
        at_a_time = fleet.share_out(films, index.workers, index.jobs)
        decoders = {"workers": index.workers or fleet.decoders}
        suited = settings.model_copy(update={"index": index.model_copy(update=decoders)})
        plan = planning.plan_with(chosen, fleet.provider, suited, precision, films)
        yield Engine(plan, on(fleet, settings.roots.roots()), at_a_time)
