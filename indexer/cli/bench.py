"""`filmdex bench`: measuring on this machine. Films alone are enough to say what is measured."""

import importlib

import click

COMMANDS = {
    "films": ("bench_films", "Measure what indexing FILMS costs; the word itself can be left out."),
    "make-library": ("bench_library", "Make a library up, of any size."),
    "search": ("bench_search", "Measure how long searching a library takes."),
}


class FilmsOrNamed(click.Group):
    """A group whose first command may go without its name."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Name all commands."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import a command."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"{__package__}.{COMMANDS[cmd_name][0]}")
        command: click.Command = module.command
        return command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read what is no command as the films to measure with, and their options."""
        if args and args[0] not in (*COMMANDS, *ctx.help_option_names):
            args = ["films", *args]
        return super().parse_args(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the commands without importing one."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


@click.group("bench", cls=FilmsOrNamed)
def command() -> None:
    """Measure what indexing films costs here, and how long searching takes in a large library."""
