"""The page that one begins with."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from ..identity import Reader
from ..rendering import pages_of

router = APIRouter(include_in_schema=False)


@router.get("/")
def home(request: Request, who: Reader) -> Response:
    """Show where one may go."""
    return pages_of(request).page("home.html", who, {})
