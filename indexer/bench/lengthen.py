"""Longer films from short ones: the same packets again and again, nothing is encoded anew."""

import math
from fractions import Fraction
from pathlib import Path

import av
from av.container import OutputContainer
from av.video.stream import VideoStream

from ...db.errors import MediaError


def lengthened(film: Path, minutes: float, folder: Path) -> Path:
    """Write a film's picture often enough to last so many minutes; return the new file.

    Whole repetitions, so it may last longer. Raises MediaError if the film's length is unknown.
    """
    target = folder / f"{film.stem}_{minutes:g}min.mkv"
    if target.exists():
        return target
    times = _repetitions(film, minutes)
    with av.open(str(film)) as template, av.open(str(target), "w") as out:
        stream = out.add_stream_from_template(template.streams.video[0])
        end = 0
        for _ in range(times):
            end = _append(film, out, stream, end)
    return target


def _repetitions(film: Path, minutes: float) -> int:
    with av.open(str(film)) as container:
        if not container.duration:
            raise MediaError(f"{film}: its header gives no length; it cannot be made longer")
        return math.ceil(minutes * 60 * av.time_base / container.duration)


def _append(film: Path, out: OutputContainer, stream: VideoStream, shift: int) -> int:
    """Add a film's packets from `shift` on, in its own time base; return where they end."""
    with av.open(str(film)) as container:
        source = container.streams.video[0]
        frame = round(1 / ((source.average_rate or Fraction(25)) * (source.time_base or 1)))
        packets = [packet for packet in container.demux(source) if packet.size]
        shown = [packet.pts for packet in packets if packet.pts is not None]
        if len(shown) < len(packets):
            raise MediaError(f"{film}: it has pictures without a time; it cannot be made longer")
        # Many files keep no decoding times: the times shown, in order, and early enough, serve.
        decoded = sorted(shown)
        early = max(decode - show for decode, show in zip(decoded, shown, strict=True))
        first = decoded[0]
        for packet, decode, show in zip(packets, decoded, shown, strict=True):
            packet.dts, packet.pts = decode - early - first + shift, show - first + shift
            packet.stream = stream
            out.mux(packet)
    return shift + decoded[-1] - first + frame
