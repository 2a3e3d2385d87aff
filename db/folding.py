"""One way of folding text for comparison: letter case, diacritics and punctuation do not count."""

import re
import unicodedata

_WORD = re.compile(r"[^\W_]+")


def fold(text: str) -> str:
    """Fold text to its words, one space between them: `Big_Buck.Bunny` gives `big buck bunny`.

    NFKD, combining marks dropped, case folded (Unicode Standard, section 3.13). Words are runs of
    letters and digits, as SQLite's FTS5 has them; text without any keeps its punctuation.
    """
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    folded = "".join(c for c in decomposed if not unicodedata.combining(c)).casefold()
    return " ".join(_WORD.findall(folded)) or folded.strip()
