"""A picture from outside, as the network of the library sees it."""

from pathlib import Path

from ..db import embeddings
from ..db.errors import ModelError
from ..db.store import Connection
from .bundle import Bundle
from .bundle_store import Listed, listed
from .network import open_network
from .render.picture import picture_views
from .settings import ModelSettings


def bundle_for(db: Connection, in_use: str) -> Bundle:
    """Return a bundle that is here whose backbone looked at films of the library; of most, first.

    in_use: the configured one. Raises ModelError if none is, or no film is indexed.
    """
    wanted = embeddings.backbones(db)
    here = [one.bundle for one in listed(in_use) if isinstance(one, Listed)]
    for backbone in wanted:
        for bundle in here:
            if backbone and bundle.facts.backbone == backbone:
                return bundle
    if not wanted:
        raise ModelError("no film is indexed yet that a picture could be compared with")
    raise ModelError(
        "no model that is here has the backbone by which the library was indexed; "
        "`filmdex model pull` brings a model, --config or FILMDEX_MODEL__BUNDLE names one"
    )


def look_at_picture(path: Path, bundle: Bundle, settings: ModelSettings) -> bytes:
    """Return a picture's embedding, as those of films are stored.

    Raises MediaError, LimitError, WorkerError or OSError, as reading it fares, and ModelError.
    """
    card = bundle.card.input
    pixels = picture_views(path, (card.framing, card.expert_framing), card.side)
    (looked,) = open_network(bundle, settings).look(pixels[None])
    return looked.embedding
