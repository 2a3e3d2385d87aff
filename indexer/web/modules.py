"""Which scripts a page needs, so that a browser asks for them before it asks for pictures. Pure.

A browser keeps six connections to a server (HTTP/1.1). Pictures out of films take their time, and
a script that is asked for after them would wait behind them.
"""

import re
from collections.abc import Mapping

_IMPORT = re.compile(r'^(?:import|\} from)\b[^"\n]*"\./([\w-]+\.js)";', re.MULTILINE)


def closure(sources: Mapping[str, str], *entries: str) -> tuple[str, ...]:
    """Return the entries that there are, and everything that they import, in the order of need."""
    found: dict[str, None] = {}
    waiting = [entry for entry in entries if entry in sources]
    while waiting:
        name = waiting.pop(0)
        if name not in found:
            found[name] = None
            waiting += _IMPORT.findall(sources[name])
    return tuple(found)
