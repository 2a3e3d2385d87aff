"""`filmdex bench make-library`: a library of made-up films, to try things out at any size."""

import time
from pathlib import Path

import click
from rich.progress import BarColumn, TimeRemainingColumn

from .progress import bars


@click.command("make-library")
@click.argument("library", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--films", type=click.IntRange(1), default=10_000, show_default=True, help="So many films."
)
@click.option(
    "--shots",
    type=click.IntRange(1),
    default=1_200,
    show_default=True,
    help="So many shots has a film, in the mean.",
)
@click.option(
    "--seed", type=click.IntRange(0), default=0, show_default=True, help="What chance begins with."
)
@click.option(
    "--embeddings",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="So many of the films have embeddings, 2.1 KB a sample.",
)
@click.option("--model", help="A model's name or folder: whose tags the films have.")
def command(
    library: Path, films: int, shots: int, seed: int, embeddings: int, model: str | None
) -> None:
    """Write the new library file LIBRARY, of films that are made up: through filmdex's own storage.

    10,000 films are some 12 million shots and 2 GB; the same seed makes the same library.
    """
    from ...db.store import Store
    from .. import bundle
    from ..bench.made_library import fill

    if library.exists():
        raise click.ClickException(f"{library} is there already; name another file, or remove it")
    chosen = bundle.load(bundle.locate(model or bundle.DEFAULT))
    began, stored = time.perf_counter(), 0
    with Store.open(library) as store, bars(BarColumn(), TimeRemainingColumn()) as bar:
        task = bar.add_task("shots", total=films * shots)
        for count in fill(
            store,
            chosen.facts,
            films,
            shots=shots,
            seed=seed,
            width=chosen.card.embedding_width,
            with_embeddings=embeddings,
        ):
            stored += count
            bar.advance(task, count)
    took_s = time.perf_counter() - began
    size = library.stat().st_size
    click.echo(
        f"{films:,} films, {stored:,} shots in {took_s:.0f} s: {stored / took_s:,.0f} shots a "
        f"second; {size / 1e9:.2f} GB, {size / stored:.0f} bytes a shot"
    )
