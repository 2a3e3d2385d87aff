"""Asking a reviewer on a terminal: spans that a policy found, and shots that were drawn."""

import os
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from ..wall import wall_clock_us
from .output import clock, console, plain
from .times import Time

if TYPE_CHECKING:
    from ...db.store import Store
    from ..judging import Keeper
    from ..moderation.worth import Waiting

KEYS = {"a": "accept", "r": "reject", "j": "adjust", "u": "unsure"}


def ask(keeper: "Keeper", found: "Sequence[Waiting]", reviewer: str) -> None:
    """Ask of each span what is to be said of it; each answer is kept at once."""
    for number, one in enumerate(found, 1):
        span, film = one.found, one.verdict.film
        where = f"{clock(span.span.start_us)} to {clock(span.span.end_us)}"
        why = f"probability {span.peak:.2f}, threshold {span.threshold:.2f}"
        console().print()
        console().print(plain(f"{number} of {len(found)}  {film.title}", "bold"))
        if film.paths:
            console().print(plain(film.paths[0]))
        console().print(plain(f"{span.tag}, {where}: {why}, {span.action.value}"))
        answer = click.prompt(
            "a accept, r reject, j adjust, u not sure, s skip, q quit",
            type=click.Choice([*KEYS, "s", "q"]),
            show_choices=False,
        )
        if answer == "q":
            return
        if answer != "s":
            keeper.opinion(
                _opinion(one, KEYS[answer], reviewer), one.verdict.film.fingerprint, wall_clock_us()
            )


def _opinion(one: "Waiting", word: str, reviewer: str) -> Any:
    from ...db.records import Decision, Opinion, Span

    asked = ruled = one.found.span
    if word == "adjust":
        basis = one.verdict.basis
        film_us = asked.end_us if basis is None else basis.duration_us
        start_us = _ask_time("from", asked.start_us, range(film_us))
        after = range(start_us + 1, max(film_us, start_us + 1) + 1)
        ruled = Span(start_us, _ask_time("to", asked.end_us, after))
    note = click.prompt("note", default="", show_default=False)
    film_id = one.verdict.film.film_id
    return Opinion(film_id, one.found.tag, asked, Decision(word), ruled, reviewer, note)


def ask_sample(store: "Store", keeper: "Keeper", text: str, reviewer: str) -> None:
    """Ask of each shot of a sample that this reviewer has not seen, in the order of the draw."""
    from ...db import films, reviews
    from ...db.records import Decision, FilmIdentity, Opinion, Span
    from .estimate import read_sample

    document = read_sample(text)
    tags: list[str] = document["tags"]
    for number, shot in enumerate(document["shots"], 1):
        span = Span(shot["start_us"], shot["end_us"])
        with store.reading() as db:
            film = films.with_identity(db, FilmIdentity(shot["fingerprint"], 0))
            said = () if film is None else reviews.of_film(db, film.id)
        answered = {
            r.opinion.tag
            for r in said
            if r.opinion.reviewer == reviewer and r.opinion.asked == span
        }
        if film is None or answered >= set(tags):
            continue
        where = f"{clock(span.start_us)} to {clock(span.end_us)}"
        console().print()
        console().print(
            plain(f"{number} of {len(document['shots'])}  {film.title}, {where}", "bold")
        )
        if film.paths:
            console().print(plain(os.fsdecode(film.paths[0])))
        console().print(plain(", ".join(f"{n} {tag}" for n, tag in enumerate(tags, 1))))
        answer: str | set[int] = click.prompt(
            "numbers of what it shows, 0 nothing, s skip, q quit",
            default="0",
            value_proc=partial(_shown_tags, most=len(tags)),
        )
        if answer == "q":
            return
        if isinstance(answer, str):
            continue
        for n, tag in enumerate(tags, 1):
            decision = Decision.ACCEPT if n in answer else Decision.REJECT
            opinion = Opinion(film.id, tag, span, decision, span, reviewer, "sample")
            keeper.opinion(opinion, film.identity.fingerprint, wall_clock_us())


def _ask_time(what: str, default_us: int, within: range) -> int:
    """Ask for a time, again and again until it is one of the film's."""

    def read(text: str) -> int:
        time_us = Time().convert(text, None, None)
        if time_us not in within:
            first, last = _exact(within.start), _exact(within.stop - 1)
            raise click.UsageError(f"{text} is not from {first} to {last}")
        return time_us

    time_us: int = click.prompt(what, default=_exact(default_us), value_proc=read)
    return time_us


def _shown_tags(answer: str, most: int) -> str | set[int]:
    """Read `s`, `q`, or numbers; what is neither is asked for again."""
    if answer.strip() in ("s", "q"):
        return answer.strip()
    found = set()
    for word in answer.replace(",", " ").split():
        if not word.isdecimal() or int(word) > most:
            raise click.UsageError(f"{word!r} is no number from 0 to {most}")
        found.add(int(word))
    return found - {0}


def _exact(time_us: int) -> str:
    """Write a time so that reading it gives the same: a cut is at a frame, not at a tenth."""
    minutes, rest_us = divmod(time_us, 60_000_000)
    return f"{minutes}:{rest_us // 1_000_000:02}.{rest_us % 1_000_000:06}"
