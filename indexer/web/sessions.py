"""Who is logged in: kept in memory, so that a restart logs everybody out.

The cookie holds a random key and nothing else; the token itself is never sent again after the
login form. See the OWASP session management cheat sheet.
"""

import secrets
import threading
from dataclasses import dataclass, field

LIFETIME_S = 12 * 3600.0
MOST = 10_000
KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class Session:
    """A browser in which a person has logged in.

    `token_digest` is that of the token which was given: with a new one the old sessions end.
    `csrf` must come with whatever changes something.
    """

    person_id: int
    token_digest: str
    csrf: str
    ends_s: float


@dataclass(slots=True)
class Sessions:
    """The sessions under way, by the key that the cookie holds."""

    _by_key: dict[str, Session] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, person_id: int, token_digest: str, now_s: float) -> str:
        """Begin a session; return its key. The oldest gives way where there are too many."""
        key = secrets.token_urlsafe(KEY_BYTES)
        new = Session(person_id, token_digest, new_csrf(), now_s + LIFETIME_S)
        with self._lock:
            over = [old for old, session in self._by_key.items() if session.ends_s <= now_s]
            for old in over or list(self._by_key)[: len(self._by_key) - MOST + 1]:
                del self._by_key[old]
            self._by_key[key] = new
        return key

    def find(self, key: str, now_s: float) -> Session | None:
        """Find a session that has not ended."""
        session = self._by_key.get(key)
        return session if session is not None and now_s < session.ends_s else None

    def end(self, key: str) -> None:
        """End a session, if there is one."""
        with self._lock:
            self._by_key.pop(key, None)


def new_csrf() -> str:
    """Make what only the page itself can know, and another page cannot send along."""
    return secrets.token_urlsafe(KEY_BYTES)
