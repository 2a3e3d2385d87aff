"""The page's own files: read once, when it starts, and served from memory by their names.

No path of a request reaches the file system: a name is looked up among those that there are.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from importlib.resources import files
from importlib.resources.abc import Traversable

from fastapi import APIRouter, Request
from starlette.responses import Response

from .problems import Refused

TYPES = {
    ".css": "text/css; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
}
router = APIRouter()


@dataclass(frozen=True, slots=True)
class Asset:
    """One file: what it holds, what it is, and a name for exactly this content."""

    data: bytes
    kind: str
    etag: str


def assets() -> Mapping[str, Asset]:
    """Read every file in the package's `static` folder, by its name below that."""
    return dict(_below(files(__package__).joinpath("static"), ""))


def _below(folder: Traversable, prefix: str) -> list[tuple[str, Asset]]:
    found = []
    for one in folder.iterdir():
        name = f"{prefix}{one.name}"
        if one.is_dir():
            found += _below(one, f"{name}/")
        elif (kind := TYPES.get("." + one.name.rpartition(".")[2])) is not None:
            data = one.read_bytes()
            etag = f'"{hashlib.sha256(data).hexdigest()[:32]}"'
            found.append((name, Asset(data, kind, etag)))
    return found


@router.get("/static/{name:path}", include_in_schema=False)
async def asset(name: str, request: Request) -> Response:
    """Serve one of the page's own files."""
    found: Asset | None = request.app.state.assets.get(name)
    if found is None:
        raise Refused(HTTPStatus.NOT_FOUND, "there is no such file")
    headers = {"ETag": found.etag, "Cache-Control": "no-cache"}
    if request.headers.get("if-none-match") == found.etag:
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return Response(found.data, media_type=found.kind, headers=headers)
