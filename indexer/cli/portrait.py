"""A film for the eyes of a person at a terminal: its tags as bars, its time as a strip for each."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.console import RenderableType
from rich.text import Text

from ...db.records import (
    US_PER_SECOND,
    Film,
    FilmTag,
    Indexed,
    ModelFacts,
    Precision,
    Shot,
    ShotState,
    show_path,
)
from .output import clock, counted, plain, plain_table, shown

BAR_WIDTH = 20
NOT_SEEN = "?"
TAGS_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Ink:
    """What bars and strips are drawn with: a column in eighths full, and five shades."""

    eighths: str
    shades: str


BLOCKS = Ink(eighths=" ▏▎▍▌▋▊▉█", shades=" ░▒▓█")
ASCII = Ink(eighths="    ----#", shades=" .:+#")


def ink_for(encoding: str) -> Ink:
    """Choose blocks where the encoding has them, and ASCII elsewhere."""
    try:
        (BLOCKS.eighths + BLOCKS.shades).encode(encoding)
    except UnicodeEncodeError:
        return ASCII
    return BLOCKS


def portrait(
    film: Film,
    run: Indexed,
    shots: Sequence[Shot],
    model: ModelFacts,
    width: int,
    ink: Ink = BLOCKS,
    *,
    with_shots: bool,
) -> Iterator[RenderableType]:
    """Draw a film in `width` columns: what it is, its tags, its time line, its shots if asked."""
    yield from _heading(film, run, shots, model)
    tags = _worth_showing(film.tags)
    if tags:
        yield _bars(tags, ink)
        yield Text()
        yield from _timeline(tags, shots, model, run.facts.duration_us, width, ink)
    else:
        yield Text("No tag was seen in it.")
    if with_shots:
        yield Text()
        yield _shot_table(shots, model)


def bar(share: float, ink: Ink = BLOCKS, width: int = BAR_WIDTH) -> str:
    """Draw 0 to 1 as a bar of `width` columns, to the eighth of a column."""
    eighths = round(share * width * 8)
    full, rest = divmod(eighths, 8)
    return (ink.eighths[8] * full + (ink.eighths[rest] if rest else "")).ljust(width)


def _heading(
    film: Film, run: Indexed, shots: Sequence[Shot], model: ModelFacts
) -> Iterator[RenderableType]:
    facts = run.facts
    yield plain(film.title, "bold").append(f"   id:{film.id}", "not bold")
    for path in film.paths:
        yield plain(show_path(path), "dim")
    yield plain(
        f"{clock(facts.duration_us)}, {facts.width} x {facts.height}, {facts.codec}, "
        f"{counted(len(shots), 'shot')} ({_how(run)}), "
        f"model {model.name} {model.version} on {run.provider}"
    )
    unseen_us = sum(s.span.length_us for s in shots if s.state is ShotState.NOT_LOOKED_AT)
    if unseen_us or facts.decode_errors:
        yield Text(
            f"damaged: {counted(facts.decode_errors, 'decoding error')}, "
            f"{clock(unseen_us)} not looked at",
            style="yellow",
        )
    yield Text()


def _how(run: Indexed) -> str:
    """Say how precise a run is: what it did not decode, or by what it found cuts."""
    settings = dict(run.settings.values)
    match run.settings.precision:
        case Precision.KEYFRAMES:
            how = f"nothing over {settings['gap_seconds']:g} s unseen"
        case Precision.EXACT:
            how = f"cuts by {settings['cuts']}{_network_share(run)}"
    return f"{run.settings.precision}, {how}"


def _network_share(run: Indexed) -> str:
    shown_frames = run.facts.network_frames
    return f", a network saw {shown_frames / run.facts.frames:.0%}" if shown_frames else ""


def _begins(shot: Shot) -> str:
    """Say how a shot begins: how exactly, or how gradually."""
    if (gradual := shot.transition) is not None:
        return f"{gradual.kind}, {(gradual.last_us - gradual.first_us) / US_PER_SECOND:.1f} s"
    return "cut" if shot.begins.lo_us == shot.begins.hi_us else "somewhere near"


def _worth_showing(tags: Sequence[FilmTag]) -> list[FilmTag]:
    """Choose the tags that are present, and then what was seen at all, by relevance."""
    seen = [tag for tag in tags if tag.present or tag.seconds]
    seen.sort(key=lambda tag: (not tag.present, -tag.relevance))
    return seen[: max(TAGS_SHOWN, sum(tag.present for tag in seen))]


def _bars(tags: Sequence[FilmTag], ink: Ink) -> RenderableType:
    table = plain_table("Tag", "Relevance", ">", ">Coverage", ">Seconds", ">Peak")
    for tag in tags:
        table.row(
            plain(tag.tag, "bold" if tag.present else "dim"),
            Text(bar(tag.relevance, ink), style="cyan" if tag.present else "dim"),
            f"{tag.relevance:.2f}",
            f"{tag.coverage:.0%}",
            f"{tag.seconds:.1f}",
            f"{tag.peak:.2f}",
        )
    return table


def _timeline(
    tags: Sequence[FilmTag],
    shots: Sequence[Shot],
    model: ModelFacts,
    duration_us: int,
    width: int,
    ink: Ink,
) -> Iterator[RenderableType]:
    columns = {entry.tag: column for column, entry in enumerate(model.tags)}
    label = max(len(shown(tag.tag)) for tag in tags) + 1
    cells = max(10, width - label - 1)
    by_cell = _shots_by_cell(shots, duration_us, cells)
    for tag in tags:
        strip = "".join(_cell(in_cell, columns[tag.tag], ink) for in_cell in by_cell)
        style = "cyan" if tag.present else "dim"
        yield Text.assemble(shown(tag.tag).ljust(label), (strip, style))
    middle, end = clock(duration_us // 2), clock(duration_us)
    half = cells // 2
    axis = "0:00".ljust(half) + middle.ljust(cells - half - len(end)) + end
    yield Text(" " * label + axis, style="dim")
    legend = " ".join(f"{ink.shades[n]} .{2 * n}" for n in range(1, 5))
    unseen = f"  {NOT_SEEN} not looked at" if not all(map(_seen, by_cell)) else ""
    yield Text(
        " " * label + f"probability {legend}{unseen}   bold: present in the film",
        style="dim",
    )


def _shots_by_cell(shots: Sequence[Shot], duration_us: int, cells: int) -> list[list[Shot]]:
    """Sort shots into the columns of the strip that they touch."""
    by_cell: list[list[Shot]] = [[] for _ in range(cells)]
    for shot in shots:
        first = shot.span.start_us * cells // duration_us
        last = (shot.span.end_us - 1) * cells // duration_us
        for cell in range(first, min(last, cells - 1) + 1):
            by_cell[cell].append(shot)
    return by_cell


def _seen(shots: Sequence[Shot]) -> bool:
    return any(shot.probabilities is not None for shot in shots)


def _cell(shots: Sequence[Shot], column: int, ink: Ink) -> str:
    if not _seen(shots):
        return NOT_SEEN
    highest = max(s.probabilities[column] for s in shots if s.probabilities is not None)
    return ink.shades[min(4, int(highest * 5))]


def _shot_table(shots: Sequence[Shot], model: ModelFacts) -> RenderableType:
    table = plain_table(">Shot", ">From", ">To", "Begins with", "State", "Tags")
    for number, shot in enumerate(shots, 1):
        present = () if shot.probabilities is None else model.present(shot.probabilities)
        table.row(
            number,
            clock(shot.span.start_us),
            clock(shot.span.end_us),
            "" if number == 1 else _begins(shot),
            shot.state.replace("_", " "),
            ", ".join(f"{tag} {probability:.2f}" for tag, probability in present),
        )
    return table
