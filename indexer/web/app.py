"""The web application, put together."""

from importlib.metadata import version

from fastapi import APIRouter, FastAPI

from . import files, troubles
from .api import health, session
from .desk import Desk
from .guards import Guard
from .pages import audit, film, library, login, policies, review, search, status
from .rates import Rates
from .rendering import Pages

API = "/api/v1"
MODULES = (session,)
PAGES = (library, film, search, review, policies, status, audit, login)


def make_app(desk: Desk) -> FastAPI:
    """Put the application together around an open library."""
    # Its own pages of documentation load their scripts from elsewhere: there are none here.
    app = FastAPI(title="filmdex", version=version("filmdex"), docs_url=None, redoc_url=None)
    app.state.desk, app.state.pages, app.state.assets = desk, Pages(), files.assets()
    api = APIRouter(prefix=API)
    for module in MODULES:
        api.include_router(module.router)
    app.include_router(api)
    for router in (health.router, files.router, *(page.router for page in PAGES)):
        app.include_router(router)
    troubles.listen(app)
    web = desk.settings.web
    rates = Rates(web.requests_a_second, web.requests_at_once)
    app.add_middleware(Guard, access=desk.access, rates=rates)
    return app
