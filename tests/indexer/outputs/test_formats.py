"""Every format is read back by a reader that is not ours, with the same spans to the frame."""

import csv
import io
import json
import os
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import opentimelineio as otio
import pytest
import webvtt
from clips import RED, Take, render
from cutting import cut_list, tag_of
from filmdex.db.errors import OutputError
from filmdex.indexer.moderation.verdict import Outcome
from filmdex.indexer.outputs.cutlist import Act, CutList, Still, kept, pieces
from filmdex.indexer.outputs.formats import FORMATS
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree, html

Frames = list[tuple[int, int]]
RATES = [Fraction(25), Fraction(24_000, 1001), Fraction(30_000, 1001), Fraction(60)]
SPANS = [(3, 50, "skip"), (60, 75, "mute"), (200, 201, "review"), (1400, 1500, "skip")]
WRITTEN = [(first, after) for first, after, _ in SPANS]


def lists(rate: Fraction = Fraction(25), offset_us: int = 0) -> CutList:
    return cut_list(SPANS, rate=rate, offset_us=offset_us)


def write(name: str, cuts: CutList) -> bytes:
    return FORMATS[name].write(cuts)


def shown_between(start_s: Fraction, end_s: Fraction, cuts: CutList) -> tuple[int, int]:
    """Which frames a player shows in [start, end): a frame is at its exact time."""
    assert cuts.rate
    offset = Fraction(cuts.facts.container_offset_us, 1_000_000)
    first = ((start_s - offset) * cuts.rate).__ceil__()
    return first, ((end_s - offset) * cuts.rate).__ceil__()


# -- players -----------------------------------------------------------------------------------


def kodi(text: str) -> list[tuple[Fraction, Fraction, int]]:
    """Kodi's reader (xbmc/cores/VideoPlayer/Edl.cpp): three fields, ## is a comment."""
    found = []
    for line in text.splitlines():
        if line.startswith("##"):
            continue
        start, end, action = line.split()
        assert re.fullmatch(r"\d+\.\d+", start), "neither a frame number nor a clock time"
        found.append((Fraction(start), Fraction(end), int(action)))
    return found


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("offset_us", [0, 21_333, 1_400_000])
def test_an_edl_cuts_and_mutes_just_those_frames(rate: Fraction, offset_us: int) -> None:
    cuts = lists(rate, offset_us)
    read = kodi(write("edl", cuts).decode())
    assert [action for *_, action in read] == [0, 1, 2, 0]
    for (start, end, action), expected in zip(read, WRITTEN, strict=True):
        if action == 2:
            assert start == end
            assert shown_between(start, end, cuts)[0] == expected[0]
        else:
            assert shown_between(start, end, cuts) == expected


def test_an_edl_says_what_was_made_of_a_blur_and_cuts_a_blocked_film_whole() -> None:
    blur = write("edl", cut_list([(3, 5, "blur")])).decode()
    assert "## blur War by reviewer (rule 1)" in blur
    assert [action for *_, action in kodi(blur)] == [0]
    blocked = cut_list([(3, 5, "block")], frames=100)
    [(start, end, action)] = kodi(write("edl", blocked).decode())
    assert (start, end, action) == (0, Fraction(3999, 1000), 0)


def mpv_segments(data: bytes) -> list[tuple[bytes, Fraction, Fraction]]:
    """mpv's reader (demux/demux_edl.c): %n% says that n bytes of name follow."""
    assert data.startswith(b"# mpv EDL v0\n")
    found, at = [], 0
    while at < len(data):
        if data.startswith(b"#", at):
            at = data.index(b"\n", at) + 1
            continue
        length = re.compile(rb"%(\d+)%").match(data, at)
        assert length
        name = data[length.end() : length.end() + int(length[1])]
        end = data.index(b"\n", length.end() + len(name))
        _, start_s, length_s = data[length.end() + len(name) : end].decode().split(",")
        found.append((name, Fraction(start_s), Fraction(length_s)))
        at = end + 1
    return found


@pytest.mark.parametrize("rate", RATES)
def test_mpv_plays_what_is_left_and_no_flagged_frame(rate: Fraction) -> None:
    cuts = lists(rate, 40_000)
    read = mpv_segments(write("mpv", cuts))
    left = [shown_between(start, start + length, cuts) for _, start, length in read]
    assert [name for name, *_ in read] == [b"/films/Film.mkv"] * 2
    assert left == [(0, 3), (50, 1400)]
    with pytest.raises(OutputError, match="nothing is left"):
        write("mpv", cut_list([(0, 1500, "skip")]))


def vtt_frames(captions: webvtt.WebVTT, cuts: CutList) -> Frames:
    """A caption's frames: those shown for half of their time or more between its times."""
    assert cuts.rate
    offset = Fraction(cuts.facts.container_offset_us, 1_000_000)
    return [
        tuple(  # type: ignore[misc]
            round((_seconds(text) - offset) * cuts.rate) for text in (caption.start, caption.end)
        )
        for caption in captions
    ]


def _seconds(clock: str) -> Fraction:
    hours, minutes, seconds = clock.split(":")
    return (int(hours) * 60 + int(minutes)) * 60 + Fraction(seconds)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("name", ["vtt", "vtt-chapters", "mcf"])
def test_webvtt_py_reads_the_spans(name: str, rate: Fraction) -> None:
    cuts = lists(rate, 40_000)
    text = write(name, cuts).decode()
    captions = webvtt.from_string(text)
    assert vtt_frames(captions, cuts) == WRITTEN
    if name == "vtt":
        assert [json.loads(c.text)["action"] for c in captions] == [a for *_, a in SPANS]


# The grammar of the specification, version 1.0.0, as its own reader has it (MovieContentFilter,
# Website/app/Lib/Mcf/Mcf.php).
MCF = re.compile(
    r"WEBVTT MovieContentFilter 1\.0\.0\n\nNOTE\nSTART (\S+)\nEND (\S+)\n\n([\s\S]+)\Z"
)
MCF_ENTRY = re.compile(r"[a-z]+=(low|medium|high)(=(both|video|audio))?( # .+)?")
MCF_CATEGORIES = {"violence", "nudity", "sex", "fear", "drugs", "dispensable"}


def test_mcf_is_as_its_specification_has_it() -> None:
    found = MCF.fullmatch(write("mcf", lists()).decode())
    assert found
    assert found[1], found[2] == ("00:00:00.000", "00:01:00.000")
    blocks = found[3].strip("\n").split("\n\n")
    entries = [line for block in blocks for line in block.split("\n")[1:]]
    assert len(entries) == len(SPANS)
    for entry in entries:
        assert MCF_ENTRY.fullmatch(entry)
        assert entry.partition("=")[0] in MCF_CATEGORIES
    assert entries[1] == "violence=high=audio # War"


# -- chapters ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return render(tmp_path_factory.mktemp("clip") / "clip.mkv", [Take(RED, 1500, flat=True)])


def chapters_of(path: Path) -> Frames:
    with av.open(str(path)) as container:
        return [
            tuple(round(chapter[end] * chapter["time_base"] * 25) for end in ("start", "end"))  # type: ignore[misc,literal-required]
            for chapter in container.chapters()
        ]


def test_mkvmerge_takes_the_chapters(clip: Path, tmp_path: Path) -> None:
    if shutil.which("mkvmerge") is None:
        pytest.skip("mkvmerge is not installed (mkvtoolnix)")
    (tmp_path / "chapters.xml").write_bytes(write("matroska", lists()))
    out = tmp_path / "out.mkv"
    arguments = ["--chapters", tmp_path / "chapters.xml", clip]
    subprocess.run(["mkvmerge", "-q", "-o", out, *arguments], check=True)
    assert chapters_of(out) == WRITTEN


def test_the_matroska_chapters_are_xml_with_nanoseconds() -> None:
    root = etree.fromstring(write("matroska", lists(offset_us=40_000)))
    times = root.xpath("//ChapterTimeStart/text()")
    assert times[0] == "00:00:00.160000000"
    assert len(root.xpath("/Chapters/EditionEntry/ChapterAtom/ChapterDisplay/ChapterString")) == 4


def test_ffmpeg_takes_the_metadata(clip: Path, tmp_path: Path) -> None:
    if shutil.which("ffmpeg") is None:
        pytest.skip("ffmpeg is not installed")
    (tmp_path / "meta.txt").write_bytes(write("ffmetadata", lists()))
    out = tmp_path / "out.mkv"
    mapping = ["-map_metadata", "1", "-codec", "copy", out]
    command = ["ffmpeg", "-v", "error", "-i", clip, "-i", tmp_path / "meta.txt", *mapping]
    subprocess.run(command, check=True)
    assert chapters_of(out) == WRITTEN


def test_libavformat_reads_the_metadata(tmp_path: Path) -> None:
    awkward = cut_list(SPANS, title="a=b;c#d\\e\nf")
    (tmp_path / "meta.ffmeta").write_bytes(write("ffmetadata", awkward))
    with av.open(str(tmp_path / "meta.ffmeta"), format="ffmetadata") as container:
        assert container.metadata["title"] == "a=b;c#d\\e\\x0af"
        assert len(container.chapters()) == len(SPANS)


# -- editors -----------------------------------------------------------------------------------


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("start_frame", [0, 3600 * 24])
def test_opentimelineio_reads_the_markers(rate: Fraction, start_frame: int) -> None:
    cuts = cut_list(SPANS, rate=rate, start_frame=start_frame, path=b"/a b/\xff.mkv")
    timeline = otio.adapters.read_from_string(write("otio", cuts).decode(), "otio_json")
    [clip] = timeline.find_clips()
    ranges = [marker.marked_range for marker in clip.markers]
    found = [
        (int(r.start_time.value) - start_frame, int(r.end_time_exclusive().value) - start_frame)
        for r in ranges
    ]
    assert found == WRITTEN
    assert all(r.start_time.rate == float(rate) for r in ranges)
    assert clip.media_reference.target_url == "file:///a%20b/%FF.mkv"
    assert clip.markers[0].comment == "skip Animation by reviewer (rule 3)"
    assert clip.duration().value == 1500


@pytest.mark.parametrize("rate", RATES)
def test_a_cmx_list_is_read_by_the_adapter_of_opentimelineio(rate: Fraction) -> None:
    cuts = cut_list(SPANS, rate=rate, start_frame=round(rate) * 3600)
    text = write("cmx3600", cuts).decode()
    timeline = otio.adapters.read_from_string(text, "cmx_3600", rate=float(rate))
    found: set[tuple[int, int]] = set()
    start = round(rate) * 3600
    if float(rate) in (30_000 / 1001, 60_000 / 1001):
        assert "FCM: DROP FRAME\r\n" in text
    for clip in timeline.find_clips():
        assert clip.source_range
        first = int(clip.source_range.start_time.value) - start
        found.add((first, first + int(clip.source_range.duration.value)))
    assert sorted(found) == WRITTEN


def test_a_cmx_list_has_lines_as_the_format_has_them() -> None:
    lines = write("cmx3600", lists(Fraction(30_000, 1001))).decode().split("\r\n")
    assert lines[:3] == [
        "TITLE: Film",
        "FCM: DROP FRAME",
        "001  FILMDEX  B     C        00:00:00;03 00:00:01;20 00:00:00;03 00:00:01;20",
    ]


def test_what_a_cmx_list_cannot_hold_is_refused() -> None:
    many = [(n, n + 1, "skip") for n in range(0, 2000, 2)]
    with pytest.raises(OutputError, match="1000 events, and CMX 3600 holds 999"):
        write("cmx3600", cut_list(many, frames=2001))
    assert write("cmx3600", cut_list(many[:999], frames=2001)).count(b" C  ") == 999
    for name in ("cmx3600", "otio"):
        with pytest.raises(OutputError, match="variable"):
            write(name, cut_list(SPANS, constant=False))


# -- archives ----------------------------------------------------------------------------------


def test_csv_and_json_lines_hold_the_spans() -> None:
    cuts = lists(offset_us=40_000)
    rows = list(csv.DictReader(io.StringIO(write("csv", cuts).decode(), newline="")))
    frames = [(int(row["start_us"]) // 40_000, int(row["end_us"]) // 40_000) for row in rows]
    assert frames == WRITTEN
    assert {int(row["player_start_us"]) - int(row["start_us"]) for row in rows} == {40_000}
    verdict, *spans = map(json.loads, write("jsonl", cuts).splitlines())
    assert verdict["verdict"] == "needs review"
    assert [(s["start_us"] // 40_000, s["end_us"] // 40_000) for s in spans] == WRITTEN
    assert [s["action"] for s in spans] == [action for *_, action in SPANS]


PBCORE = {"p": "http://www.pbcore.org/PBCore/PBCoreNamespace.html"}
PREMIS = {"p": "http://www.loc.gov/premis/v3"}


def test_pbcore_holds_the_spans_in_the_order_of_its_schema() -> None:
    root = etree.fromstring(write("pbcore", lists()))
    parts = root.xpath("p:pbcorePart", namespaces=PBCORE)
    times = [(_seconds(p.get("startTime")) * 25, _seconds(p.get("endTime")) * 25) for p in parts]
    assert times == WRITTEN
    # The sequence of pbcoreDescriptionDocumentType in pbcore-2.1.xsd, as far as it is used.
    order = [
        "pbcoreIdentifier",
        "pbcoreTitle",
        "pbcoreDescription",
        "pbcoreAnnotation",
        "pbcorePart",
    ]
    for element in [root, *parts]:
        names = [etree.QName(child).localname for child in element]
        assert names == sorted(names, key=order.index)
        assert set(order[:3]) <= set(names)


def test_premis_says_which_model_said_what_when() -> None:
    root = etree.fromstring(write("premis", lists()))
    types = root.xpath("p:event/p:eventType/text()", namespaces=PREMIS)
    assert types == ["indexing", "policy check", *["finding"] * len(SPANS)]
    times = root.xpath("p:event/p:eventDateTime/text()", namespaces=PREMIS)
    assert times[:2] == ["2023-11-14T22:13:20+00:00", "2023-11-14T22:13:21+00:00"]
    agents = root.xpath(
        "p:agent/p:agentIdentifier/p:agentIdentifierValue/text()", namespaces=PREMIS
    )
    linked = root.xpath("//p:linkingAgentIdentifierValue/text()", namespaces=PREMIS)
    assert set(linked) == set(agents)
    assert f"model {'a' * 64}" in agents
    details = root.xpath("//p:eventDetail/text()", namespaces=PREMIS)[2:]
    clocks = [detail.partition(": ")[2].split(" to ") for detail in details]
    assert [tuple(_seconds(clock) * 25 for clock in pair) for pair in clocks] == WRITTEN
    assert [etree.QName(child).localname for child in root] == [
        "object",
        *["event"] * (2 + len(SPANS)),
        *["agent"] * 2,
    ]


# Neither schema may be shipped here; who has one names its folder.
SCHEMAS = os.environ.get("FILMDEX_SCHEMAS")


@pytest.mark.skipif(SCHEMAS is None, reason="FILMDEX_SCHEMAS names no folder of schemas")
@pytest.mark.parametrize("form", ["premis", "pbcore"])
@pytest.mark.parametrize("spans", [SPANS, []])
def test_archives_formats_are_valid_by_their_schemas(
    form: str, spans: list[tuple[int, int, str]]
) -> None:
    schema = etree.XMLSchema(etree.parse(Path(SCHEMAS or "") / f"{form}.xsd"))
    document = etree.fromstring(write(form, cut_list(spans)))
    schema.assertValid(document)
    document.append(etree.Element(f"{{{etree.QName(document).namespace}}}nothing"))
    assert not schema.validate(document)


# -- pictures ----------------------------------------------------------------------------------


def test_the_page_holds_the_spans_and_nothing_from_elsewhere() -> None:
    page = html.fromstring(write("html", lists()))
    cells = [int(cell.get("data-us")) // 40_000 for cell in page.xpath("//td[@data-us]")]
    assert list(zip(cells[::2], cells[1::2], strict=True)) == WRITTEN
    assert len(page.xpath("//svg/rect")) == len(SPANS)
    assert page.xpath("//script|//link|//@src|//@href") == []
    lanes = {svg.get("aria-label"): len(svg.xpath("rect")) for svg in page.xpath("//svg")}
    assert lanes == Counter(f"{action} {tag_of(action)}" for *_, action in SPANS)


def test_a_picture_says_what_was_found_in_its_shot() -> None:
    cuts = cut_list([(3, 50, "skip"), (60, 70, "mute")])
    shown = replace(cuts, stills=(Still(10 * 40_000, b"a"), Still(55 * 40_000, b"b")))
    page = html.fromstring(write("html", shown))
    assert [one.text_content() for one in page.xpath("//figcaption")] == [
        "0:00:00.400skip Animation by reviewer (rule 2)",
        "0:00:02.200",
    ]


@pytest.mark.parametrize("form", ["edl", "mpv", "ffmetadata", "matroska", "vtt", "csv", "jsonl"])
def test_what_is_not_certain_is_called_so_in_the_file(form: str) -> None:
    cuts = cut_list([(3, 50, "skip")])
    unsure = replace(cuts.verdict, outcome=Outcome.PROVISIONAL)
    assert b"provisional" in write(form, replace(cuts, verdict=unsure))


# -- names, and nothing at all -----------------------------------------------------------------

NAMES = [
    'It\'s "quoted" & <b>bold</b>',
    "two\nlines\r\nand\ttabs\x00\x1b[31m",
    "ends --> here ]]> 100%% =;#\\",
    "\u2028\u2029\ufffe\x85",
    "=cmd|' /C calc'!A0",
]
names = st.one_of(
    st.sampled_from(NAMES),
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20),
)


def _read_csv(data: bytes) -> int:
    return len(list(csv.DictReader(io.StringIO(data.decode(), newline=""))))


def _read_otio(data: bytes) -> int:
    timeline = otio.adapters.read_from_string(data.decode(), "otio_json")
    return sum(len(clip.markers) for clip in timeline.find_clips())


def _read_cmx(data: bytes) -> int:
    timeline = otio.adapters.read_from_string(data.decode(), "cmx_3600", rate=25)
    return len({clip.source_range.start_time.value for clip in timeline.find_clips()})


def _read_ffmetadata(data: bytes) -> int:
    with av.open(io.BytesIO(data), format="ffmetadata") as container:
        return len(container.chapters())


READERS: dict[str, Callable[[bytes], int]] = {
    "edl": lambda data: len(kodi(data.decode())),
    "mcf": lambda data: len(list(webvtt.from_string(data.decode()))),
    "vtt": lambda data: len(list(webvtt.from_string(data.decode()))),
    "vtt-chapters": lambda data: len(list(webvtt.from_string(data.decode()))),
    "matroska": lambda data: len(etree.fromstring(data).xpath("//ChapterAtom")),
    "ffmetadata": _read_ffmetadata,
    "mpv": lambda data: 2 * len(mpv_segments(data)),
    "otio": _read_otio,
    "cmx3600": _read_cmx,
    "csv": _read_csv,
    "jsonl": lambda data: len(list(map(json.loads, data.splitlines()))) - 1,
    "pbcore": lambda data: len(etree.fromstring(data).xpath("//p:pbcorePart", namespaces=PBCORE)),
    "premis": lambda data: len(etree.fromstring(data).xpath("p:event", namespaces=PREMIS)) - 2,
    "html": lambda data: len(html.fromstring(data).xpath("//tbody/tr")),
}


def test_every_format_has_a_reader() -> None:
    assert READERS.keys() == FORMATS.keys()


@settings(max_examples=20, deadline=None)
@given(names, st.binary(min_size=1, max_size=12).filter(lambda name: b"\0" not in name))
def test_any_name_goes_into_every_format(title: str, name: bytes) -> None:
    cuts = cut_list(SPANS, title=title, path=b"/films/" + name)
    for form, reader in READERS.items():
        assert reader(write(form, cuts)) == len(SPANS), form


@pytest.mark.parametrize("form", [name for name in FORMATS if name != "mpv"])
def test_a_film_without_spans_and_one_of_no_length_can_be_written(form: str) -> None:
    for frames in (1, 0):
        cuts = cut_list([], frames=max(frames, 1))
        data = write(form, cuts)
        if form not in ("mcf", "ffmetadata"):  # their readers ask for one span at least
            assert READERS[form](data) == 0, form


@given(
    st.lists(
        st.tuples(
            st.integers(0, 90), st.integers(1, 30), st.sampled_from(["skip", "mute", "review"])
        ),
        max_size=6,
    )
)
def test_pieces_lie_side_by_side_and_the_strongest_act_holds(
    drawn: list[tuple[int, int, str]],
) -> None:
    spans = [(first, min(100, first + length), action) for first, length, action in drawn]
    cuts = cut_list(spans, frames=100)
    found = pieces(cuts)
    acts = {"skip": Act.CUT, "mute": Act.MUTE, "review": Act.MARK}
    for frame in range(100):
        wanted = [acts[action] for first, after, action in spans if first <= frame < after]
        there = [p for p in found if p.span.start_us <= frame * 40_000 < p.span.end_us]
        assert [piece.act for piece in there] == ([max(wanted)] if wanted else [])
        left = any(s.start_us <= frame * 40_000 < s.end_us for s in kept(cuts))
        assert left == (Act.CUT not in wanted)


def test_xml_is_well_formed_for_the_standard_library_too() -> None:
    for form in ("matroska", "pbcore", "premis"):
        ET.fromstring(write(form, cut_list(SPANS, title=NAMES[1])))  # noqa: S314  our own
