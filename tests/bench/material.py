"""Material to measure on: stretches of a film, enlarged to one size and encoded anew.

    python tests/bench/material.py FILM FOLDER [--start S] [--seconds N] [--only NAME ...]
        [--sizes 360 720 1080 2160]

Writes into FOLDER, which is no part of the repository, one file for each entry of CODINGS at
1080p, and `x264_HEIGHT.mkv` for each of `--sizes`. Small films are enlarged: their pictures are
softer than those of a film that was shot so, and so cheaper to code and to decode. What is already
there stays.

The encoders are those that PyAV's wheels bring for whoever measures; filmdex itself only decodes.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation, VideoReformatter


@dataclass(frozen=True)
class Coding:
    """An encoder and its options; what is not named is the encoder's own default."""

    encoder: str
    options: dict[str, str]


CODINGS = {
    "x264": Coding("libx264", {}),
    "x264_2s": Coding("libx264", {"g": "48"}),
    "x265": Coding("libx265", {"x265-params": "log-level=error"}),
    "av1": Coding("libsvtav1", {"preset": "8", "crf": "35", "g": "240"}),
    "vp9": Coding("libvpx-vp9", {"deadline": "realtime", "cpu-used": "6", "b": "3M", "g": "240"}),
}


def stretch(film: Path, start_s: float, seconds: float, height: int) -> Iterator[VideoFrame]:
    """Yield a film's frames between two times, scaled to `height`, as yuv420p from time zero."""
    scaler = VideoReformatter()
    with av.open(str(film)) as container:
        stream = container.streams.video[0]
        width = round(stream.width * height / stream.height / 2) * 2
        rate = stream.average_rate
        number = 0
        for frame in container.decode(stream):
            if frame.time is None or frame.time < start_s:
                continue
            if frame.time >= start_s + seconds:
                return
            large = scaler.reformat(
                frame, width, height, "yuv420p", interpolation=Interpolation.BICUBIC
            )
            large.pts, large.time_base = number, 1 / rate
            number += 1
            yield large


def encode(frames: Iterator[VideoFrame], coding: Coding, target: Path) -> None:
    """Encode frames to a Matroska file; a half-written one never has its name."""
    unfinished = target.with_suffix(".part")
    with av.open(str(unfinished), "w", format="matroska") as out:
        stream = None
        for frame in frames:
            if stream is None:
                stream = out.add_stream(
                    coding.encoder, rate=1 / frame.time_base, options=dict(coding.options)
                )
                stream.width, stream.height = frame.width, frame.height
                stream.pix_fmt = "yuv420p"
                stream.codec_context.time_base = frame.time_base
            frame.pict_type = 0
            out.mux(stream.encode(frame))
        if stream is None:
            raise SystemExit(f"{target}: the film has no frame in that stretch")
        out.mux(stream.encode(None))
    unfinished.rename(target)


def main() -> None:
    """Make what is missing."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("film", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--start", type=float, default=0.0)
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--only", nargs="+", choices=CODINGS, default=list(CODINGS))
    parser.add_argument("--sizes", nargs="*", type=int, default=[])
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    wanted = [(name, CODINGS[name], 1080) for name in arguments.only]
    wanted += [(f"x264_{height}", CODINGS["x264"], height) for height in arguments.sizes]
    for name, coding, height in wanted:
        target = arguments.folder / f"{name}.mkv"
        if target.exists():
            continue
        frames = stretch(arguments.film, arguments.start, arguments.seconds, height)
        encode(frames, coding, target)
        print(target)


if __name__ == "__main__":
    main()
