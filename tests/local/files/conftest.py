"""A studio whose component files may be changed, and pictures to put there."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from PIL import Image

from ftrack_local import LocalServer

SERVER_LOCATION = "3a372bde-05bc-11e4-8908-20c9d081909b"


class FileClient:
    """Uploads and downloads the way the official clients do."""

    def __init__(self, server: LocalServer) -> None:
        self.server = server
        self.credentials = {"username": server.api_user, "apiKey": server.api_key}
        self.http = requests.Session()
        self.headers = {"ftrack-user": server.api_user, "ftrack-api-key": server.api_key}

    def call(self, *operations: dict[str, Any]) -> Any:
        """Send a batch and return its answers, or the error object."""
        return self.http.post(
            f"{self.server.url}/api", json=list(operations), headers=self.headers, timeout=30
        ).json()

    def metadata(self, component_id: str, **more: Any) -> dict[str, Any]:
        """Ask where a file may be uploaded."""
        operation = {"action": "get_upload_metadata", "component_id": component_id, **more}
        answer = self.call(operation)
        assert isinstance(answer, list), answer
        found: dict[str, Any] = answer[0]
        return found

    def refuse(self, component_id: Any, **more: Any) -> str:
        """Ask for an upload that is refused; return the reason."""
        answer = self.call({"action": "get_upload_metadata", "component_id": component_id, **more})
        assert isinstance(answer, dict), answer
        reason: str = answer["content"]
        return reason

    def upload(self, component_id: str, content: bytes, name: str = "file.bin") -> None:
        """Upload a file in one go."""
        metadata = self.metadata(component_id, file_name=name, file_size=len(content))
        answer = self.put(metadata["url"], content, metadata["headers"])
        assert answer.status_code == 200, answer.text
        assert answer.headers["ETag"] == f'"{hashlib.md5(content).hexdigest()}"'

    def put(self, url: str, content: Any, headers: dict[str, str] | None = None) -> requests.Response:
        """Send bytes to an upload address."""
        return self.http.put(url, data=content, headers=headers, timeout=30)

    def get(self, path: str, /, headers: dict[str, str] | None = None, **query: Any) -> requests.Response:
        """Fetch something with credentials in the address."""
        return self.http.get(
            f"{self.server.url}/{path}", params={**query, **self.credentials}, headers=headers, timeout=30
        )

    def component(self, component_id: str, name: str = "main", file_type: str = ".bin", **more: Any) -> None:
        """Create a component that is on the server."""
        answer = self.call(
            {
                "action": "create",
                "entity_type": "FileComponent",
                "entity_data": {"id": component_id, "name": name, "file_type": file_type, **more},
            },
            {
                "action": "create",
                "entity_type": "ComponentLocation",
                "entity_data": {
                    "component_id": component_id,
                    "location_id": SERVER_LOCATION,
                    "resource_identifier": component_id,
                },
            },
        )
        assert isinstance(answer, list), answer


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the site keeps its files."""
    return tmp_path_factory.mktemp("files") / "store"


@pytest.fixture(scope="module")
def server(directory: Path) -> Iterator[LocalServer]:
    """An empty site that takes files up to 64 KiB."""
    with LocalServer(seed="empty", files=directory, max_file_size=65536) as running:
        yield running


@pytest.fixture(scope="module")
def client(server: LocalServer) -> FileClient:
    """A client of that site."""
    return FileClient(server)


@pytest.fixture
def attach() -> Callable[[LocalServer], FileClient]:
    """Make a client of a server the test has started itself."""
    return FileClient


@pytest.fixture
def picture() -> Callable[..., bytes]:
    """Make the bytes of a picture file."""

    def make(width: int, height: int, kind: str = "PNG", mode: str = "RGB") -> bytes:
        output = io.BytesIO()
        Image.new(mode, (width, height), 120 if mode == "L" else None).save(output, kind)
        return output.getvalue()

    return make


@pytest.fixture
def stored(directory: Path) -> Callable[[], list[Path]]:
    """List what lies in the site's directory of files."""

    def listing() -> list[Path]:
        return [path for path in directory.rglob("*") if path.is_file()]

    return listing
