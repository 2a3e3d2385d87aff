"""The web application, put together."""

import functools
from importlib.metadata import version
from typing import Any

from fastapi import APIRouter, Depends, FastAPI

from . import files as own_files
from . import troubles
from .api import (
    events,
    films,
    health,
    media,
    policies,
    queries,
    reviews,
    session,
    shots,
    work,
)
from .desk import Desk
from .guards import Guard
from .identity import reader
from .openapi import describe
from .pages import PAGES
from .rates import Rates
from .rendering import Pages

API = "/api/v1"
MODULES = (films, media, shots, queries, policies, reviews, work, events, session)


def make_app(desk: Desk) -> FastAPI:
    """Put the application together around an open library."""
    app = _routed()
    app.state.desk, app.state.pages, app.state.assets = desk, Pages(), own_files.assets()
    app.state.listeners = set[object]()
    web = desk.settings.web
    rates = Rates(web.requests_a_second, web.requests_at_once)
    app.add_middleware(Guard, access=desk.access, rates=rates)
    return app


def described() -> dict[str, Any]:
    """Describe the API (OpenAPI 3.1); a copy lies in docs/openapi.json."""
    return _routed().openapi()


def _routed() -> FastAPI:
    # Its own pages of documentation load their scripts from elsewhere: there are none here.
    app = FastAPI(title="filmdex", version=version("filmdex"), docs_url=None, redoc_url=None)
    # Nothing of the API is for nobody; a module may ask for more than a reader.
    api = APIRouter(prefix=API, dependencies=[Depends(reader)])
    for module in MODULES:
        api.include_router(module.router)
    app.include_router(api)
    for router in (health.router, own_files.router, *(page.router for page in PAGES)):
        app.include_router(router)
    troubles.listen(app)
    app.openapi = functools.cache(functools.partial(describe, app))  # type: ignore[method-assign]
    return app
