"""The `filmdex` command: which commands there are, and what becomes of an error.

A command's module is imported when the command is used, so that `filmdex --help` loads no codec, no
network and no database.
"""

import importlib
import io
import os
import signal
import sys
import traceback
from contextlib import suppress
from importlib.metadata import EntryPoint, entry_points, version
from types import FrameType
from typing import NoReturn

import click

from ...db.errors import ConfigError, CursorError, FilmdexError, PolicyError, QueryError

EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_NOTHING_MATCHED = 3
EXIT_VIOLATED = 4
EXIT_UNDECIDED = 5
EXIT_INTERRUPTED = 130

# name: (module beside this one, one line for the list)
COMMANDS = {
    "index": ("index", "Index films: cut, look, tag, store."),
    "watch": ("watch", "Watch folders, and keep them indexed."),
    "jobs": ("jobs", "List the work, and change its order."),
    "pause": ("pause", "Have no daemon work until resumed."),
    "resume": ("resume", "Have the daemons go on."),
    "accept": ("accept", "Say that films which vanished from a root are gone."),
    "refine": ("refine", "Make the boundaries of a keyframe run exact, where needed."),
    "show": ("show", "Show one film: its tags, and a timeline."),
    "films": ("films", "List the films in the library."),
    "search": ("search", "Find films or shots by what is seen in them."),
    "searches": ("searches", "List and remove saved searches."),
    "similar": ("similar", "Find the shots that look most like one, or a picture."),
    "duplicates": ("duplicates", "Find footage that several films show."),
    "like": ("like", "Find the films that are most like one, and why."),
    "story": ("story", "Tell a film as a table of its stretches."),
    "check": ("check", "Check films against a policy; the exit code is the verdict."),
    "policy": ("policy", "List, read, compare and begin policies."),
    "explain": ("explain", "Show the evidence behind a verdict."),
    "review": ("review", "Decide what a policy found, the most telling first."),
    "censor": ("censor", "Write a film's spans for players, editors and archives."),
    "audit": ("audit", "Verify that nothing that was decided has been changed since."),
    "serve": ("serve", "Serve the library to browsers: watch, search and review it."),
    "persons": ("persons", "Give people tokens for the page, each with a role."),
    "rescore": ("rescore", "Score the library anew by another head, without decoding."),
    "status": ("status", "Show the state of the library and of the work."),
    "model": ("model", "Look into the model that is used."),
    "db": ("db", "Look after the library: backup, restore, check, compact, export."),
    "config": ("config", "Show the configuration and where it comes from."),
    "doctor": ("doctor", "Check this installation, and say how to mend it."),
    "bench": ("bench", "Measure what indexing and searching cost on this machine."),
    "demo": ("demo", "Index three short clips and show what comes out."),
}
PLUGINS = "filmdex.commands"
DEBUG_VARIABLE = "FILMDEX_DEBUG"


class LazyGroup(click.Group):
    """A group whose commands are imported when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Name all commands, the program's own in their order, then those of other parts."""
        return [*COMMANDS, *(entry.name for entry in entry_points(group=PLUGINS))]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import a command."""
        if cmd_name in COMMANDS:
            module = importlib.import_module(f"{__package__}.{COMMANDS[cmd_name][0]}")
            command: click.Command = module.command
            return command
        for entry in entry_points(group=PLUGINS, name=cmd_name):
            return _plugin(entry)
        return None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the commands without importing one of the program's own."""
        rows = [(name, line) for name, (_, line) in COMMANDS.items()]
        for entry in entry_points(group=PLUGINS):
            try:
                rows.append((entry.name, _plugin(entry).get_short_help_str()))
            except click.ClickException as error:
                rows.append((entry.name, f"({_safe(error.message)})"))
        with formatter.section("Commands"):
            formatter.write_dl(rows)


def _plugin(entry: EntryPoint) -> click.Command:
    try:
        plugin = entry.load()
    except Exception as error:  # somebody else's module: importing it may do anything
        reason = f"{type(error).__name__}: {error}"
        raise click.ClickException(f"cannot be loaded: {reason}") from error
    if not isinstance(plugin, click.Command):
        raise click.ClickException(f"cannot be loaded: {entry.value} is no command")
    return plugin


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(version("filmdex"), prog_name="filmdex")
def cli() -> None:
    """Index films by what is seen in them, and search what was seen.

    Exit codes: 0 fine, 1 failed, 2 usage, 3 nothing matched,
    4 policy violated, 5 undecided, 130 interrupted.
    """


def main() -> NoReturn:
    """Run the command line; the only place that turns errors into words and exit codes."""
    _listen()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = cli.main(standalone_mode=False)
    except click.exceptions.Abort:
        code = _said("interrupted; what was finished is kept", EXIT_INTERRUPTED)
    except KeyboardInterrupt:
        code = _said("interrupted; what was finished is kept", EXIT_INTERRUPTED)
    except click.ClickException as error:
        told = io.StringIO()
        error.show(told)
        click.echo(_safe(told.getvalue()), err=True, nl=False)
        code = error.exit_code
    except QueryError as error:
        code = _said(_with_caret(error), EXIT_USAGE)
    except (ConfigError, CursorError, PolicyError) as error:
        code = _said(_safe(str(error)), EXIT_USAGE)
    except FilmdexError as error:
        code = _said(_safe(str(error)), EXIT_FAILED)
    except BrokenPipeError:
        # Whoever read our output has had enough; keep Python from complaining about the rest.
        sys.stderr.close()
        code = EXIT_FAILED
    except OSError as error:
        code = _said(_safe(told_by_system(error)), EXIT_FAILED)
    except Exception as error:  # noqa: BLE001  nobody foresaw it; a traceback is no answer
        if os.environ.get(DEBUG_VARIABLE):
            traceback.print_exc()
        said = _safe(f"{type(error).__name__}: {error}".replace("\n", " "))
        code = _said(f"unexpected: {said}; please report it", EXIT_FAILED)
    sys.exit(code)


def _listen() -> None:
    """Take being told to end, and the terminal's going away, as an interruption."""
    signal.signal(signal.SIGTERM, _interrupt)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # as under nohup
        signal.signal(signal.SIGHUP, _interrupt)


def told_by_system(error: OSError) -> str:
    """Say what the operating system refused, and of which file; its name may be bytes."""
    if not error.filename:
        return error.strerror or str(error)
    return f"{os.fsdecode(error.filename)}: {error.strerror}"


def _said(message: str, code: int) -> int:
    with suppress(OSError):  # after a hang-up there is no terminal to say it on
        click.echo(f"filmdex: {message}", err=True)
    return code


def _safe(message: str) -> str:
    """Escape what a file's name in a message could do to a terminal; its lines stay lines."""
    from .output import shown

    return "\n".join(map(shown, message.split("\n")))


def _with_caret(error: QueryError) -> str:
    from .output import shown

    blank = " " * len(shown(error.text[: error.column]))
    return f"{shown(error.message)}\n  {shown(error.text)}\n  {blank}^"


def _interrupt(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt
