"""How much of the labelled time a policy on one tag covers, and how much of its spans is labelled.

    python tests/bench/moderation_truth.py LIBRARY.db TRUTH_FOLDER [TAG...] [--film big_buck_bunny]

LIBRARY.db holds the labelled films, indexed exactly (`filmdex index FILMS`). A policy with a single
rule, the tag's own threshold and nothing else, is applied; then that rule shaped for scenes, for
long stretches and for whole films; then the same with the threshold that found RECALL of the tag's
pictures; then, if tags are named, the bare rule at other thresholds, to show the way. None of these
was chosen by what comes out here: the shapes are SCENE, FORM and FILM_SECONDS below, with their
reasons, and RECALL is the share that is aimed at. Time that the labels call `maybe` for the tag
counts neither for nor against. Coverage is recall, and precision is precision, of time.
"""

import argparse
import json
import os
from collections.abc import Iterator
from pathlib import Path

from filmdex.db import films
from filmdex.db.records import Film, Span, TagFacts
from filmdex.db.store import Store
from filmdex.indexer.judging import Examined, Judge, known_tags
from filmdex.indexer.moderation.policy_file import read_policy
from filmdex.indexer.moderation.spans import seconds_us, union, within, without
from filmdex.indexer.settings import Settings

RECALL = 0.9
OTHERS = (0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7)
# A scene goes on through a shot or two of something else (shots last about 4 s), and while its tag
# is half as probable as it was to begin with.
SCENE = (0.5, 10)
# What a film is made of does not change within a minute.
FORM = (0.5, 60)
# What a film is made of is in all of it, if it is seen in one stretch for as long as the model's
# card asks before a film has a tag (its `present` limits).
FILM_SECONDS = 5
FEWEST_SECONDS = 10


def labels(path: Path, tag: str) -> tuple[list[Span], list[Span]]:
    """Read where a film shows a tag, and where that is not settled."""
    shots = json.loads(path.read_text(encoding="utf-8"))["shots"]
    spans = [(Span(s["start_us"], s["end_us"]), s) for s in shots if s["end_us"] > s["start_us"]]
    shown = [span for span, shot in spans if tag in shot["tags"]]
    maybe = [span for span, shot in spans if tag in shot["maybe"]]
    return union(shown), union(maybe)


def measure(examined: Examined, truth: Path, tag: str) -> tuple[int, int, int]:
    """Return labelled time, spans' time and what is both, each without what is not settled."""
    shown, maybe = labels(truth, tag)
    found = without([one.span for one in examined.verdict.spans], maybe)
    shown = without(shown, maybe)
    return seconds_us(shown), seconds_us(found), seconds_us(within(shown, found))


def truth_of(film: Film, folder: Path) -> Path | None:
    """Find the labels of a film, by its file's name."""
    names = [Path(os.fsdecode(path)).name for path in film.paths]
    return next((folder / f"{n}.json" for n in names if (folder / f"{n}.json").exists()), None)


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("library", type=Path)
    parser.add_argument("truth", type=Path)
    parser.add_argument("--film", default="", help="Only films whose name begins so.")
    parser.add_argument("tags", nargs="*", help="These tags; all with labelled time if none.")
    args = parser.parse_args()
    with Store.open(args.library, make=False) as store, store.reading() as db:
        known = known_tags(db, Settings())
        listed = [(f, truth_of(f, args.truth)) for f in films.listed(db)]
        chosen = [(f, t) for f, t in listed if t and t.name.startswith(args.film)]
        if not chosen:
            parser.error(f"{args.truth}: no labels of any film in {args.library} (NAME.EXT.json)")
        wanted = args.tags or [facts.tag for facts in known if facts.reportable]
        if unknown := set(wanted) - {facts.tag for facts in known}:
            parser.error(f"no such tag: {', '.join(sorted(unknown))}")
        print(f"{len(chosen)} films\n")
        print("tag                     rule  labelled s   spans s  coverage  precision")
        for tag in wanted:
            of_tag = next(facts for facts in known if facts.tag == tag)
            for name, text in rules(of_tag, everything=bool(args.tags)):
                judge = Judge(read_policy(text, "policy", known))
                found = [measure(judge.examine(db, film), path, tag) for film, path in chosen]
                labelled, spans, both = (sum(column) for column in zip(*found, strict=True))
                if labelled < FEWEST_SECONDS * 1e6:
                    break
                precision = f"{both / spans:9.3f}" if spans else "        -"
                print(
                    f"{tag:16} {name:>12} {labelled / 1e6:11.1f} {spans / 1e6:9.1f} "
                    f"{both / labelled:9.3f} {precision:>10}"
                )


def rules(facts: TagFacts, *, everything: bool) -> Iterator[tuple[str, str]]:
    """Yield names and texts of policies on one tag."""
    begin = f'name = "x"\n[[rule]]\ntag = "{facts.tag}"\naction = "skip"\n'
    for name, at in (("own", facts.threshold), (f"r {RECALL}", facts.at_recall(RECALL))):
        if at is None:
            continue
        yield f"{name}: {at:.3f}", f"{begin}threshold = {at}\n"
        for shape, (share, gap) in (("scenes", SCENE), ("form", FORM)):
            text = f"{begin}threshold = {at}\nleave_at = {at * share}\ngap = {gap}\n"
            yield f"{name}, {shape}", text
        whole = f'{begin}threshold = {at}\nmin_duration = {FILM_SECONDS}\nsnap = "film"\n'
        yield f"{name}, film", whole
    for threshold in OTHERS if everything else ():
        yield str(threshold), f"{begin}threshold = {threshold}\n"


if __name__ == "__main__":
    main()
