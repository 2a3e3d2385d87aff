"""All formats by name: what writes each, its file's suffix, and what it is for."""

from collections.abc import Callable
from dataclasses import dataclass

from . import archives, chapters, editors, edl, mcf, mpv, otio, page, records, vtt
from .cutlist import CutList


@dataclass(frozen=True, slots=True)
class Format:
    """A format that spans can be written in."""

    suffix: str
    says: str
    write: Callable[[CutList], bytes]


FORMATS = {
    "edl": Format(".edl", "Kodi and MPlayer: cut, mute, mark", edl.write),
    "mcf": Format(".mcf", "MovieContentFilter 1.0.0", mcf.write),
    "vtt": Format(".metadata.vtt", "WebVTT metadata, evidence as JSON", vtt.write_metadata),
    "vtt-chapters": Format(".chapters.vtt", "WebVTT chapters", vtt.write_chapters),
    "matroska": Format(".chapters.xml", "chapters for mkvmerge", chapters.write_matroska),
    "ffmetadata": Format(".ffmeta", "chapters for FFmpeg", chapters.write_ffmetadata),
    "mpv": Format(".mpv.edl", "mpv: plays what is left", mpv.write),
    "otio": Format(".otio", "OpenTimelineIO: markers on a clip", otio.write),
    "cmx3600": Format(".cmx3600.edl", "CMX 3600 for editing programs", editors.write_cmx3600),
    "csv": Format(".csv", "every span with its evidence", records.write_csv),
    "jsonl": Format(".jsonl", "the verdict, then every span", records.write_jsonl),
    "pbcore": Format(".pbcore.xml", "PBCore 2.1", archives.write_pbcore),
    "premis": Format(".premis.xml", "PREMIS 3 events", archives.write_premis),
    "html": Format(".html", "a page with a timeline and pictures", page.write),
}
