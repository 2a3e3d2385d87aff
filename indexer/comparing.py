"""What becomes of a whole library under a policy: outcomes only, without decoding or vectors.

A rule applies to a film if one of its spans is left after hysteresis, gap and minimum duration;
padding and snapping change where it is, never whether. A rule without a minimum duration applies
where the film's peak reaches the threshold, so that most rules need no shots at all.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from ..db import curves, films, models, reviews
from ..db.curves import FilmRow, RunFacts
from ..db.records import Span
from ..db.store import Connection
from ..db.tables import FLOOR
from .judging import Judge
from .moderation.expansion import Expansion, TagRule, expand
from .moderation.policy import Action, Policy
from .moderation.spans import Reading, shaped
from .moderation.verdict import Outcome, Subject, exempt, outcome_of, settled


@dataclass(frozen=True, slots=True)
class Change:
    """A film whose verdict would be another."""

    film: Subject
    before: Outcome
    after: Outcome


@dataclass(frozen=True, slots=True)
class Changes:
    """Which of `films` films change."""

    films: int
    changed: tuple[Change, ...]


def changes(db: Connection, before: Policy, after: Policy) -> Changes:
    """Compare two policies over the whole library. Raises PolicyError if one does not fit."""
    library = Library(db)
    one, other = library.outcomes(before), library.outcomes(after)
    changed = [
        Change(_subject(row), one[row.film_id], other[row.film_id])
        for row in library.rows
        if one[row.film_id] is not other[row.film_id]
    ]
    return Changes(len(library.rows), tuple(changed))


@dataclass(slots=True)
class Library:
    """All films at one moment, or `only` some, and what has been read of them so far."""

    db: Connection
    only: Collection[int] | None = None
    rows: tuple[FilmRow, ...] = field(init=False)
    _runs: frozenset[int] | None = field(init=False)
    _unseen: frozenset[int] = field(init=False)
    _reviewed: frozenset[int] = field(init=False)
    _points: dict[tuple[str, float], dict[int, list[Reading]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.rows = curves.film_rows(self.db, self.only)
        whole = self.only is None
        self._runs = None if whole else frozenset(r.run.run_id for r in self.rows if r.run)
        self._unseen = curves.unseen_runs(self.db)
        self._reviewed = reviews.films(self.db)

    def outcomes(self, policy: Policy) -> dict[int, Outcome]:
        """Return each film's outcome under a policy, by film id."""
        judge = Judge(policy)
        by_model: dict[int, list[tuple[FilmRow, RunFacts]]] = defaultdict(list)
        found: dict[int, Outcome] = {}
        for row in self.rows:
            if row.run is None:
                found[row.film_id] = Outcome.UNKNOWN
            elif row.film_id in self._reviewed:
                found[row.film_id] = self._exactly(judge, row)
            else:
                by_model[row.run.model_id].append((row, row.run))
        for model_id, seen in by_model.items():
            facts = models.read(self.db, model_id)
            own = {entry.tag: entry.threshold for entry in facts.tags}
            expansion = expand(policy, facts)
            if any(not _indexed(rule, own[rule.tag]) for rule in expansion.rules):
                found |= {row.film_id: self._exactly(judge, row) for row, _ in seen}
            else:
                found |= self._by_index(expansion, seen)
        return found

    def flagged(self, policy: Policy) -> set[int]:
        """Name the films in which a rule applies, or of which anybody has said anything."""
        flagged = {row.film_id for row in self.rows if row.film_id in self._reviewed}
        for model_id in {row.run.model_id for row in self.rows if row.run}:
            facts = models.read(self.db, model_id)
            own = {entry.tag: entry.threshold for entry in facts.tags}
            of_model = [r for r in self.rows if r.run and r.run.model_id == model_id]
            for rule in expand(policy, facts).rules:
                if _indexed(rule, own[rule.tag]):
                    hit = self._runs_with(rule)
                    flagged |= {r.film_id for r in of_model if r.run and r.run.run_id in hit}
                else:  # its probabilities have no rows: every film must be looked into
                    flagged |= {row.film_id for row in of_model}
        return flagged

    def _exactly(self, judge: Judge, row: FilmRow) -> Outcome:
        return judge.examine(self.db, films.read(self.db, row.film_id)).verdict.outcome

    def _by_index(
        self, expansion: Expansion, seen: list[tuple[FilmRow, RunFacts]]
    ) -> dict[int, Outcome]:
        applying = [(rule, self._runs_with(rule)) for rule in expansion.rules]
        guarded = any(rule.rule.exempt for rule in expansion.rules)
        found = {}
        for row, run in seen:
            hit = [rule for rule, run_ids in applying if run.run_id in run_ids]
            rules = expansion.rules
            if guarded:
                film = _subject(row)
                hit = [rule for rule in hit if not exempt(rule.rule, film)]
                rules = tuple(rule for rule in rules if not exempt(rule.rule, film))
            actions: Iterable[Action] = (rule.rule.action for rule in hit)
            unknown = (
                not run.shots
                or (bool(rules) and run.run_id in self._unseen)
                or any(not exempt(left.rule, _subject(row)) for left in expansion.unanswerable)
            )
            found[row.film_id] = settled(outcome_of(actions), run.precision, unknown=unknown)
        return found

    def _runs_with(self, rule: TagRule) -> set[int]:
        """Name the runs to which a rule applies."""
        peaks = curves.peaks(self.db, rule.tag, rule.threshold, self._runs)
        shortest_us = rule.rule.shaping.min_duration_us
        if not peaks or not shortest_us:
            return set(peaks)
        readings = self._readings(rule.tag, rule.leave_at)
        return {run_id for run_id in peaks if _applies(rule, readings.get(run_id, []))}

    def _readings(self, tag: str, leave_at: float) -> dict[int, list[Reading]]:
        """Read a tag's probabilities from `leave_at` on, in order, run by run."""
        if (tag, leave_at) not in self._points:
            by_run: dict[int, list[Reading]] = defaultdict(list)
            for run_id, start_us, end_us, probability in curves.points(
                self.db, tag, leave_at, self._runs
            ):
                by_run[run_id].append(Reading(Span(start_us, end_us), probability))
            for readings in by_run.values():
                readings.sort(key=lambda reading: reading.span.start_us)
            self._points[tag, leave_at] = by_run
        return self._points[tag, leave_at]


def _applies(rule: TagRule, readings: list[Reading]) -> bool:
    shaping = rule.rule.shaping
    longest = max(
        (r.span.length_us for r in readings if r.probability >= rule.threshold), default=0
    )
    if longest >= shaping.min_duration_us:  # one shot is enough, whatever is around it
        return bool(longest)
    return bool(shaped(readings, rule.threshold, shaping))


def _indexed(rule: TagRule, own_threshold: float | None) -> bool:
    """Whether every probability that a rule looks at has a row of its own."""
    kept_from = FLOOR if own_threshold is None else min(FLOOR, own_threshold)
    return rule.leave_at >= kept_from


def _subject(row: FilmRow) -> Subject:
    return Subject(row.film_id, row.fingerprint, row.title, row.paths_shown)
