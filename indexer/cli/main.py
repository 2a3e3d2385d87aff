"""The `filmdex` command: which commands there are, and what becomes of an error.

A command's module is imported when the command is used, so that `filmdex --help` loads no codec, no
network and no database.
"""

import importlib
import signal
import sys
from importlib.metadata import entry_points, version
from types import FrameType
from typing import NoReturn

import click

from ...db.errors import ConfigError, FilmdexError, QueryError

EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_NOTHING_MATCHED = 3
EXIT_INTERRUPTED = 130

# name: (module beside this one, one line for the list)
COMMANDS = {
    "index": ("index", "Index films: cut, look, tag, store."),
    "show": ("show", "Show one film: its tags, and a timeline."),
    "films": ("films", "List the films in the library."),
    "search": ("search", "Find films or shots by what is seen in them."),
    "status": ("status", "Show the state of the library and of the work."),
    "model": ("model", "Look into the model that is used."),
    "config": ("config", "Show the configuration and where it comes from."),
    "doctor": ("doctor", "Check this installation, and say how to mend it."),
    "demo": ("demo", "Index three short clips and show what comes out."),
}
PLUGINS = "filmdex.commands"


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
            plugin: click.Command = entry.load()
            return plugin
        return None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing one."""
        rows = [(name, line) for name, (_, line) in COMMANDS.items()]
        for entry in entry_points(group=PLUGINS):
            plugin = self.get_command(ctx, entry.name)
            if plugin is not None:
                rows.append((entry.name, plugin.get_short_help_str()))
        with formatter.section("Commands"):
            formatter.write_dl(rows)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(version("filmdex"), prog_name="filmdex")
def cli() -> None:
    """Index films by what is seen in them, and search what was seen.

    Exit codes: 0 fine, 1 failed, 2 usage, 3 nothing matched, 130 interrupted.
    """


def main() -> NoReturn:
    """Run the command line; the only place that turns errors into words and exit codes."""
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        code = cli.main(standalone_mode=False)
    except click.exceptions.Abort:
        code = _said("interrupted; what was finished is kept", EXIT_INTERRUPTED)
    except KeyboardInterrupt:
        code = _said("interrupted; what was finished is kept", EXIT_INTERRUPTED)
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except (QueryError, ConfigError) as error:
        code = _said(str(error), EXIT_USAGE)
    except FilmdexError as error:
        code = _said(str(error), EXIT_FAILED)
    except BrokenPipeError:
        # Whoever read our output has had enough; keep Python from complaining about the rest.
        sys.stderr.close()
        code = EXIT_FAILED
    except OSError as error:
        name = f"{error.filename}: " if error.filename else ""
        code = _said(f"{name}{error.strerror or error}", EXIT_FAILED)
    sys.exit(code)


def _said(message: str, code: int) -> int:
    click.echo(f"filmdex: {message}", err=True)
    return code


def _interrupt(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt
