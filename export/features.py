"""Embeddings of pictures, exactly as the indexer will store them: rounded to float16."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from ..db.vectors import HALF
from ..indexer.bundle import Bundle
from ..indexer.framing import FRAMINGS
from ..indexer.framing_names import FramingName
from ..indexer.pixels_type import Pixels
from ..indexer.sessions import Provider, Session, open_session
from .feature_cache import FeatureCache
from .picture_files import decode

Floats = npt.NDArray[np.float32]

BATCH = 8
Item = TypeVar("Item")


class Extractor(Protocol):
    """A frozen network: pictures in, features out."""

    @property
    def digest(self) -> str:
        """What names all that the features depend on but the framing."""
        ...

    @property
    def framing(self) -> FramingName:
        """How pictures are brought to the square."""
        ...

    @property
    def side(self) -> int:
        """The square's side in pixels."""
        ...

    @property
    def width(self) -> int:
        """How many features a picture has."""
        ...

    def features(self, pictures: Pixels) -> Floats:
        """Return `(N, width) float32` for `(N, side, side, 3) uint8` RGB."""
        ...


@dataclass(frozen=True, slots=True)
class ShippedBackbone:
    """The backbone of a bundle: its features are those that libraries already hold."""

    digest: str
    framing: FramingName
    side: int
    width: int
    _session: Session

    @classmethod
    def of(
        cls, bundle: Bundle, provider: Provider = Provider.CPU, threads: int = 0
    ) -> "ShippedBackbone":
        """Open a bundle's backbone. Raises ModelError or ProviderUnavailable."""
        card = bundle.card
        return cls(
            digest=card.files[card.backbone.file],
            framing=card.input.framing,
            side=card.input.side,
            width=card.embedding_width,
            _session=open_session(bundle.path / card.backbone.file, provider, threads),
        )

    def features(self, pictures: Pixels) -> Floats:
        """Return `(N, width) float32` for `(N, side, side, 3) uint8` RGB."""
        return self._session.run(pictures)


@dataclass(frozen=True, slots=True)
class Extracted:
    """Features `(N, width) float32`, and how many of them were read rather than computed."""

    features: Floats
    read: int


def extract(
    pictures: Sequence[Path],
    extractor: Extractor,
    cache: Path,
    tell: Callable[[int, int], None] = lambda _done, _of: None,
) -> Extracted:
    """Return the features of pictures in order, from the folder `cache` where they are there.

    tell: how many are done, and of how many. Raises ModelError for an unreadable picture.
    """
    kept = FeatureCache.of(cache, extractor.digest, extractor.framing, extractor.width)
    frame = FRAMINGS[extractor.framing]
    features = np.zeros((len(pictures), extractor.width), np.float32)
    read = 0
    for rows in _batches(iter(range(len(pictures)))):
        missing: list[tuple[int, str, Pixels]] = []
        for row in rows:
            content = pictures[row].read_bytes()
            name = hashlib.sha256(content).hexdigest()
            if (found := kept.read(name)) is not None:
                features[row] = found
                read += 1
            else:
                picture = frame(decode(content, pictures[row]), extractor.side)
                missing.append((row, name, picture))
        if missing:
            made = extractor.features(np.stack([picture for _, _, picture in missing]))
            for (row, name, _), vector in zip(missing, made, strict=True):
                kept.write(name, vector)
                features[row] = vector.astype(HALF)
        tell(rows[-1] + 1, len(pictures))
    return Extracted(features, read)


def embed(graph: Path, pictures: Iterable[Pixels], threads: int = 0) -> Floats:
    """Return `(N, D) float32` embeddings, rounded to float16, of pictures of the input's size."""
    session = open_session(graph, Provider.CPU, threads)
    made = [session.run(np.stack(batch)) for batch in _batches(iter(pictures))]
    return np.concatenate(made).astype(HALF).astype(np.float32)


def _batches(items: Iterator[Item]) -> Iterator[list[Item]]:
    while batch := list(islice(items, BATCH)):
        yield batch
