"""The names of the decoders, apart from `probe.py` so that naming one loads no FFmpeg."""

from enum import StrEnum


class DecoderName(StrEnum):
    """What decodes: the processor, or a device of FFmpeg's by its name; `auto` takes any device.

    Two decoders may give pictures that differ by rounding. What a film was decoded by is kept with
    its run, and a decoder that was named is the one that is used.
    """

    SOFTWARE = "software"
    AUTO = "auto"
    CUDA = "cuda"
    VAAPI = "vaapi"
    QSV = "qsv"
    VIDEOTOOLBOX = "videotoolbox"
