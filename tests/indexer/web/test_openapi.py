"""The API as it describes itself: the copy in the repository, and whether it does as it says."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from page import HOME, HOST, PORT, Page, serving
from schemathesis.specs.openapi.checks import positive_data_acceptance

COPY = Path(__file__).parents[3] / "docs" / "openapi.json"
# These do not end, or take a child process for each example; they have tests of their own.
APART = ("/api/v1/events", "/api/v1/films/{film_id}/frame")
EXAMPLES = 12
EVERY = list(HealthCheck)
OPERATIONS = [
    (path, method)
    for path, methods in json.loads(COPY.read_text(encoding="utf-8"))["paths"].items()
    for method in methods
    if path not in APART
]


@schemathesis.serializer("application/toml")
def _as_it_is(_: schemathesis.SerializationContext, value: object) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory, bundle_path: Path) -> Iterator[Page]:
    often = {"web.requests_at_once": 1_000_000}
    with serving(tmp_path_factory.mktemp("page"), bundle_path, **often) as page:
        yield page


@pytest.fixture(scope="module")
def described(opened: Page) -> schemathesis.BaseSchema:
    """The API by its own description."""
    headers = {"Host": f"{HOST}:{PORT}"}
    return schemathesis.openapi.from_asgi("/openapi.json", opened.local.app, headers=headers)


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_it_does_as_it_says(
    opened: Page, described: schemathesis.BaseSchema, path: str, method: str
) -> None:
    """No answer but those described, in their shape, whatever is asked; and never a 500."""
    headers = {"X-CSRF-Token": opened.desk.local_csrf}

    @given(case=described[path][method].as_strategy())
    @settings(max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=EVERY)
    def does(case: schemathesis.Case) -> None:
        # A text is a query, or a policy's name, only if it says so: most are refused rightly.
        case.call_and_validate(
            base_url=HOME, headers=headers, excluded_checks=[positive_data_acceptance]
        )

    does()


def test_the_copy_in_the_repository_is_the_same(opened: Page) -> None:
    """To write it anew: `filmdex serve --describe > docs/openapi.json`."""
    served = opened.local.get("/openapi.json").json()
    kept = json.loads(COPY.read_text(encoding="utf-8"))
    assert served | {"info": None} == kept | {"info": None}


def test_every_part_of_the_api_asks_who_one_is(opened: Page) -> None:
    opened.somebody("Ada", "reader")
    served = opened.local.get("/openapi.json").json()
    for path, methods in served["paths"].items():
        for method in methods:
            answer = opened.local.request(method, path.replace("{film_id}", "1"))
            assert (answer.status_code == 401) is path.startswith("/api/"), (method, path)
