"""The mix of queries by which searching is measured: as people ask, from common to rare.

Each asks for the first page of 50 and the total, which is counted up to 10,000. Tags are those of
the default model.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Asked:
    """A query, whether it is asked of shots or of films, and in which order."""

    text: str
    shots: bool
    order: str = "score"


def _of_shots(*texts: str) -> tuple[Asked, ...]:
    return tuple(Asked(text, shots=True) for text in texts)


def _of_films(*texts: str) -> tuple[Asked, ...]:
    return tuple(Asked(text, shots=False) for text in texts)


MIX = (
    # One tag: common, rare, over a number, and the opposite.
    *_of_shots("violence", "nudity", "violence>=0.6", "animal>=0.9", "-nudity", "war<0.5"),
    # Several in one shot.
    *_of_shots("war violence", "forest animal", "horror monster", "robot technology"),
    *_of_shots("military weapon -animation", "violence -animation", "beach/sea>=0.5 -forest"),
    *_of_shots("war or violence or weapon", "(war or military) (weapon or violence) -animation"),
    *_of_shots("sports>=0.3 music>=0.3", "nudity>=0.9 swimming>=0.5 food>=0.5"),
    # With what is known of the film.
    *_of_shots("title:river violence", "path:/films/1957/* war", "coverage(war)>5% war"),
    Asked("violence", shots=True, order="title, time"),
    Asked("police prison", shots=True, order="duration desc"),
    # Films.
    *_of_films("violence", "nudity>=0.9", "war violence -nudity", 'title:"the night"'),
    *_of_films("seconds(nudity)>60", "duration>110m height>=1080 codec:hevc", "path:*/1977/*"),
    Asked("war or military or weapon", shots=False, order="seconds(war)"),
)
