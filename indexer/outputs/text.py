"""Names in formats: any name a file can have, in one line of what the format can hold."""

import unicodedata


def line(text: str) -> str:
    r"""Write text on one line: controls become `\xNN` or `\uNNNN`, as do lone surrogates."""
    return "".join(map(_character, text))


def _character(character: str) -> str:
    # Cc: controls; Cs: bytes that are no UTF-8; Zl, Zp: line breaks that are not in ASCII.
    if unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp"):
        number = ord(character)
        return f"\\x{number:02x}" if number < 256 else f"\\u{number:04x}"
    # Not characters at all, and not allowed in XML.
    return "\\ufffe" if character in "\ufffe\uffff" else character


def clock_ms(time_us: int, *, late: bool = False) -> str:
    """Write `HH:MM:SS.mmm`, rounded down, or up if `late`: a span loses nothing by rounding."""
    ms = -(-time_us // 1000) if late else time_us // 1000
    minutes, ms = divmod(ms, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{ms // 1000:02}.{ms % 1000:03}"


def seconds(time_us: int) -> str:
    """Write seconds with all six digits."""
    return f"{time_us // 1_000_000}.{time_us % 1_000_000:06}"
