"""Chapters for containers: Matroska's XML, and FFmpeg's metadata file."""

from xml.etree import ElementTree as ET

from .cutlist import CutList, pieces, said
from .text import line

NS_PER_US = 1000


def write_matroska(cuts: CutList) -> bytes:
    """Write Matroska chapters (https://mkvtoolnix.download/doc/mkvmerge.html#mkvmerge.chapters).

    The DTD asks for each atom's start, and orders nothing.
    """
    root = ET.Element("Chapters")
    verdict = f"{line(cuts.verdict.policy.name)}: {cuts.verdict.outcome.value}"
    root.append(ET.Comment(f" {verdict.replace('--', '- -')} "))
    edition = ET.SubElement(root, "EditionEntry")
    for piece in pieces(cuts):
        atom = ET.SubElement(edition, "ChapterAtom")
        for name, time_us in (("Start", piece.span.start_us), ("End", piece.span.end_us)):
            ET.SubElement(atom, f"ChapterTime{name}").text = _ns(cuts.on_player(time_us))
        display = ET.SubElement(atom, "ChapterDisplay")
        ET.SubElement(display, "ChapterString").text = line(said(piece.why))
        ET.SubElement(display, "ChapterLanguage").text = "eng"
    ET.indent(root)
    written: bytes = ET.tostring(root, encoding="UTF-8", xml_declaration=True)
    return written + b"\n"


def write_ffmetadata(cuts: CutList) -> bytes:
    """Write FFmpeg's metadata file (https://ffmpeg.org/ffmpeg-formats.html#Metadata-2)."""
    verdict = f"{line(cuts.verdict.policy.name)}: {cuts.verdict.outcome.value}"
    lines = [";FFMETADATA1", f"; {verdict}", f"title={_escaped(cuts.verdict.film.title)}"]
    for piece in pieces(cuts):
        lines += [
            "[CHAPTER]",
            "TIMEBASE=1/1000000",
            f"START={cuts.on_player(piece.span.start_us)}",
            f"END={cuts.on_player(piece.span.end_us)}",
            f"title={_escaped(said(piece.why))}",
        ]
    return ("\n".join(lines) + "\n").encode()


def _ns(time_us: int) -> str:
    seconds, rest_us = divmod(time_us, 1_000_000)
    minutes, seconds = divmod(seconds, 60)
    return f"{minutes // 60:02}:{minutes % 60:02}:{seconds:02}.{rest_us * NS_PER_US:09}"


def _escaped(text: str) -> str:
    escaped = "".join(f"\\{c}" if c in "=;#\\" else c for c in line(text))
    # FFmpeg's reader takes a backslash at the end, escaped or not, to join the next line to it.
    return f"{escaped} " if escaped.endswith("\\") else escaped
