"""The scripts that a page asks for beforehand are those that it needs."""

import re
from pathlib import Path

from filmdex.indexer.web.files import assets
from filmdex.indexer.web.modules import closure

SCRIPTS = {name: one.data.decode() for name, one in assets().items() if name.endswith(".js")}


def test_what_is_imported_by_what_is_imported_is_needed_too() -> None:
    sources = {
        "a.js": 'import "./b.js";\nimport { x } from "./c.js";\n',
        "b.js": 'import {\n  y,\n  z,\n} from "./d.js";\n',
        "c.js": 'import { a } from "./a.js";\n',
        "d.js": "",
        "e.js": "",
    }
    assert closure(sources, "a.js", "none.js") == ("a.js", "b.js", "c.js", "d.js")


def test_every_script_imports_only_what_is_there() -> None:
    for name, text in SCRIPTS.items():
        asked = set(re.findall(r'from "\./([^"]+)"', text)) | set(
            re.findall(r'^import "\./([^"]+)"', text, re.MULTILINE)
        )
        assert asked <= set(SCRIPTS), name
        assert set(closure({name: text} | dict.fromkeys(asked, ""), name)) == {name, *asked}


def test_every_script_is_reached_from_some_page() -> None:
    pages = re.findall(r'"(\w+)"', re.search(r"PARTS = .*", SCRIPTS["main.js"])[0])  # type: ignore[index]
    reached = {one for page in pages for one in closure(SCRIPTS, "main.js", f"{page}.js")}
    assert set(SCRIPTS) - reached == {"scheme.js"}
    assert Path("scheme.js").stem in SCRIPTS["main.js"]
