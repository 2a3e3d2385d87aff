"""Values that cannot be wrong."""

import dataclasses
import inspect
import re

import pytest
from filmdex.db import records
from filmdex.db.records import (
    Boundary,
    Precision,
    RunSettings,
    Sample,
    SeenShot,
    Shot,
    ShotState,
    Span,
    TagFacts,
    Transition,
    TransitionKind,
    show_path,
)
from hypothesis import given
from hypothesis import strategies as st

SPAN = Span(10, 20)
AT_START = Boundary(10, 10)
LOOK = Sample(15, ShotState.LOOKED_AT)
BLANK = Sample(16, ShotState.BLANK)
VALUES = [
    value
    for _, value in inspect.getmembers(records, dataclasses.is_dataclass)
    if value.__module__ == records.__name__
]
TIMES = st.integers(-5, 5)


@pytest.mark.parametrize("value", VALUES, ids=lambda value: value.__name__)
def test_every_noun_is_frozen_and_slotted(value: type) -> None:
    assert value.__dataclass_params__.frozen  # type: ignore[attr-defined]
    assert "__slots__" in vars(value)


@given(TIMES, TIMES)
def test_a_span_is_never_empty_backwards_or_before_the_film(start_us: int, end_us: int) -> None:
    if 0 <= start_us < end_us:
        assert Span(start_us, end_us).length_us == end_us - start_us
    else:
        with pytest.raises(ValueError, match=re.escape(f"not a span: [{start_us}, {end_us}) us")):
            Span(start_us, end_us)


@given(TIMES, TIMES)
def test_a_boundary_may_be_one_moment_but_not_backwards(lo_us: int, hi_us: int) -> None:
    if 0 <= lo_us <= hi_us:
        Boundary(lo_us, hi_us)
    else:
        with pytest.raises(ValueError, match=r"not a bracket: \["):
            Boundary(lo_us, hi_us)


@given(TIMES, TIMES)
def test_a_gradual_transition_takes_time(first_us: int, last_us: int) -> None:
    if 0 <= first_us < last_us:
        Transition(TransitionKind.WIPE, first_us, last_us)
    else:
        with pytest.raises(ValueError, match="not a transition"):
            Transition(TransitionKind.WIPE, first_us, last_us)


def test_a_sample_was_looked_at() -> None:
    for state in set(ShotState) - {ShotState.NOT_LOOKED_AT}:
        assert Sample(0, state).state is state
    with pytest.raises(ValueError, match="looked at"):
        Sample(0, ShotState.NOT_LOOKED_AT)


@pytest.mark.parametrize("state", ShotState)
@pytest.mark.parametrize("probabilities", [None, (), (0.5,)])
def test_only_a_shot_that_was_not_looked_at_says_nothing_of_its_tags(
    state: ShotState, probabilities: tuple[float, ...] | None
) -> None:
    if (state is ShotState.NOT_LOOKED_AT) == (probabilities is None):
        assert Shot(SPAN, AT_START, state, (), probabilities).probabilities is probabilities
    else:
        with pytest.raises(ValueError, match=f"a {state} shot with probabilities"):
            Shot(SPAN, AT_START, state, (), probabilities)


@given(st.integers(0, 30), st.integers(0, 30))
def test_a_shot_begins_in_its_bracket(lo_us: int, hi_us: int) -> None:
    lo_us, hi_us = sorted((lo_us, hi_us))
    begins = Boundary(lo_us, hi_us)
    if lo_us <= SPAN.start_us <= hi_us:
        assert Shot(SPAN, begins, ShotState.BLANK, (), ()).begins == begins
    else:
        with pytest.raises(ValueError, match="does not begin in"):
            Shot(SPAN, begins, ShotState.BLANK, (), ())


@pytest.mark.parametrize(
    ("samples", "embeddings", "fits"),
    [
        ((), (), True),
        ((LOOK,), (b"e",), True),
        ((LOOK, BLANK), (b"e", None), True),
        ((LOOK,), (), False),
        ((LOOK,), (None,), False),
        ((BLANK,), (b"e",), False),
        ((BLANK, LOOK), (b"e", None), False),
        ((LOOK,), (b"e", None), False),
        ((), (b"e",), False),
    ],
)
def test_each_sample_that_is_not_blank_has_an_embedding(
    samples: tuple[Sample, ...], embeddings: tuple[bytes | None, ...], fits: bool
) -> None:
    shot = Shot(SPAN, AT_START, ShotState.LOOKED_AT, samples, (0.5,))
    if fits:
        assert SeenShot(shot, embeddings).embeddings == embeddings
    else:
        with pytest.raises(ValueError, match="one embedding for each sample"):
            SeenShot(shot, embeddings)


def test_settings_are_equal_in_any_order_and_differ_with_any_value() -> None:
    one = RunSettings.of(Precision.EXACT, a=1, b="x")
    assert one == RunSettings.of(Precision.EXACT, b="x", a=1)
    assert hash(one) == hash(RunSettings.of(Precision.EXACT, b="x", a=1))
    assert one != RunSettings.of(Precision.EXACT, a=2, b="x")
    assert one != RunSettings.of(Precision.KEYFRAMES, a=1, b="x")
    assert one != RunSettings.of(Precision.EXACT, a=1)


def test_a_tag_without_a_threshold_is_not_reported() -> None:
    assert TagFacts("War", "war", "g", "measured", 0.0).reportable
    assert not TagFacts("War", "war", "g", "untrained", None).reportable


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/films/Amélie 映画.mkv".encode(), "/films/Amélie 映画.mkv"),
        (b"/films/Am\xe9lie.mkv", r"/films/Am\xe9lie.mkv"),
        (b"\xff\xfe", r"\xff\xfe"),
    ],
)
def test_paths_are_shown_with_what_is_not_utf8_escaped(path: bytes, shown: str) -> None:
    assert show_path(path) == shown


@given(st.binary())
def test_every_path_can_be_shown_as_utf8(path: bytes) -> None:
    show_path(path).encode("utf-8")
