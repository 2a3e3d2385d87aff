"""Writing a film's spans: what from, where to, and whether anything has changed since."""

import hashlib
import json
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import platformdirs

from ..db import audit
from ..db.errors import OutputError
from ..db.records import Film, Indexed, show_path
from ..db.store import Store
from .file_mode import usual_mode
from .judging import Examined, Keeper
from .moderation.documents import verdict_document
from .outputs.cutlist import CutList, Still
from .outputs.formats import FORMATS
from .outputs.timecode import Timecode, constant_rate


@dataclass(frozen=True, slots=True)
class Written:
    """Where an output is; `fresh` is false where it was there already, the same."""

    path: bytes
    fresh: bool
    elsewhere: bool


def cut_list(examined: Examined, now_us: int, start_timecode: str | None = None) -> CutList:
    """Make a verdict ready to be written. Raises OutputError if the film was never indexed."""
    film = examined.film
    if not isinstance(film.state, Indexed):
        raise OutputError(f"{film.title}: {examined.verdict.reasons[0]}; nothing to write")
    run = film.state
    times = [shot.span.start_us for shot in examined.shots]
    times += [sample.time_us for shot in examined.shots for sample in shot.samples]
    rate = constant_rate(run.facts.frame_rate, times)
    start_frame = 0
    if start_timecode is not None:
        if rate is None:
            raise OutputError(f"{film.title}: no constant frame rate for timecode to count")
        try:
            start_frame = Timecode(rate).read(start_timecode)
        except ValueError as error:
            raise OutputError(str(error)) from error
    return CutList(
        verdict=examined.verdict,
        facts=run.facts,
        path=path_of(examined.film),
        provider=run.provider,
        indexed_us=run.indexed_us,
        made_us=now_us,
        rate=rate,
        start_frame=start_frame,
    )


def path_of(film: Film) -> bytes:
    """Return where a film lies, or lay when it was last seen. Raises OutputError if nowhere."""
    paths = film.paths
    if not paths:
        raise OutputError(f"{film.title}: it is not known where it lies; index it again")
    return next((path for path in paths if os.path.exists(path)), paths[0])  # noqa: PTH110


def place_beside(film: bytes, suffix: str, fingerprint: str) -> tuple[bytes, bool]:
    """Return where an output goes: beside the film, or if that cannot be written to, elsewhere.

    Elsewhere is a folder of the user's own, by the film's fingerprint. The second value tells so.
    """
    stem = os.path.splitext(film)[0]  # noqa: PTH122  a path of bytes
    folder, name = os.path.split(stem + suffix.encode())
    if os.path.isdir(folder) and os.access(folder, os.W_OK):  # noqa: PTH112
        return os.path.join(folder, name), False  # noqa: PTH118
    own = platformdirs.user_data_path("filmdex") / "outputs" / fingerprint
    own.mkdir(parents=True, exist_ok=True)
    return os.path.join(os.fsencode(own), name), True  # noqa: PTH118


def write_whole(path: bytes, data: bytes) -> None:
    """Write a file in one step: whole, or not at all. Raises OSError."""
    folder, name = os.path.split(path)
    fd, fresh = tempfile.mkstemp(prefix=b".filmdex.", dir=folder or b".")
    try:
        with os.fdopen(fd, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(fresh, usual_mode())  # noqa: PTH101
        os.replace(fresh, os.path.join(folder, name))  # noqa: PTH105, PTH118
    except BaseException:
        if os.path.exists(fresh):  # noqa: PTH110
            os.unlink(fresh)  # noqa: PTH108
        raise


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes outputs, and keeps what each was made from, so that none is made again in vain."""

    store: Store
    keeper: Keeper
    now_us: Callable[[], int]
    force: bool = False

    def write(
        self, cuts: CutList, form: str, stills: Callable[[], tuple[Still, ...]], to: Path | None
    ) -> Written:
        """Write one format of a film, beside it or `to` a file.

        Raises OutputError if a file is there that filmdex did not write, unless it is forced, and
        StoreError, before anything is written, if the audit could not tell of it.
        """
        chosen = FORMATS[form]
        verdict = cuts.verdict
        if to is None:
            path, elsewhere = place_beside(cuts.path, chosen.suffix, verdict.film.fingerprint)
        else:
            path, elsewhere = os.fsencode(to.absolute()), False
        if os.path.realpath(path) == os.path.realpath(cuts.path):
            raise OutputError(f"{show_path(path)}: that is the film itself")
        # By its place: another policy's output there is filmdex's own as well.
        subject = f"{verdict.film.fingerprint} {form} {show_path(path)}"
        made_from = _made_from(cuts, form)
        before = self._before(subject)
        there = _sha256(path)
        ours = before is not None and before.get("sha256") == there
        if ours and before is not None and before.get("made_from") == made_from:
            return Written(path, fresh=False, elsewhere=elsewhere)
        if there is not None and not ours and not self.force:
            raise OutputError(
                f"{show_path(path)}: is there already, and is not what filmdex last wrote; "
                "--force overwrites it, --output names another"
            )
        self.keeper.require_key()
        data = chosen.write(replace(cuts, stills=stills() if form == "html" else ()))
        write_whole(path, data)
        body = {
            "format": form,
            "path": show_path(path),
            "sha256": hashlib.sha256(data).hexdigest(),
            "made_from": made_from,
            "verdict": verdict.outcome.value,
            "policy_digest": verdict.policy.digest,
        }
        self.keeper.output(verdict, subject, body, self.now_us())
        return Written(path, fresh=True, elsewhere=elsewhere)

    def _before(self, subject: str) -> dict[str, object] | None:
        with self.store.reading() as db:
            entry = audit.last(db, "output", subject)
        return None if entry is None else dict(json.loads(entry.body))


def note_copy(keeper: Keeper, cuts: CutList, path: bytes, now_us: int) -> None:
    """Write to the audit that a censored copy was made."""
    verdict = cuts.verdict
    subject = f"{verdict.film.fingerprint} copy {show_path(path)}"
    body = {
        "format": "copy",
        "path": show_path(path),
        "made_from": _made_from(cuts, "copy"),
        "verdict": verdict.outcome.value,
        "policy_digest": verdict.policy.digest,
    }
    keeper.output(verdict, subject, body, now_us)


def _made_from(cuts: CutList, form: str) -> str:
    """Name everything that an output depends on, but the time of day."""
    parts = [form, verdict_document(cuts.verdict), str(cuts.rate), cuts.start_frame]
    parts += [show_path(cuts.path), cuts.indexed_us]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _sha256(path: bytes) -> str | None:
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return None
