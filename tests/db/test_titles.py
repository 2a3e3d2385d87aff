"""The year of a film, by the name of its file or its folder."""

import pytest
from filmdex.db import films, places
from filmdex.db.records import FilmIdentity, Location
from filmdex.db.store import Store
from filmdex.db.titles import year_of


@pytest.mark.parametrize(
    ("path", "year"),
    [
        ("/films/Playtime (1967).mkv", 1967),
        ("/films/Playtime [1967] [1080p].mkv", 1967),
        ("/films/Playtime.1967.1080p.x264.mkv", 1967),
        ("/films/playtime_1967.mkv", 1967),
        ("/films/Playtime 1967", 1967),
        # The first word is the title's own, and of several years the last is the film's.
        ("/films/2001 - A Space Odyssey (1968).mkv", 1968),
        ("/films/2001.a.space.odyssey.1968.mkv", 1968),
        ("/films/1984.mkv", None),
        ("/films/1917.2019.mkv", 2019),
        ("/films/Blade Runner 2049 (2017) 1080p.mkv", 2017),
        ("/films/Blade.Runner.2049.2017.mkv", 2017),
        ("/films/2012-05-03 Ada's birthday.mkv", 2012),
        ("/films/holiday 2012-05-03.mkv", 2012),
        # Sizes of pictures, and other numbers.
        ("/films/bunny_1920x1080.mkv", None),
        ("/films/bunny_1920_1080_stereo.mkv", None),
        ("/films/bunny 2048 858.mkv", None),
        ("/films/VID20120503.mkv", None),
        ("/films/bunny.1080.mkv", None),
        ("/films/reel 1850.mkv", None),
        ("/films/bunny.mkv", None),
        # A folder is believed if the year stands in brackets.
        ("/films/Playtime (1967)/playtime.mkv", 1967),
        ("/films/Playtime (1967)/making of (2002).mkv", 2002),
        ("/films/1967/playtime.mkv", None),
        ("", None),
    ],
)
def test_year(path: str, year: int | None) -> None:
    assert year_of(path) == year


def test_a_film_has_the_year_of_where_it_lies(store: Store) -> None:
    identity = FilmIdentity("f" * 64, 1)

    def year() -> int | None:
        with store.reading() as db:
            found = db.exec_driver_sql("SELECT year FROM film").scalar_one()
        assert found is None or isinstance(found, int)
        return found

    with store.writing() as db:
        films.record(db, identity, Location(b"/f/War (1956).mkv", 1, 1), 1, lambda _: False)
    assert year() == 1956
    with store.writing() as db:
        places.move(db, b"/f/War (1956).mkv", Location(b"/f/War (1967).mkv", 1, 1), 2)
    assert year() == 1967
    with store.writing() as db:
        films.record(db, identity, Location(b"/f/War.mkv", 1, 1), 3, lambda _: True)
    assert year() is None
