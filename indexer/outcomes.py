"""What the films of a library come to under a policy, for queries that ask for it."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from ..db.errors import PolicyError
from ..db.store import Connection
from ..db.vocabulary import nearest
from .comparing import Library
from .judging import known_tags
from .moderation import shelf
from .moderation.verdict import Outcome
from .settings import Settings


@dataclass(slots=True)
class Outcomes:
    """Judges the library as one connection sees it, once for each policy that is asked for.

    Called with a policy's name it is what `query_parser.parse` takes for verdicts.
    """

    db: Connection
    settings: Settings
    _library: Library | None = None
    _known: dict[str, Mapping[str, frozenset[int]]] = field(default_factory=dict)

    def __call__(self, policy: str) -> Mapping[str, frozenset[int]]:
        """Return the films of each outcome.

        Only policies on the shelf: a query comes from anywhere, and may open no file of its choice.
        Raises PolicyError if there is no such policy, or if it cannot be read.
        """
        if policy not in self._known:
            self._known[policy] = self._judged(policy)
        return self._known[policy]

    def _judged(self, name: str) -> Mapping[str, frozenset[int]]:
        listed = {one.name: one for one in shelf.shelved(self.settings.policy.folder)}
        if name not in listed:
            near = nearest(name, listed) or tuple(listed)
            raise PolicyError(f"no policy {name!r}; there are {', '.join(near)}")
        policy = shelf.load(listed[name].path, known_tags(self.db, self.settings))
        if self._library is None:
            self._library = Library(self.db)
        films = defaultdict[Outcome, set[int]](set)
        for film_id, outcome in self._library.outcomes(policy).items():
            films[outcome].add(film_id)
        return {outcome.value: frozenset(films[outcome]) for outcome in Outcome}
