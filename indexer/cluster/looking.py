"""An actor that holds open networks, and looks at pictures of all films that are sent to it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..batching import Crew
from ..network import Looked, open_network
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

    def __init__(
        self,
        digest: str,
        sent: Sequence[Callable[[], Files]],
        settings: ModelSettings,
        cpus: int,
    ) -> None:
        crew = Crew.of(settings.threads or cpus)
        shared_out = settings.model_copy(update={"threads": crew.threads})
        self._network = open_network(bundle_here(digest, sent), shared_out)
        self._batcher = crew.batcher(self._network).__enter__()

    def facts(self) -> LookingFacts:
        """Say what looks, and where."""
        return LookingFacts(here_named(), self._network.provider, self._network.precision)

    def look(self, picture: Pixels) -> Looked:
        """Look at a picture's views, `(VIEWS, side, side, 3) uint8`; called by many at once."""
        return self._batcher.submit(picture).result()
