"""What the daemon says: one JSON object a line under systemd's journal, words on a terminal."""

import json
import logging
import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime

# What systemd says of the stream that it gave (systemd.exec(5)): device and inode.
JOURNAL_VARIABLE = "JOURNAL_STREAM"
# Levels as the journal knows them (sd-daemon(3)).
_PRIORITIES = {logging.ERROR: 3, logging.WARNING: 4, logging.INFO: 6, logging.DEBUG: 7}

log = logging.getLogger("filmdex.watch")


def say(level: int, event: str, message: str, **facts: object) -> None:
    """Log an event with its facts; `event` is a name that does not change."""
    log.log(level, message, extra={"event": event, "facts": facts})


class JsonLines(logging.Formatter):
    """One JSON object: time, level, event, message, and the facts."""

    def format(self, record: logging.LogRecord) -> str:
        """Write a record as one line. The prefix tells the journal how grave it is."""
        row = {
            "time": _iso(record),
            "level": record.levelname.lower(),
            "event": getattr(record, "event", record.name),
            "message": record.getMessage(),
            **_facts(record),
        }
        if record.exc_info:
            row["trace"] = self.formatException(record.exc_info)
        return f"<{_PRIORITIES.get(record.levelno, 6)}>{json.dumps(row, default=str)}"


class Words(logging.Formatter):
    """Time and message, for people; control characters of names are escaped."""

    def format(self, record: logging.LogRecord) -> str:
        """Write a record as one line."""
        grave = f"{record.levelname.lower()}: " if record.levelno >= logging.WARNING else ""
        message = record.getMessage().replace("\n", " ")
        safe = "".join(c if c.isprintable() else repr(c)[1:-1] for c in message)
        words = f"{_iso(record)[11:19]} {grave}{safe}"
        return f"{words}\n{self.formatException(record.exc_info)}" if record.exc_info else words


def begin(level: int = logging.INFO) -> None:
    """Send what is logged to stderr, in the form that fits who reads it."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if _is_the_journal() else Words())
    log.handlers[:] = [handler]
    log.setLevel(level)
    log.propagate = False


def _is_the_journal() -> bool:
    named = os.environ.get(JOURNAL_VARIABLE, "")
    try:
        facts = os.fstat(sys.stderr.fileno())
    except (OSError, ValueError):
        return False
    return named == f"{facts.st_dev}:{facts.st_ino}"


def _iso(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")


def _facts(record: logging.LogRecord) -> Mapping[str, object]:
    facts: Mapping[str, object] = getattr(record, "facts", {})
    return facts
