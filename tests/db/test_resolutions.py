"""What sizes of pictures are called."""

import pytest
from filmdex.db.resolutions import above, lines_of, read_lines


@pytest.mark.parametrize(
    ("width", "height", "lines"),
    [
        (1920, 1080, 1080),
        (1920, 800, 1080),  # wide
        (1080, 1920, 1080),  # a phone held upright
        (1440, 1080, 1080),  # narrow
        (1916, 796, 1080),  # black edges cut off
        (1280, 720, 720),
        (720, 576, 576),
        (640, 480, 480),
        (640, 360, 360),
        (3840, 1600, 2160),
        (4096, 1716, 2160),
        (7680, 4320, 4320),
        (1800, 1012, 720),
        (176, 144, 0),
    ],
)
def test_a_picture_has_the_largest_size_that_it_reaches(
    width: int, height: int, lines: int
) -> None:
    assert lines_of(width, height) == lines


def test_sizes_are_read_as_people_write_them() -> None:
    assert [read_lines(text) for text in ("1080p", "1080", "4k", "4K", "UHD", "8k")] == [
        1080, 1080, 2160, 2160, 2160, 4320,
    ]  # fmt: skip
    with pytest.raises(ValueError, match=r"'1000p' is no size .* 1080p"):
        read_lines("1000p")
    assert (above(1080), above(4320)) == (1440, None)
