"""`filmdex serve`: the page."""

from pathlib import Path

import click

from ...db.errors import ConfigError
from .common import open_store, settings_from, with_settings
from .output import print_json

# What the extra [web] brings.
EXTRA = ("fastapi", "jinja2", "starlette", "uvicorn")
PEM = click.Path(dir_okay=False, path_type=Path)


@click.command("serve")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8350,
    show_default=True,
    help="0: any free one.",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option("--allow-host", "allowed", multiple=True, help="A further name to be asked for by.")
@click.option("--tls-cert", type=PEM, help="Speak TLS with this certificate (PEM).")
@click.option("--tls-key", type=PEM, help="The certificate's key (PEM).")
@click.option(
    "--behind-proxy",
    "proxy",
    is_flag=False,
    flag_value="127.0.0.1",
    metavar="[ADDRESS]",
    help="A proxy speaks TLS, from this address (127.0.0.1 if none is given).",
)
@click.option("--describe", is_flag=True, help="Print the API's description (OpenAPI), and end.")
@with_settings
def command(
    port: int,
    host: str,
    allowed: tuple[str, ...],
    tls_cert: Path | None,
    tls_key: Path | None,
    proxy: str | None,
    describe: bool,
    config: Path | None,
    database: str | None,
) -> None:
    """Serve the library to browsers, until told to end.

    On the loopback, to the user of this machine. At any other address it speaks TLS, or stands
    behind a proxy that does, and lets those in who have a token (`filmdex persons add`). Once
    there is a token, it is asked for on the loopback too.
    """
    try:
        from ..web import access, server
        from ..web.app import described, make_app
        from ..web.desk import Desk
    except ModuleNotFoundError as error:
        if error.name not in EXTRA:
            raise
        raise ConfigError(f"{error.name} is missing: pip install 'filmdex[web]'") from error
    if describe:
        print_json(described())
        return
    if (tls_cert is None) != (tls_key is None):
        raise click.UsageError("--tls-cert and --tls-key go together")
    tls = None if tls_cert is None or tls_key is None else server.Tls(tls_cert, tls_key)
    loaded = settings_from(config, database)
    with open_store(loaded) as store, server.listening(host, port) as sock:
        there = sock.getsockname()[1]
        reach = access.decided(host, there, allowed, tls=tls is not None, proxied=proxy is not None)
        desk = Desk.at(store, loaded.settings, reach)
        desk.seekers.begin()
        click.echo(f"filmdex: {reach.scheme}://{_shown(host)}:{there}/", err=True)
        try:
            server.serve(make_app(desk), sock, tls, proxy)
        except KeyboardInterrupt:  # being told to end is how this ends
            click.echo("filmdex: ended", err=True)
        finally:
            desk.close()


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host
