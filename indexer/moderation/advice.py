"""Content-advice issues as classification boards use them, and the tags that speak of each."""

from collections.abc import Mapping

ADVICE: Mapping[str, tuple[str, ...]] = {
    "violence": (
        "Violence",
        "Sword fight",
        "Bomb explosion",
        "Murder",
        "Abduction",
        "War",
        "Weapon",
    ),
    "nudity": ("Nudity",),
    "sex": ("Sex",),
    "threat and horror": ("Horror", "Monster"),
    "drugs, tobacco and alcohol": ("Smoking", "Drinking", "Club/Bar"),
    "imitable dangerous acts": ("Weapon", "Climbing", "Vehicle crash"),
}
