"""`filmdex explain`: the evidence behind a verdict, as text, as JSON, and as pictures."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..wall import wall_clock_us
from .common import open_store, settings_from, with_settings
from .common_policy import chosen_films, load_policy, with_policy
from .output import (
    Format,
    clock,
    console,
    counted,
    plain,
    plain_table,
    print_json,
    print_rows,
    shown,
    with_format,
)
from .times import Time

if TYPE_CHECKING:
    from ..judging import Examined
    from ..settings import Loaded

MOST_PICTURES = 24


@click.command("explain")
@click.argument("film")
@with_policy
@click.option(
    "--at",
    "at_us",
    type=Time(),
    metavar="TIME",
    help="Only this moment: 00:12:30, 12:30.5 or 750s.",
)
@click.option(
    "--strip",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE.html",
    help="Write the frames that were looked at to this page.",
)
@with_format
@with_settings
def command(
    film: str,
    policy_name: str,
    at_us: int | None,
    strip: Path | None,
    form: Format,
    config: Path | None,
    database: str | None,
) -> None:
    """Show why a policy says of FILM what it says: samples, probabilities, thresholds, reviews.

    With the digests of model and policy. A shot's probability is the highest of its samples'.
    """
    from ..explaining import explanation
    from ..judging import Judge

    loaded = settings_from(config, database)
    with open_store(loaded) as store:
        policy = load_policy(store, loaded.settings, policy_name)
        (found,) = chosen_films(store, (film,))
        judge = Judge(policy)
        with store.reading() as db:
            examined = judge.examine(db, found)
    basis = examined.verdict.basis
    if basis is not None and at_us is not None and at_us >= basis.duration_us:
        ends = clock(basis.duration_us)
        raise click.UsageError(f"--at {clock(at_us)}: {shown(found.title)} ends at {ends}")
    expansion = None if basis is None else judge.fitted(basis.model)
    document = explanation(examined, expansion, at_us)
    match form:
        case Format.JSON:
            print_json(document)
        case Format.TABLE:
            _print(document, at_us)
        case _:
            rows = document["evidence"]
            print_rows(form, rows, rows[0] if rows else ("start_us", "end_us", "tag"))
    if strip is not None:
        _write_strip(examined, loaded, at_us, strip)


def _write_strip(examined: "Examined", loaded: "Loaded", at_us: int | None, to: Path) -> None:
    import os
    from dataclasses import replace

    from ..censoring import cut_list, write_whole
    from ..explaining import sample_times
    from ..outputs import page
    from ..planning import limits
    from ..render.stills import stills

    cuts = cut_list(examined, wall_clock_us())
    pictures = stills(
        cuts.path,
        examined.verdict.film.fingerprint,
        cuts.facts.container_offset_us,
        sample_times(examined, at_us, MOST_PICTURES),
        limits(loaded.settings.limits),
    )
    write_whole(os.fsencode(to.absolute()), page.write(replace(cuts, stills=pictures)))
    click.echo(f"{shown(str(to))}: {counted(len(pictures), 'picture')}", err=True)


def _print(document: dict[str, Any], at_us: int | None) -> None:
    out = console()
    out.print(plain(f"{document['title']}: {document['verdict']}", "bold"))
    for reason in document["reasons"]:
        out.print(plain(f"  {reason}"))
    out.print(plain(f"policy {document['policy']}, sha256 {document['policy_digest']}"))
    if "model" in document:
        model = document["model"]
        out.print(plain(f"model {model['name']} {model['version']}, sha256 {model['digest']}"))
    for one in document["evidence"]:
        times = f"{clock(one['start_us'])} to {clock(one['end_us'])}"
        what = f"{one['tag']}: {one['action']} by {one['by']} (rule {one['rule']})"
        out.print()
        out.print(plain(f"{times}  {what}", "bold"))
        out.print(plain(f"probability {one['probability']:.3f}, threshold {one['threshold']:.3f}"))
        out.print(_shots(one["shots"]))
        for said in one["reviews"]:
            words = f"review {said['review']}: {said['decision']} by {said['reviewer']}"
            out.print(plain(f"{words}{', ' if said['note'] else ''}{said['note']}"))
    for one in document["disputed"]:
        times = f"{clock(one['start_us'])} to {clock(one['end_us'])}"
        out.print(plain(f"reviewers disagree: {one['tag']}, {times}", "bold"))
    if at_us is not None:
        out.print(_rules(document["moment"]))


def _shots(shots: list[dict[str, Any]]) -> Any:
    table = plain_table(">From", ">To", ">Probability", "Samples")
    for shot in shots:
        seen = shot["state"] if shot["probability"] is None else f"{shot['probability']:.3f}"
        samples = ", ".join(clock(time_us) for time_us in shot["samples_us"])
        table.row(clock(shot["start_us"]), clock(shot["end_us"]), seen, samples)
    return table


def _rules(moment: list[dict[str, Any]]) -> Any:
    table = plain_table(">Rule", "Tag", ">Probability", ">Threshold", "Applies", "Reviews")
    for one in moment:
        shot = one["shot"]
        seen = shot["probability"] if shot else None
        table.row(
            one["rule"],
            one["tag"],
            "not seen" if seen is None else f"{seen:.3f}",
            f"{one['threshold']:.3f}",
            "yes" if one["applies"] else "no",
            ", ".join(map(str, one["reviews"])),
        )
    return table
