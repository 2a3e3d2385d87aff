"""What parent and child say: round trips, and nonsense."""

import pytest
from filmdex.db.errors import LimitError, MediaError, WorkerError
from filmdex.db.records import Boundary, FilmFacts, Precision, ShotState, Span
from filmdex.indexer import wire
from filmdex.indexer.cuts_method import CutMethod
from filmdex.indexer.decoder_names import DecoderName
from filmdex.indexer.framing_names import FramingName
from hypothesis import given
from hypothesis import strategies as st

FACTS = FilmFacts("matroska", "h264", 640, 360, 90, 23.976, 1_000_000, 42_000, 24, 1, 7)
MESSAGES = [
    wire.Facts(FACTS),
    wire.SampleReady(3, 40_000, ShotState.LOOKED_AT),
    wire.SampleReady(-1, 40_000, ShotState.BLANK),
    wire.ShotReady(Span(0, 5), Boundary(0, 0), ShotState.NOT_LOOKED_AT),
    wire.Progress(2**40),
    wire.Done(FACTS),
    wire.Trouble(wire.Blame.MEDIA, "it is naïve"),
]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda m: type(m).__name__)
def test_what_is_packed_is_unpacked(message: wire.FromChild) -> None:
    packet = wire.pack(message)
    assert len(packet) <= wire.MAX_PACKET
    assert wire.unpack(packet) == message


def test_orders_survive_the_way() -> None:
    orders = wire.Orders(
        precision=Precision.KEYFRAMES,
        method=CutMethod.CONTENT,
        gap_us=12_000_000,
        framings=(FramingName.CENTRE, FramingName.SQUASH),
        side=299,
        slots=16,
        long_us=10_000_000,
        entropy_floor_bits=4.0,
        memory_bytes=2**31,
        cpu_s=60,
        decoder=DecoderName.VAAPI,
    )
    assert wire.Orders.unpack(orders.pack()) == orders


@given(st.binary(max_size=wire.MAX_PACKET))
def test_nonsense_is_the_childs_fault_and_nothing_worse(packet: bytes) -> None:
    try:
        wire.unpack(packet)
    except WorkerError:
        return


@pytest.mark.parametrize(
    "packet",
    [
        b"",
        b"\xff",
        b"\x01short",
        wire.pack(MESSAGES[3])[:1] + b"\xff" * wire.ShotReady.FORMAT.size,
        b"\x01" + wire.SampleReady.FORMAT.pack(-1, 0, 0),
    ],
)
def test_values_that_cannot_be_are_refused(packet: bytes) -> None:
    with pytest.raises(WorkerError, match="nonsense"):
        wire.unpack(packet)


def test_trouble_becomes_the_error_of_whoever_must_act() -> None:
    kinds = [type(wire.Trouble(blame, "x").as_error()) for blame in wire.Blame]
    assert kinds == [MediaError, LimitError, WorkerError, OSError]


def test_a_long_reason_is_cut_not_refused() -> None:
    message = wire.unpack(wire.pack(wire.Trouble(wire.Blame.MEDIA, "é" * 1000)))
    assert isinstance(message, wire.Trouble)
    assert message.reason.startswith("é" * 250)
