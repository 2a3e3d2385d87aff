"""Range headers, as RFC 9110 section 14 has them, and media types that are never a page."""

import pytest
from filmdex.indexer.web.ranges import Bytes, Unsatisfiable, asked, media_type
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("header", "some"),
    [
        (None, None),
        ("bytes=0-0", Bytes(0, 1)),
        ("bytes=0-", Bytes(0, 100)),
        ("bytes=10-19", Bytes(10, 20)),
        ("bytes=90-1000", Bytes(90, 100)),
        ("bytes=-30", Bytes(70, 100)),
        ("bytes=-1000", Bytes(0, 100)),
        ("bytes=20-10", None),
        ("bytes=-", None),
        ("bytes=0-1,5-6", None),
        ("items=0-1", None),
        ("bytes=a-b", None),
        (f"bytes={'9' * 40}-", None),
    ],
)
def test_what_is_asked_for(header: str | None, some: Bytes | None) -> None:
    assert asked(header, 100) == some


@pytest.mark.parametrize(
    ("header", "size"), [("bytes=100-", 100), ("bytes=-0", 5), ("bytes=-5", 0)]
)
def test_what_is_not_there_is_refused(header: str, size: int) -> None:
    with pytest.raises(Unsatisfiable):
        asked(header, size)


@given(st.text(), st.integers(0, 10**12))
def test_whatever_is_asked_lies_in_the_file(header: str, size: int) -> None:
    try:
        some = asked(f"bytes={header}", size)
    except Unsatisfiable:
        return
    assert some is None or 0 <= some.start < some.end <= size


@pytest.mark.parametrize(
    ("container", "codec", "kind"),
    [
        ("mov,mp4,m4a,3gp,3g2,mj2", "h264", "video/mp4"),
        ("matroska,webm", "vp8", "video/webm"),
        ("matroska,webm", "av1", "video/webm"),
        ("matroska,webm", "av1 on cuda", "video/webm"),
        ("matroska,webm", "h264", "video/x-matroska"),
        ("text/html", "h264", "application/octet-stream"),
    ],
)
def test_media_types(container: str, codec: str, kind: str) -> None:
    assert media_type(container, codec) == kind
