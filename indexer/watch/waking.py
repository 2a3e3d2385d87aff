"""Hearing of changes: watchdog's events only wake the scanner, which is the truth."""

import errno
import threading

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver

from .changes import Pass
from .mounts import most_watches, silent_kind

# What tells of a change; opening and closing a file without writing does not.
TOLD_NOT_TO = "events are switched off"
TELLING = frozenset(("created", "deleted", "moved", "modified", "closed"))


class _Bell(FileSystemEventHandler):
    def __init__(self) -> None:
        self.rung = threading.Event()

    def on_any_event(self, event: FileSystemEvent) -> None:
        if event.event_type in TELLING:
            self.rung.set()


class Waker:
    """One root's: hears of changes if that can be, and says why if it cannot."""

    def __init__(self, root: bytes, *, events: bool) -> None:
        self._root = root
        self._bell = _Bell()
        self._observer: BaseObserver | None = None
        self._why = "" if events else TOLD_NOT_TO
        self.lost = 0
        self._too_large: int | None = None

    def woken(self) -> bool:
        """Whether something changed since this was last asked."""
        # Cleared only where it was set: what rings between the two must not be lost.
        if not self._bell.rung.is_set():
            return False
        self._bell.rung.clear()
        return True

    def how(self) -> str:
        """Say how the root is watched."""
        return "events" if self._observer else f"polling because {self._why or 'not looked at yet'}"

    def refresh(self, look: Pass) -> None:
        """Begin to listen once the root is there, and stop if it is too large or cannot tell."""
        if self._why == TOLD_NOT_TO or not look.folders:
            return
        if kind := silent_kind(self._root):
            self._mute(kind)
        elif len(look.folders) > (most := most_watches()):
            self._mute(f"it has {len(look.folders)} folders, and max_user_watches is {most}")
        elif self._observer is None:
            # watchdog leaves three descriptors open where it fails, so a root that was too large is
            # tried again when it has become smaller, and not each time.
            if self._too_large is None or len(look.folders) < self._too_large:
                self._listen(len(look.folders))
        elif not self._observer.is_alive():
            self._mute("the watch was lost")
            self._listen(len(look.folders))

    def close(self) -> None:
        """Hear no more."""
        if self._observer is not None:
            self._observer.stop()
            self._observer = None

    def _mute(self, why: str) -> None:
        self.lost += self._observer is not None
        self.close()
        self._why = why

    def _listen(self, folders: int) -> None:
        observer = Observer()
        try:
            observer.schedule(
                self._bell, self._root.decode("utf-8", "surrogateescape"), recursive=True
            )
            observer.start()
        except OSError as error:
            observer.unschedule_all()
            self._too_large = folders
            limit = error.errno in (errno.ENOSPC, errno.EMFILE)
            self._mute("the limit of inotify is reached" if limit else str(error))
        else:
            self._observer, self._why = observer, ""
            # What happened before anything was listened to is found by one more look.
            self._bell.rung.set()
