"""What pages blur until somebody asks: shots in which a tag of these issues is present. Pure."""

from ..moderation.advice import ADVICE

ISSUES = ("violence", "nudity", "sex")
SENSITIVE = frozenset(tag for issue in ISSUES for tag in ADVICE[issue])
