"""Censored copies, measured: their length, their frames, and the sound against the picture."""

import os
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from cutting import cut_list
from filmdex.db.errors import FilmChangedError, LimitError, MediaError, OutputError, WorkerError
from filmdex.db.records import Span
from filmdex.indexer.fingerprint import fingerprint
from filmdex.indexer.outputs.cutlist import CutList
from filmdex.indexer.render.copying import make_copy
from filmdex.indexer.render.h264 import exp_golomb, read_sets
from filmdex.indexer.render.patched import PacketFacts, patched
from filmdex.indexer.render.plan import Cover, Plan, Removals, touches
from filmdex.indexer.worker import Limits
from films_seen import LIMITS
from hypothesis import given
from hypothesis import strategies as st

WIDTH, HEIGHT, RATE, SOUND_RATE = 96, 64, 25, 48_000
BEEP_EVERY, BEEP_FRAMES = 25, 5
FRAMES = 200


def picture(n: int) -> np.ndarray:
    """Frame `n` says its number: eight blocks, white for 1. A flash at the top marks a beep."""
    pixels = np.full((HEIGHT, WIDTH, 3), 40, np.uint8)
    for bit in range(8):
        if n >> bit & 1:
            pixels[32:, bit * 12 : bit * 12 + 12] = 220
    if n % BEEP_EVERY < BEEP_FRAMES:
        pixels[:24] = 220
    return pixels


def sound(frames: int) -> np.ndarray:
    """Beep while the flash is there: `(1, N)` float32."""
    t = np.arange(frames * SOUND_RATE // RATE)
    on = (t * RATE // SOUND_RATE) % BEEP_EVERY < BEEP_FRAMES
    return (0.5 * np.sin(2 * np.pi * 1000 * t / SOUND_RATE) * on).astype(np.float32)[None]


def render(
    path: Path,
    frames: int = FRAMES,
    times: Sequence[int] | None = None,
    silent: range = range(0),
    codec: str = "mpeg4",
) -> Path:
    """Render flashes and beeps; `times`, if given, are the frames' times in milliseconds.

    In the seconds of `silent` there is no sound at all, not even silence.
    """
    with av.open(str(path), "w") as out:
        video = out.add_stream(codec, rate=RATE, options={"g": "25"})
        video.width, video.height, video.pix_fmt, video.bit_rate = WIDTH, HEIGHT, "yuv420p", 8**7
        video.codec_context.time_base = Fraction(1, 1000)
        audio = out.add_stream("aac", rate=SOUND_RATE)
        audio.codec_context.layout = "mono"
        for n in range(frames):
            frame = av.VideoFrame.from_ndarray(picture(n), format="rgb24")
            frame.pts, frame.time_base = times[n] if times else n * 1000 // RATE, Fraction(1, 1000)
            out.mux(video.encode(frame))
        out.mux(video.encode(None))
        samples = sound(frames)
        for at in range(0, samples.shape[1], 1024):
            piece = np.ascontiguousarray(samples[:, at : at + 1024])
            if at // SOUND_RATE in silent:
                continue
            beep = av.AudioFrame.from_ndarray(piece, "fltp", "mono")
            beep.sample_rate, beep.pts, beep.time_base = SOUND_RATE, at, Fraction(1, SOUND_RATE)
            out.mux(audio.encode(beep))
        out.mux(audio.encode(None))
    return path


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return render(tmp_path_factory.mktemp("film") / "film.mkv")


def cuts_for(path: Path, spans: list[tuple[int, int, str]], frames: int = FRAMES) -> CutList:
    """A cut list about a file that is there."""
    cuts = cut_list(spans, frames=frames, path=os.fsencode(path))
    fd = os.open(path, os.O_RDONLY)
    identity = fingerprint(fd)
    os.close(fd)
    subject = replace(cuts.verdict.film, fingerprint=identity.fingerprint)
    return replace(cuts, verdict=replace(cuts.verdict, film=subject))


def copied(cuts: CutList, to: Path, cover: Cover = Cover.BLUR, limits: Limits = LIMITS) -> Path:
    make_copy(cuts, cover, os.fsencode(to), limits, lambda _: None)
    return to


def numbers(path: Path) -> list[tuple[float, int]]:
    """Read each frame's time and the number that it says."""
    with av.open(str(path)) as container:
        found = []
        for frame in container.decode(video=0):
            grey = frame.to_ndarray(format="gray")
            bits = [grey[40:60, bit * 12 + 3 : bit * 12 + 9].mean() > 130 for bit in range(8)]
            found.append((frame.time, sum(1 << bit for bit, on in enumerate(bits) if on)))
    return found


def loudness(path: Path) -> tuple[float, np.ndarray]:
    """Read the sound's start and its envelope, a value a millisecond."""
    with av.open(str(path)) as container:
        frames = list(container.decode(audio=0))
    samples = np.concatenate([frame.to_ndarray()[0] for frame in frames])
    step = SOUND_RATE // 1000
    count = len(samples) // step
    return frames[0].time, np.abs(samples[: count * step]).reshape(count, step).max(axis=1)


def flashes_and_beeps(path: Path) -> list[tuple[float, float]]:
    """When each flash begins and when the beep nearest to it does, in seconds."""
    with av.open(str(path)) as container:
        frames = [
            (f.time, f.to_ndarray(format="gray")[:20].mean() > 130)
            for f in container.decode(video=0)
        ]
    lit = [t for (t, on), (_, before) in zip(frames[1:], frames, strict=False) if on and not before]
    start_s, level = loudness(path)
    loud = level > 0.2
    onsets = np.flatnonzero(loud[1:] & ~loud[:-1]) + 1
    # A sine passes zero: what follows within 50 ms of sound is the same beep.
    onsets = [n for n in onsets if not loud[max(0, n - 50) : n].any()]
    beeps = start_s + np.array(onsets) / 1000
    return [(t, float(beeps[np.abs(beeps - t).argmin()])) for t in lit]


@pytest.mark.parametrize("suffix", [".mkv", ".mp4"])
def test_flagged_frames_go_all_others_stay_and_the_sound_is_in_step(
    film: Path, tmp_path: Path, suffix: str
) -> None:
    spans = [(0, 10, "skip"), (60, 83, "skip"), (130, 131, "skip"), (190, 200, "skip")]
    out = copied(cuts_for(film, spans), tmp_path / f"out{suffix}")
    expected = [n for n in range(FRAMES) if not any(a <= n < b for a, b, _ in spans)]
    found = numbers(out)
    assert [number for _, number in found] == expected
    start = found[0][0]
    assert [round((t - start) * RATE) for t, _ in found] == list(range(len(expected)))
    pairs = flashes_and_beeps(out)
    assert len(pairs) >= 5
    assert max(abs(flash - beep) for flash, beep in pairs) < 0.040
    with av.open(str(out)) as container:
        lengths = [s.duration and float(s.duration * s.time_base) for s in container.streams]
        whole = len(expected) / RATE
        assert container.duration / 1e6 == pytest.approx(whole, abs=0.1)
        for length in lengths:
            assert length is None or length == pytest.approx(whole, abs=0.1)


def test_a_hole_in_the_sound_does_not_move_what_comes_after_it(tmp_path: Path) -> None:
    film = render(tmp_path / "film.mkv", silent=range(3, 5))
    out = copied(cuts_for(film, [(10, 20, "skip")]), tmp_path / "out.mkv")
    pairs = [pair for pair in flashes_and_beeps(out) if pair[0] < 2.3 or pair[0] > 4.4]
    assert len(pairs) >= 4
    assert max(abs(flash - beep) for flash, beep in pairs) < 0.040


def test_sound_is_muted_where_asked_and_nowhere_else(film: Path, tmp_path: Path) -> None:
    out = copied(cuts_for(film, [(50, 75, "mute")]), tmp_path / "out.mkv")
    assert [number for _, number in numbers(out)] == list(range(FRAMES))
    start_s, level = loudness(out)
    at = np.arange(len(level)) / 1000 + start_s
    assert level[(at > 2.03) & (at < 2.97)].max() < 0.02
    for beep in (0, 1, 3, 4, 5, 6, 7):
        assert level[(at > beep + 0.05) & (at < beep + 0.15)].max() > 0.3


@pytest.mark.parametrize("cover", list(Cover))
def test_a_picture_is_covered_and_its_sound_stays(film: Path, tmp_path: Path, cover: Cover) -> None:
    out = copied(cuts_for(film, [(40, 60, "blur")]), tmp_path / "out.mkv", cover)
    with av.open(str(out)) as container:
        grey = [frame.to_ndarray(format="gray") for frame in container.decode(video=0)]
    assert len(grey) == FRAMES
    for n, pixels in enumerate(grey):
        steps = np.abs(np.diff(pixels.astype(int), axis=1)).max()
        if 40 <= n < 60:
            assert steps < 30, n  # no edge of the blocks is left
            assert cover is Cover.BLUR or pixels.max() < 24
        elif n % 2:
            assert steps > 100, n
    assert len(flashes_and_beeps(out)) >= 5


def test_frames_of_uneven_length_keep_their_times(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    times = np.concatenate([[0], np.cumsum(rng.choice([20, 40, 80], 99))]).tolist()
    film = render(tmp_path / "vfr.mkv", 100, times)
    cuts = cuts_for(film, [(30, 50, "skip")], 100)
    spans = tuple(
        replace(found, span=Span(times[30] * 1000, times[50] * 1000)) for found in cuts.spans
    )
    out = copied(replace(cuts, verdict=replace(cuts.verdict, spans=spans)), tmp_path / "out.mkv")
    found = numbers(out)
    kept = [n for n in range(100) if not 30 <= n < 50]
    assert [number for _, number in found] == kept
    gone = times[50] - times[30]
    expected = [times[n] - (gone if n >= 50 else 0) for n in kept]
    assert [round((t - found[0][0]) * 1000) for t, _ in found] == expected


def test_what_cannot_be_copied_is_refused_and_leaves_nothing(film: Path, tmp_path: Path) -> None:
    ours = os.fsencode(tmp_path / "out.mkv")
    cuts = cuts_for(film, [(3, 5, "skip")])

    def refused(cuts: CutList, to: bytes, limits: Limits = LIMITS) -> None:
        make_copy(cuts, Cover.BLUR, to, limits, lambda _: None)

    with pytest.raises(OutputError, match="is there already"):
        refused(cuts, os.fsencode(film))
    with pytest.raises(OutputError, match="a copy is one of"):
        refused(cuts, os.fsencode(tmp_path / "out.avi"))
    with pytest.raises(OutputError, match=r"nowhere: No such file .*; name a copy elsewhere"):
        refused(cuts, os.fsencode(tmp_path / "nowhere" / "out.mkv"))
    with pytest.raises(OutputError, match="blocked"):
        refused(cuts_for(film, [(3, 5, "block")]), ours)
    with pytest.raises(OutputError, match="needs review"):
        refused(cuts_for(film, [(3, 5, "review")]), ours)
    with pytest.raises(MediaError, match="nothing of it is left"):
        refused(cuts_for(film, [(0, 200, "skip")]), ours)
    with pytest.raises((LimitError, WorkerError)):  # FFmpeg may not live to tell
        refused(cuts, ours, replace(LIMITS, memory_mb=1))
    other = replace(
        cuts, verdict=replace(cuts.verdict, film=replace(cuts.verdict.film, fingerprint="0"))
    )
    with pytest.raises(FilmChangedError):
        refused(other, ours)
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_copy_leaves_nothing(film: Path, tmp_path: Path) -> None:
    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    cuts = cuts_for(film, [(3, 5, "skip")])
    with pytest.raises(KeyboardInterrupt):
        make_copy(cuts, Cover.BLUR, os.fsencode(tmp_path / "out.mkv"), LIMITS, interrupt)
    assert list(tmp_path.iterdir()) == []


# -- the plan ----------------------------------------------------------------------------------


@given(st.lists(st.booleans(), max_size=20), st.integers(0, 20), st.integers(0, 20))
def test_what_is_left_of_a_stretch_is_the_time_of_the_frames_that_stay(
    going: list[bool], start: int, length: int
) -> None:
    removals = Removals()
    shown = [removals.frame(n * 10, goes=goes) for n, goes in enumerate(going)]
    stay = [n for n, goes in enumerate(going) if not goes]
    assert [time for time in shown if time is not None] == [10 * n for n in range(len(stay))]
    end = min(start + length, 10 * len(going))
    pieces = list(removals.left(start, end)) if start < end else []
    left = {us: out + us - a for a, b, out in pieces for us in range(a, b)}
    expected = {
        us: 10 * stay.index(us // 10) + us % 10 for us in range(start, end) if us // 10 in stay
    }
    assert left == expected


def test_a_frame_that_only_ends_where_a_span_begins_stays() -> None:
    spans = [Span(1_000_000, 2_000_000)]
    assert not touches(spans, 960_000, 1_000_001)
    assert touches(spans, 980_000, 1_020_000)
    assert touches(spans, 1_960_000, 2_000_000)
    assert not touches(spans, 1_999_600, 2_040_000)


# -- captions ----------------------------------------------------------------------------------


def with_captions(film: Path, to: Path, times_ms: Sequence[tuple[int, int]]) -> Path:
    """Put captions into a film, each saying when it is shown."""
    with av.open(str(film)) as source, av.open(str(to), "w") as out:
        streams = {s.index: out.add_stream_from_template(s) for s in source.streams}
        srt = film.with_suffix(".srt")
        srt.write_text(
            "".join(
                f"{n}\n{_srt(a)} --> {_srt(b)}\n{a} {b}\n\n" for n, (a, b) in enumerate(times_ms, 1)
            )
        )
        with av.open(str(srt)) as texts:
            caption = out.add_stream_from_template(texts.streams.subtitles[0])
            packets = [(p, caption) for p in texts.demux() if p.size]
            packets += [(p, streams[p.stream.index]) for p in source.demux() if p.size]
            for packet, stream in sorted(packets, key=lambda pair: pair[0].pts * pair[0].time_base):
                packet.stream = stream
                out.mux(packet)
    return to


def _srt(ms: int) -> str:
    return f"00:00:{ms // 1000:02},{ms % 1000:03}"


def test_captions_go_with_their_picture(tmp_path: Path) -> None:
    film = render(tmp_path / "film.mkv")
    times = [(0, 400), (1000, 2000), (2600, 3000), (3000, 3900), (4000, 5000)]
    captioned = with_captions(film, tmp_path / "captioned.mkv", times)
    # From 2.4 s to 3.4 s goes: the third caption whole, the fourth's first 0.4 s.
    out = copied(cuts_for(captioned, [(60, 85, "skip")]), tmp_path / "out.mkv")
    with av.open(str(out)) as container:
        found = [
            (round(p.pts * p.time_base * 1000), round(p.duration * p.time_base * 1000), bytes(p))
            for p in container.demux(container.streams.subtitles[0])
            if p.size
        ]
    start = round(numbers(out)[0][0] * 1000)
    expected = [(0, 400, 0), (1000, 1000, 1), (2400, 500, 3), (3000, 1000, 4)]
    assert [(at - start, length) for at, length, _ in found] == [(a, b) for a, b, _ in expected]
    texts = [b"%d %d" % times[n] for *_, n in expected]
    assert [text for *_, text in found] == texts


# -- without encoding --------------------------------------------------------------------------


PIXELS = {"high422": "yuv422p", "high10": "yuv420p10le"}


def encoded(to: Path, gop: int, b_frames: int, profile: str = "high", *, params: str = "") -> Path:
    """Encode as films are, with frames that lean on later ones, and a keyframe every `gop`."""
    options = {"g": str(gop), "bf": str(b_frames), "sc_threshold": "0", "crf": "10"}
    options |= {"profile": profile, "x264-params": params}
    with av.open(str(to), "w") as out:
        video = out.add_stream("libx264", rate=RATE, options=options)
        video.width, video.height = WIDTH, HEIGHT
        video.pix_fmt = PIXELS.get(profile, "yuv420p")
        for n in range(FRAMES):
            out.mux(video.encode(av.VideoFrame.from_ndarray(picture(n), format="rgb24")))
        out.mux(video.encode(None))
    return to


def planes(path: Path) -> list[bytes]:
    with av.open(str(path)) as container:
        return [b"".join(map(bytes, frame.planes)) for frame in container.decode(video=0)]


@pytest.mark.parametrize("suffix", [".mkv", ".mp4"])
@pytest.mark.parametrize(
    ("spans", "encoded_anew"),
    [
        ([(50, 100, "skip")], []),
        ([(0, 25, "skip"), (175, 200, "skip")], []),
        ([(50, 98, "skip")], [98, 99]),  # what follows leans on what went
        ([(60, 90, "skip")], [*range(90, 100)]),  # the group's beginning does not
        ([(55, 60, "blur")], [*range(54, 75)]),  # 54 leans on 56
        ([(10, 180, "skip"), (190, 195, "blur")], [*range(180, 200)]),
        ([(0, 200, "blur")], [*range(200)]),
    ],
)
def test_a_picture_is_copied_as_it_is_but_where_something_leans_on_what_went(
    tmp_path: Path, suffix: str, spans: list[tuple[int, int, str]], encoded_anew: list[int]
) -> None:
    film = encoded(tmp_path / f"film{suffix}", 25, 2)
    cuts = cuts_for(film, spans)
    out = tmp_path / f"out{suffix}"
    told = make_copy(cuts, Cover.BLACK, os.fsencode(out), LIMITS, lambda _: None, smart=True)
    assert told.encoded == len(encoded_anew)
    kept = [n for n in range(FRAMES) if not any(a <= n < b for a, b, s in spans if s == "skip")]
    assert told.frames == len(kept)
    found = numbers(out)
    assert [round((t - found[0][0]) * RATE) for t, _ in found] == list(range(len(kept)))
    hidden = {n for a, b, s in spans if s == "blur" for n in range(a, b)}
    assert [n for _, n in found] == [0 if n in hidden else n for n in kept]
    before, after = planes(film), planes(out)
    copied_frames = [(n, at) for at, n in enumerate(kept) if n not in encoded_anew]
    assert all(after[at] == before[n] for n, at in copied_frames)


@pytest.mark.parametrize("profile", ["baseline", "main", "high", "high422", "high10"])
def test_parameter_sets_of_two_encoders_lie_side_by_side(tmp_path: Path, profile: str) -> None:
    film = encoded(tmp_path / "film.mp4", 25, 0 if profile == "baseline" else 2, profile)
    out = tmp_path / "out.mp4"
    cuts = cuts_for(film, [(60, 90, "skip")])
    told = make_copy(cuts, Cover.BLUR, os.fsencode(out), LIMITS, lambda _: None, smart=True)
    assert (told.frames, told.encoded) == (170, 10)
    with av.open(str(out)) as container:
        sets = read_sets(container.streams.video[0].codec_context.extradata or b"")
    assert sets is not None
    assert len(sets.sequence) == len(sets.picture) == 2
    assert {exp_golomb(unit[4:]) for unit in sets.sequence} == {0, 31}
    assert sets.profile == profile


def test_sound_is_in_step_where_packets_are_copied_and_encoded_by_turns(tmp_path: Path) -> None:
    film = render(tmp_path / "film.mkv", codec="libx264")
    out = tmp_path / "out.mkv"
    cuts = cuts_for(film, [(20, 43, "skip"), (100, 110, "blur"), (130, 131, "skip")])
    told = make_copy(cuts, Cover.BLUR, os.fsencode(out), LIMITS, lambda _: None, smart=True)
    assert 0 < told.encoded < told.frames == FRAMES - 24
    pairs = flashes_and_beeps(out)
    assert len(pairs) >= 5
    assert max(abs(flash - beep) for flash, beep in pairs) < 0.040


@pytest.mark.parametrize("smart", [True, False])
def test_a_copy_keeps_what_the_film_says_of_its_colours(tmp_path: Path, smart: bool) -> None:
    told = "colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc"
    film = encoded(tmp_path / "film.mkv", 25, 2, params=told)
    out = tmp_path / "out.mkv"
    cuts = cuts_for(film, [(60, 90, "skip")])
    make_copy(cuts, Cover.BLUR, os.fsencode(out), LIMITS, lambda _: None, smart=smart)
    with av.open(str(out)) as container:
        colours = {
            (f.color_primaries, f.color_trc, f.colorspace) for f in container.decode(video=0)
        }
    assert colours == {(9, 16, 9)}


def test_a_transport_stream_is_patched_too(tmp_path: Path) -> None:
    film = encoded(tmp_path / "film.ts", 25, 2)
    out = tmp_path / "out.mkv"
    cuts = cuts_for(film, [(60, 90, "skip")])
    told = make_copy(cuts, Cover.BLUR, os.fsencode(out), LIMITS, lambda _: None, smart=True)
    assert (told.frames, told.encoded) == (170, 10)
    assert [n for _, n in numbers(out)] == [*range(60), *range(90, 200)]


def test_an_open_group_is_encoded_where_what_it_leans_on_went(tmp_path: Path) -> None:
    film = encoded(tmp_path / "film.mkv", 25, 3, params="open-gop=1")
    out = tmp_path / "out.mkv"
    cuts = cuts_for(film, [(60, 72, "skip")])
    told = make_copy(cuts, Cover.BLUR, os.fsencode(out), LIMITS, lambda _: None, smart=True)
    assert told.frames == 188
    assert [n for _, n in numbers(out)] == [*range(60), *range(72, 200)]


def test_sound_is_muted_beside_a_picture_that_is_copied(film: Path, tmp_path: Path) -> None:
    cuts = cuts_for(film, [(50, 75, "mute")])
    out = tmp_path / "out.mkv"
    told = make_copy(cuts, Cover.BLUR, os.fsencode(out), LIMITS, lambda _: None, smart=True)
    assert told.encoded == 0
    assert planes(out) == planes(film)
    start_s, level = loudness(out)
    at = np.arange(len(level)) / 1000 + start_s
    assert level[(at > 2.03) & (at < 2.97)].max() < 0.02
    assert max(abs(flash - beep) for flash, beep in flashes_and_beeps(out) if flash != 2) < 0.040


def cutting(*going: int) -> Plan:
    """Plan to cut these frames of 40 ms."""
    spans = tuple(Span(n * 40_000, (n + 1) * 40_000) for n in going)
    return Plan(spans, (), (), Cover.BLACK)


@given(
    st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=12),
    st.booleans(),
)
def test_a_group_keeps_its_beginning_or_is_not_copied(
    frames: list[tuple[bool, bool]], can_encode: bool
) -> None:
    facts = [
        PacketFacts(n * 40_000, key or n == 0, key or n == 0) for n, (key, _) in enumerate(frames)
    ]
    plan = cutting(*(n for n, (_, goes) in enumerate(frames) if goes))
    found = patched(facts, plan, len(frames) * 40_000, can_encode=can_encode)
    alive, staying, leaning = False, set[int](), set[int]()
    for n, ((_, goes), one) in enumerate(zip(frames, facts, strict=True)):
        alive = (alive or one.key) and not goes
        if not goes:
            (staying if alive else leaning).add(n)
    assert (found is None) == (not staying or bool(leaning and not can_encode))
    if found is None:
        return
    anew = {n for group in found.groups if group.encoded for n in found.staying(group)}
    assert anew == leaning
    stay = [time for time in found.times_us if time is not None]
    assert stay == [n * 40_000 for n in range(len(stay))]
    assert [time is None for time in found.times_us] == [goes for _, goes in frames]


@pytest.mark.parametrize(
    ("clean", "leads", "encoded_groups"),
    [
        (True, False, [0]),
        (False, False, [0, 4]),  # not to be decoded without what was before
        (True, True, [0, 4]),  # shown before its keyframe: it leans on the group before
    ],
)
def test_what_follows_an_encoded_group_must_stand_alone(
    clean: bool, leads: bool, encoded_groups: list[int]
) -> None:
    shown = [0, 1, 2, 3, *([5, 4] if leads else [4, 5]), 6, 7, 8, 9]
    facts = [PacketFacts(at * 40_000, n % 4 == 0, clean or n != 4) for n, at in enumerate(shown)]
    found = patched(facts, cutting(0), 400_000, can_encode=True)
    assert found is not None
    assert [one.first for one in found.groups if one.encoded] == encoded_groups


@given(st.permutations(range(8)))
def test_packets_are_decoded_in_order_and_never_after_they_are_shown(order: list[int]) -> None:
    facts = [PacketFacts(n * 40_000, place == 0, place == 0) for place, n in enumerate(order)]
    found = patched(facts, cutting(), 320_000, can_encode=False)
    assert found is not None
    decoded = found.decode_us()
    assert list(decoded) == sorted(decoded)
    times = [time for time in found.times_us if time is not None]
    assert all(at <= shown for at, shown in zip(decoded, times, strict=True))
    assert any(at == shown for at, shown in zip(decoded, times, strict=True))


@given(st.integers(0, 2**20), st.binary(max_size=3))
def test_numbers_in_exp_golomb_code(number: int, more: bytes) -> None:
    bits = f"{number + 1:b}"
    bits = "0" * (len(bits) - 1) + bits
    bits += "0" * (-len(bits) % 8)
    assert exp_golomb(int(bits, 2).to_bytes(len(bits) // 8, "big") + more) == number
