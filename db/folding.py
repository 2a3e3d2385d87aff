"""One way of folding text for comparison: letter case and diacritics do not count."""

import unicodedata


def fold(text: str) -> str:
    """Fold text: NFKD, combining marks dropped, case folded (Unicode Standard, section 3.13)."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c)).casefold()
