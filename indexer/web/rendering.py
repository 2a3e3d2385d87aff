"""Pages from templates. Films come from anywhere: whatever is put in is escaped."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from fastapi import Request
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse

from .files import assets
from .filters import FILTERS
from .identity import Who
from .modules import closure


def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader(__package__, "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(FILTERS)
    scripts = {name: one.data.decode() for name, one in assets().items() if name.endswith(".js")}
    made.globals["scripts_of"] = lambda page: closure(scripts, "main.js", f"{page}.js")
    return made


@dataclass(frozen=True, slots=True)
class Pages:
    """The templates of the package; the name of one, and what it is filled with, make a page."""

    environment: Environment = field(default_factory=_environment)

    def page(
        self,
        name: str,
        who: Who | None,
        values: Mapping[str, Any],
        status: HTTPStatus = HTTPStatus.OK,
    ) -> HTMLResponse:
        """Fill a template; `who` is nobody on the login form."""
        text = self.environment.get_template(name).render(dict(values) | {"who": who})
        return HTMLResponse(text, status)


def pages_of(request: Request) -> Pages:
    """Return the running page's templates."""
    pages: Pages = request.app.state.pages
    return pages
