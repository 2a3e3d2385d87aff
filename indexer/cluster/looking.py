"""An actor that holds open networks, and looks at pictures of all films that are sent to it."""

import threading
from dataclasses import dataclass

from ...db.errors import ClusterError, ModelError
from ..batching import Batcher, Crew
from ..bundle import Bundle
from ..network import Looked, Network, open_network
from ..pixels_type import Pixels
from ..sessions import Provider
from ..settings import ModelSettings
from .hosts import Files, bundle_here, here_named


@dataclass(frozen=True, slots=True)
class LookingFacts:
    """What looks, and where."""

    host: str
    provider: Provider
    precision: str


class LookingActor:
    """Looks at pictures, as many at a time as suit its provider.

    Begun anew by Ray when its process dies; what it was asked meanwhile is asked again.
    """

    def __init__(self, digest: str, settings: ModelSettings, cpus: int) -> None:
        self._digest, self._settings, self._cpus = digest, settings, cpus
        self._opening = threading.Lock()
        self._at_work: tuple[Network, Batcher] | None = None

    def facts(self, sent: Files | None) -> LookingFacts:
        """Open the model, which may have been `sent`, and say what looks, and where.

        Raises ClusterError naming this host.
        """
        network, _ = self._opened(sent)
        return LookingFacts(here_named(), network.provider, network.precision)

    def look(self, picture: Pixels) -> Looked:
        """Look at a picture's views, `(VIEWS, side, side, 3) uint8`; called by many at once."""
        _, batcher = self._opened(None)
        return batcher.submit(picture).result()

    def _opened(self, sent: Files | None) -> tuple[Network, Batcher]:
        with self._opening:
            if self._at_work is None:
                self._at_work = self._open(bundle_here(self._digest, sent))
            return self._at_work

    def _open(self, chosen: Bundle) -> tuple[Network, Batcher]:
        crew = Crew.of(self._settings.threads or self._cpus)
        shared_out = self._settings.model_copy(update={"threads": crew.threads})
        try:
            network = open_network(chosen, shared_out)
        except ModelError as error:
            raise ClusterError(f"host {here_named()}: {error}") from error
        return network, crew.batcher(network).__enter__()
