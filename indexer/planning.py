"""From settings and a model to the plan by which films are indexed."""

import os
from importlib.metadata import version

from ..db.records import US_PER_SECOND, Precision, RunSettings
from . import wire
from .bundle import Bundle
from .card import Card, Untrained
from .indexing import Wanted
from .network import Network
from .pipeline import Plan
from .relevance import TagRule
from .settings import IndexSettings, LimitsSettings, Settings
from .worker import Limits

# Pictures between a child and its parent: a few more than any batch.
SLOTS = 16


def wanted(bundle: Bundle, settings: Settings, precision: Precision) -> Wanted:
    """Say what a film's run must have been made with to be up to date."""
    return Wanted(bundle.digest, _run_settings(settings.index, precision))


def plan(
    network: Network, settings: Settings, precision: Precision, films: int | None = None
) -> Plan:
    """Say how each film is indexed with this network; `films` is how many there are, if known."""
    return plan_with(network.bundle, network.provider, settings, precision, films)


def plan_with(
    chosen: Bundle, provider: str, settings: Settings, precision: Precision, films: int | None
) -> Plan:
    """Say how each film is indexed with a bundle that is open on this provider somewhere."""
    return Plan(
        settings=_run_settings(settings.index, precision),
        orders=decoding_orders(chosen.card, settings, precision, films),
        limits=limits(settings.limits),
        model=chosen.facts,
        rules=rules(chosen.card),
        provider=provider,
        program_version=version("filmdex"),
    )


def rules(card: Card) -> tuple[TagRule, ...]:
    """Return when each tag that may be reported is present, by the card."""
    return tuple(
        TagRule(
            tag=entry.tag,
            column=column,
            threshold=entry.ability.threshold,
            seconds=entry.ability.present.seconds,
            coverage=entry.ability.present.coverage,
            peak=entry.ability.present.peak,
        )
        for column, entry in enumerate(card.tags)
        if not isinstance(entry.ability, Untrained)
    )


def parallel_films(settings: IndexSettings) -> int:
    """Return how many films to index at a time: as told, or one for every two cores."""
    return settings.jobs or max(1, (os.cpu_count() or 1) // 2)


def decoders_of_film(settings: IndexSettings, films: int | None) -> int:
    """Return how many decoders go through one film: as told, or a fair share of the cores.

    One core is left to the networks: two decoders on two cores saved a film no time, and cost a
    seventh more processor time (docs/performance.md).
    """
    at_a_time = parallel_films(settings)
    if films is not None:
        at_a_time = max(1, min(at_a_time, films))
    return settings.workers or max(1, ((os.cpu_count() or 1) - 1) // at_a_time)


def _run_settings(index: IndexSettings, precision: Precision) -> RunSettings:
    common: dict[str, str | int | float] = {
        "long_shot_seconds": index.long_shot_seconds,
        "entropy_floor_bits": index.entropy_floor_bits,
    }
    match precision:
        case Precision.EXACT:
            return RunSettings.of(precision, cuts=index.cuts.value, **common)
        case Precision.KEYFRAMES:
            return RunSettings.of(precision, gap_seconds=index.gap_seconds, **common)


def decoding_orders(
    card: Card, settings: Settings, precision: Precision, films: int | None = None
) -> wire.Orders:
    """Say how a film is looked at, one of so many if that is known, and how much that may take."""
    return wire.Orders(
        precision=precision,
        method=settings.index.cuts,
        gap_us=round(settings.index.gap_seconds * US_PER_SECOND),
        framings=(card.input.framing, card.input.expert_framing),
        side=card.input.side,
        slots=SLOTS,
        long_us=round(settings.index.long_shot_seconds * US_PER_SECOND),
        entropy_floor_bits=settings.index.entropy_floor_bits,
        memory_bytes=settings.limits.memory_mb * 2**20,
        cpu_s=settings.limits.cpu_seconds,
        decoder=settings.index.decoder,
        helpers=decoders_of_film(settings.index, films),
    )


def limits(settings: LimitsSettings) -> Limits:
    """Say what one film's child may take before it is ended."""
    return Limits(
        memory_mb=settings.memory_mb,
        cpu_s=settings.cpu_seconds,
        wall_s=settings.wall_seconds,
        silence_s=settings.silence_seconds,
    )
