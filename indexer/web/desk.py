"""What every request works with: the open library, the settings, and who is logged in."""

import getpass
from dataclasses import dataclass, field
from typing import Annotated, Self

from fastapi import Depends, Request

from ...db.store import Store
from ..settings import Settings
from .access import Access
from .frames.taking import Frames
from .outcomes import KeptOutcomes
from .pulse import Pulse
from .queue import Queues
from .rates import Rates
from .seeking import Seekers
from .sessions import Sessions, new_csrf
from .shelf import Policies
from .turns import Turns

# Ten mistakes at once, then one every ten seconds: a token of 256 bits is not guessed at that pace.
LOGIN_RATE, LOGIN_BURST = 0.1, 10


@dataclass(frozen=True, slots=True)
class Desk:
    """One running page."""

    store: Store
    settings: Settings
    access: Access
    policies: Policies
    frames: Frames
    pulse: Pulse
    seekers: Seekers
    sessions: Sessions = field(default_factory=Sessions)
    logins: Rates = field(default_factory=lambda: Rates(LOGIN_RATE, LOGIN_BURST))
    local_name: str = field(default_factory=getpass.getuser)
    local_csrf: str = field(default_factory=new_csrf)
    outcomes: KeptOutcomes = field(default_factory=KeptOutcomes)
    queues: Queues = field(default_factory=Queues)
    # Pictures are looked at one by one: each opens a network of a hundred megabytes.
    pictures: Turns = field(default_factory=lambda: Turns(1, 5, "other pictures are looked at"))

    @classmethod
    def at(cls, store: Store, settings: Settings, access: Access) -> Self:
        """Set up the desk for an open library."""
        return cls(
            store,
            settings,
            access,
            Policies(settings),
            Frames(settings),
            Pulse(store, settings),
            Seekers(store, settings),
        )

    def close(self) -> None:
        """End what is under way."""
        self.seekers.close()
        self.frames.close()


async def _desk(request: Request) -> Desk:
    desk: Desk = request.app.state.desk
    return desk


Here = Annotated[Desk, Depends(_desk)]
