"""The API's description: what FastAPI knows of it, with its troubles as they are really told."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from .identity import CSRF_HEADER
from .problems import PROBLEM

ABOUT = """Everything that the page does. Errors are problem+json (RFC 9457). Lists come in pages:
`next` is the `cursor` of the following one. Times are microseconds from a film's first frame.
Changes want the `csrf` that `/api/v1/session` gives in the header `X-CSRF-Token`, or a token in
the header `Authorization`."""
TROUBLE = {
    "type": "object",
    "title": "Problem",
    "description": "What is wrong, and what may be done about it.",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "column": {"type": "integer", "description": "Where in the query, from 0."},
        "mistakes": {"type": "array", "items": {"type": "object"}},
    },
}
DEFAULT = {
    "description": "Trouble.",
    "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
TOKEN = {"type": "http", "scheme": "bearer", "description": "A person's token."}
CSRF = {"type": "apiKey", "in": "header", "name": CSRF_HEADER.upper()}
_METHODS = ("get", "put", "post", "delete")


def describe(app: FastAPI) -> dict[str, Any]:
    """Describe an application's API (OpenAPI 3.1)."""
    found = get_openapi(title="filmdex", version=app.version, description=ABOUT, routes=app.routes)
    for path in found["paths"].values():
        for method in _METHODS:
            if method in path:
                responses = path[method]["responses"]
                responses.pop("422", None)
                responses["default"] = DEFAULT
    components = found.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    schemas["Problem"] = TROUBLE
    components["securitySchemes"] = {"token": TOKEN, "csrf": CSRF}
    # On the loopback, as long as nobody has a token, whoever is there may ask.
    found["security"] = [{"token": []}, {"csrf": []}, {}]
    return found
