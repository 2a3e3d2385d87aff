"""The page around a small library, and browsers that ask it: as its user, or as somebody else."""

import getpass
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from clips import BLUE, GREEN, RED, Take, render
from filling import FACTS as FACTS_OF_ALL
from filling import MODEL, SECOND, SETTINGS, film_tag, looked_at
from filmdex.db import films, jobs, models, persons, runs
from filmdex.db.records import FilmIdentity, Location, Role, SeenShot
from filmdex.db.store import Connection, Store
from filmdex.indexer.fingerprint import fingerprint
from filmdex.indexer.settings import Settings, load
from filmdex.indexer.web.access import Access, decided
from filmdex.indexer.web.app import make_app
from filmdex.indexer.web.desk import Desk
from starlette.testclient import TestClient

HOST, PORT = "127.0.0.1", 8350
HOME = f"http://{HOST}:{PORT}"
FACTS = replace(FACTS_OF_ALL, container="matroska,webm")
POLICY = """name = "house"
[[rule]]
tag = "Animation"
threshold = 0.6
action = "skip"
"""
# Three takes of a second, cut at one and two seconds.
TAKES = (Take(RED, 25), Take(GREEN, 25), Take(BLUE, 25))
SHOTS = (
    looked_at(0, SECOND, 0.75, 0.0, 0.0, 0.0),
    looked_at(SECOND, 2 * SECOND, 0.125, 0.5, 0.0, 0.875),
    looked_at(2 * SECOND, 4 * SECOND, 0.625, 0.0, 0.0, 0.0),
)
TITLES = ("Alpha", "Beta", "Gamma")


@dataclass(frozen=True)
class Page:
    """A running page: `local` asks as its own user, with what every change must carry."""

    desk: Desk
    local: TestClient
    clip: Path

    def get(self, path: str, **params: Any) -> Any:
        """Ask the API, and read the answer."""
        answer = self.local.get(f"/api/v1{path}", params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def somebody(self, name: str, role: str) -> TestClient:
        """Give somebody a token, and a client that sends it."""
        with self.desk.store.writing() as db:
            token = persons.add(db, name, Role(role), 1).token
        return browser(self.desk, Authorization=f"Bearer {token}")


def settings_in(folder: Path, bundle: Path, **more: Any) -> Settings:
    """Give settings that keep everything in a folder."""
    own = folder / "policies"
    own.mkdir(exist_ok=True)
    (own / "house.toml").write_text(POLICY, encoding="utf-8")
    flags = {
        "database.path": folder / "library.db",
        "audit.key": folder / "audit.key",
        "audit.log": folder / "audit.log",
        "policy.folder": own,
        "web.frames": folder / "frames",
        "model.bundle": str(bundle),
    }
    return load(None, flags | more).settings


def fill(store: Store, clip: Path) -> None:
    """Index three films, the first of which is there; a fourth has failed, a fifth waits."""
    with store.writing() as db:
        models.register(db, MODEL)
        with clip.open("rb") as file:
            identity = fingerprint(file.fileno())
        facts = clip.stat()
        add(db, TITLES[0], identity, Location(os.fsencode(clip), facts.st_size, facts.st_mtime_ns))
        for number, title in enumerate(TITLES[1:], 2):
            path = f"/films/{title}.mkv".encode()
            add(db, title, FilmIdentity(f"{number:064x}", 7), Location(path, 7, 1))
        for number, title in ((4, "Delta"), (5, "Epsilon")):
            seen = Location(f"/films/{title}.mkv".encode(), 7, 1)
            films.record(db, FilmIdentity(f"{number:064x}", 7), seen, 1, lambda _: False)
        held = jobs.claim(db, 4, "somebody", lambda _: True, 1)
        assert held
        jobs.end_failed(db, held, "MediaError", "no picture in it", 2)
        jobs.queue(db, 5, 0, 1)


def add(
    db: Connection,
    title: str,
    identity: FilmIdentity,
    seen: Location,
    shots: tuple[SeenShot, ...] = SHOTS,
) -> int:
    """Store one film under a title, with a complete run."""
    film_id = films.record(db, identity, seen, 5, lambda _: False)
    model_id = models.register(db, MODEL)
    run_id = runs.begin(db, film_id, model_id, SETTINGS, "cpu", "0", FACTS, 1)
    runs.append(db, run_id, 0, shots)
    tags = [film_tag("Animation", 0.75), film_tag("Nudity", 0.875, 0.5)]
    runs.finish(db, run_id, FACTS, tags, 2)
    assert films.read(db, film_id).title == title
    return film_id


def browser(desk: Desk, **headers: str) -> TestClient:
    """Give a client of a page that is known by the page's own name."""
    return TestClient(make_app(desk), base_url=home(desk.access), headers=headers)


def home(access: Access) -> str:
    """Return where a page is."""
    name = sorted(access.names)[0] if not access.local else HOST
    port = "" if access.port is None else f":{access.port}"
    return f"{access.scheme}://{name}{port}"


@contextmanager
def serving(
    folder: Path, bundle: Path, access: Access | None = None, **more: Any
) -> Iterator[Page]:
    """Open a page around a filled library."""
    settings = settings_in(folder, bundle, **more)
    clip = render(folder / "Alpha.mp4", TAKES)
    with Store.open(settings.database.path) as store:
        fill(store, clip)
        desk = Desk.at(store, settings, access or decided(HOST, PORT))
        try:
            local = browser(desk, **{"X-CSRF-Token": desk.local_csrf})
            yield Page(desk, local, clip)
        finally:
            desk.close()


USER = getpass.getuser()
