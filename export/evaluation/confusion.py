"""Which tags are claimed where others are missed.

Pictures have several tags, so there is no matrix of one truth against one answer. Here a row is a
tag that a picture shows and the model did not find, a column a tag that it claimed instead though
the picture is known not to show it. Claims of unsettled labels are neither right nor wrong, and are
left out.
"""

import numpy as np

from .judged import Flags, Judged
from .results import Confusion


def confusion(judged: Judged, taken: Flags, columns: tuple[int, ...]) -> Confusion:
    """Count wrong claims beside missed tags, among the tags `columns`; taken: `(N, T)`."""
    chosen = list(columns)
    settled, shown = judged.settled[:, chosen], judged.labels[:, chosen] > 0
    missed = (settled & shown & ~taken[:, chosen]).astype(np.int64)
    wrong = (settled & ~shown & taken[:, chosen]).astype(np.int64)
    quiet = (~wrong.any(axis=1)).astype(np.int64)
    return Confusion(
        tags=tuple(judged.tags[column] for column in columns),
        missed=tuple(missed.sum(axis=0).tolist()),
        silent=tuple((missed.T @ quiet).tolist()),
        claimed=tuple(map(tuple, (missed.T @ wrong).tolist())),
    )
