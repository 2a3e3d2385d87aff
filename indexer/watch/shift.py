"""Everything that one configuration makes: roots that are kept, films that are worked on."""

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ...db.errors import ConfigError
from ...db.records import US_PER_SECOND, Precision
from ...db.roots import Roots
from ...db.store import Store
from .. import bundle, indexing, planning
from ..batching import Batcher, Crew
from ..network import Network, open_network
from ..settings import Settings
from ..viewing import here
from ..watch_settings import RootSettings
from .absent import AbsentRoots
from .eyes import Eyes
from .foreman import Foreman
from .keeper import Alarm, RootKeeper, RootOrders
from .ledger import Ledger
from .scan import Filter
from .waking import Waker
from .window import Windows


@dataclass(slots=True)
class Shift:
    """What works until the configuration changes, or the daemon ends."""

    settings: Settings
    network: Network
    batcher: Batcher
    keepers: tuple[RootKeeper, ...]
    absent: AbsentRoots
    foreman: Foreman
    windows: Windows

    @classmethod
    def begin(
        cls,
        settings: Settings,
        store: Store,
        hear: indexing.Tell,
        tell: Callable[[Alarm], None],
    ) -> "Shift":
        """Open the network and set everything up; nothing is looked at yet.

        Raises ModelError or ConfigError before anything has begun.
        """
        if not settings.watch.roots:
            raise ConfigError(
                "there is nothing to watch; name folders, or add [[watch.roots]] to the "
                "configuration (`filmdex config example`)"
            )
        chosen = bundle.load(bundle.locate(settings.model.bundle))
        crew = Crew.of(settings.model.threads)
        network = open_network(chosen, settings.model.model_copy(update={"threads": crew.threads}))
        batcher = crew.batcher(network).__enter__()
        desks = tuple(
            indexing.Desk(
                plan=planning.plan(network, settings, precision),
                wanted=planning.wanted(chosen, settings, precision),
                view=here(batcher),
                store=store,
                tell=hear,
                force=False,
                stop=threading.Event(),
                gone=_never,
                as_found=True,
            )
            for precision in _passes(settings)
        )
        keepers = tuple(_keeper(root, settings, store, tell) for root in settings.watch.roots)
        return cls(
            settings=settings,
            network=network,
            batcher=batcher,
            keepers=keepers,
            absent=AbsentRoots(_unwatched(store.roots, keepers), tell),
            foreman=Foreman(desks, planning.parallel_films(settings.index), tell),
            windows=Windows.parse(settings.watch.hours),
        )

    def end(self, within_s: float) -> bool:
        """Stop everything, keeping what is finished; tell whether all films have ended."""
        ended = self.foreman.drain(within_s)
        for keeper in self.keepers:
            keeper.close()
        self.absent.close()
        if ended:
            self.batcher.__exit__(None, None, None)
        return ended


def _never(_: bytes) -> bool:
    """Leave it to the scan whether a place is gone: a root that is not mounted has lost nothing."""
    return False


def _passes(settings: Settings) -> tuple[Precision, ...]:
    both = (Precision.KEYFRAMES, Precision.EXACT)
    return both if settings.watch.exact == "idle" else both[:1]


def _keeper(
    root: RootSettings, settings: Settings, store: Store, tell: Callable[[Alarm], None]
) -> RootKeeper:
    path = os.fsencode(os.path.realpath(root.path))
    seconds = root.interval_seconds or settings.watch.interval_seconds
    orders = RootOrders(
        path=path,
        priority=root.priority,
        interval_us=round(seconds * US_PER_SECOND),
        settle_us=round(settings.watch.settle_seconds * US_PER_SECOND),
    )
    eyes = Eyes(path, Filter.of(root.include, root.exclude))
    return RootKeeper(orders, eyes, Waker(path, events=root.events), Ledger(store), tell)


def _unwatched(roots: Roots, keepers: tuple[RootKeeper, ...]) -> Roots:
    watched = {keeper.orders.path for keeper in keepers}
    return Roots(tuple(root for root in roots.folders if root[1] not in watched))


def with_roots(settings: Settings, folders: tuple[Path, ...]) -> Settings:
    """Watch these folders in place of the configured roots, if any are named."""
    if not folders:
        return settings
    named = [{"path": str(folder.resolve())} for folder in folders]
    watch = settings.watch.model_dump() | {"roots": named}
    checked = type(settings.watch).model_validate(watch)
    return settings.model_copy(update={"watch": checked})
