"""A running local server for the tests of this folder, driven over real HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from ftrack_local import LocalServer

_RECORDED = Path(__file__).parents[3] / "shared" / "data" / "server_a" / "query_schemas.json"
SMALL_STUDIO = Path(__file__).parent / "small_studio.json"


class Client:
    """Sends batches the way the official clients do, without understanding the answers."""

    def __init__(self, server: LocalServer) -> None:
        self.server = server
        self.http = requests.Session()
        self.http.headers.update({"ftrack-user": server.api_user, "ftrack-api-key": server.api_key})

    def post(self, operations: Any, **headers: str) -> requests.Response:
        """Send a batch; header names may use underscores for dashes."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.http.post(f"{self.server.url}/api", json=operations, headers=named, timeout=30)

    def call(self, *operations: dict[str, Any], **headers: str) -> Any:
        """Send a batch that succeeds and return its answers."""
        answer = self.post(list(operations), **headers).json()
        assert isinstance(answer, list), answer
        return answer

    def fail(self, *operations: dict[str, Any]) -> dict[str, Any]:
        """Send a batch that fails and return its error object."""
        answer = self.post(list(operations)).json()
        assert isinstance(answer, dict), answer
        return answer

    def page(self, expression: str, **headers: str) -> dict[str, Any]:
        """Run a query and return its whole answer."""
        answer: dict[str, Any] = self.call({"action": "query", "expression": expression}, **headers)[0]
        return answer

    def query(self, expression: str, **headers: str) -> list[dict[str, Any]]:
        """Run a query and return the entities found."""
        found: list[dict[str, Any]] = self.page(expression, **headers)["data"]
        return found

    def names(self, expression: str) -> list[Any]:
        """Run a query and return the names found, in order."""
        return [entity["name"] for entity in self.query(expression)]

    def refuse(self, expression: str) -> dict[str, Any]:
        """Run a query that fails and return its error object."""
        return self.fail({"action": "query", "expression": expression})

    @staticmethod
    def create(entity_type: str, /, **data: Any) -> dict[str, Any]:
        """Return a create operation."""
        return {"action": "create", "entity_type": entity_type, "entity_data": data}

    @staticmethod
    def update(entity_type: str, key: Any, /, **data: Any) -> dict[str, Any]:
        """Return an update operation."""
        return {"action": "update", "entity_type": entity_type, "entity_key": key, "entity_data": data}

    @staticmethod
    def delete(entity_type: str, key: Any) -> dict[str, Any]:
        """Return a delete operation."""
        return {"action": "delete", "entity_type": entity_type, "entity_key": key}


@pytest.fixture(scope="session")
def demo() -> Iterator[Client]:
    """The demo studio; tests that use it only read."""
    with LocalServer() as server:
        yield Client(server)


@pytest.fixture(scope="module")
def studio() -> Iterator[Client]:
    """A demo studio the tests of one module may change."""
    with LocalServer() as server:
        yield Client(server)


@pytest.fixture(scope="session")
def recorded_schema() -> Path:
    """The schema recorded from a real server."""
    if not _RECORDED.is_file():
        pytest.skip(f"the recorded schema {_RECORDED.name} is not part of the project; it lies beside it")
    return _RECORDED


@pytest.fixture(scope="session")
def small() -> Iterator[Client]:
    """A handful of known rows; tests that use it only read."""
    with LocalServer(seed=SMALL_STUDIO) as server:
        yield Client(server)


@pytest.fixture
def fresh() -> Iterator[Client]:
    """The same rows for one test to change."""
    with LocalServer(seed=SMALL_STUDIO) as server:
        yield Client(server)


@pytest.fixture
def connect() -> Callable[[LocalServer], Client]:
    """Connect to a server a test has started itself."""
    return Client
