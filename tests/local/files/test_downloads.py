"""Downloading, thumbnails and removal."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
import requests
from PIL import Image

from ftrack_local import LocalServer

if TYPE_CHECKING:
    from tests.local.files.conftest import FileClient


def first(client: FileClient, expression: str) -> dict[str, Any]:
    found: dict[str, Any] = client.call({"action": "query", "expression": expression})[0]["data"][0]
    return found


def test_credentials_in_the_address_are_redirected_to_one_without(client: FileClient) -> None:
    client.upload("redirected", b"bytes")
    answer = client.get("component/get", id="redirected")
    assert [step.status_code for step in answer.history] == [302]
    assert "apiKey" not in answer.url
    assert client.server.api_key not in answer.url
    assert answer.content == b"bytes"


def test_addresses_in_query_results_can_be_downloaded_without_credentials(
    client: FileClient, picture: Callable[..., bytes]
) -> None:
    component, content = str(uuid4()), picture(640, 480)
    client.upload(component, content, "poster.png")
    client.component(component, "poster", ".png")
    location = first(client, f'select url from ComponentLocation where component_id is "{component}"')
    assert requests.get(location["url"]["value"], timeout=30).content == content
    user = first(client, "select id from User limit 1")["id"]
    client.call(
        {
            "action": "update",
            "entity_type": "User",
            "entity_key": [user],
            "entity_data": {"thumbnail_id": component},
        }
    )
    thumbnail = first(client, f"select thumbnail_url from User where id is {user}")["thumbnail_url"]["url"]
    shown = requests.get(thumbnail, timeout=30)
    assert Image.open(io.BytesIO(shown.content)).size == (300, 225)
    signed = client.call({"action": "generate_signed_url", "component_id": component})[0]["signed_url"]
    assert requests.get(signed, timeout=30).content == content
    assert requests.get(thumbnail.replace("/thumbnail?", "/get?"), timeout=30).status_code == 403


@pytest.mark.parametrize(
    ("wanted", "status", "expected"),
    [
        ("bytes=0-3", 206, b"0123"),
        ("bytes=4-", 206, b"456789"),
        ("bytes=-2", 206, b"89"),
        ("bytes=20-", 416, None),
        (None, 200, b"0123456789"),
    ],
)
def test_ranges(client: FileClient, wanted: str | None, status: int, expected: bytes | None) -> None:
    client.upload("ranged", b"0123456789")
    url = client.call(
        {"action": "get_upload_metadata", "component_id": "x", "file_name": "a", "file_size": 0}
    )
    assert url
    answer = client.get("component/get", {} if wanted is None else {"Range": wanted}, id="ranged")
    assert answer.status_code == status
    if expected is not None:
        assert answer.content == expected
        assert answer.headers["accept-ranges"] == "bytes"


def test_what_was_uploaded_cannot_act_as_a_page(client: FileClient) -> None:
    client.upload("page", b"<script>alert(1)</script>", "page.html")
    client.component("page", "page", ".html")
    answer = client.get("component/get", id="page")
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", ["component/get", "component/thumbnail", "component/remove"])
def test_nobody_gets_in_without_permission(client: FileClient, path: str) -> None:
    client.upload("guarded", b"secret")
    url = f"{client.server.url}/{path}"
    wrong = {"username": client.server.api_user, "apiKey": "wrong"}
    for query, statuses in (({}, {401}), (wrong, {401}), ({"signature": "0" * 64}, {403, 401})):
        answer = requests.get(url, params={"id": "guarded", **query}, timeout=30)
        assert answer.status_code in statuses
        assert "wrong" not in answer.text
    assert client.get("component/get", id="guarded").content == b"secret"


@pytest.mark.parametrize(
    ("path", "query", "status", "reason"),
    [
        ("component/get", {"id": "never"}, 404, "has no file"),
        ("component/get", {}, 400, "`id`"),
        ("component/get", {"id": ""}, 400, "`component_id`"),
        ("component/thumbnail", {"id": "never"}, 404, "no component never"),
        ("component/thumbnail", {"id": "never", "size": "big"}, 400, "`size`"),
        ("component/thumbnail", {"id": "never", "size": "0"}, 400, "`size`"),
        ("component/thumbnail", {"id": "never", "size": "99999"}, 400, "`size`"),
        ("component/remove", {"id": "never"}, 404, "no component never"),
    ],
)
def test_errors_name_the_trouble(
    client: FileClient, path: str, query: dict[str, Any], status: int, reason: str
) -> None:
    answer = client.get(path, **query)
    assert answer.status_code == status
    assert reason in answer.json()["content"]


@pytest.mark.parametrize(
    ("kind", "mode", "media_type"),
    [
        ("PNG", "RGB", "image/jpeg"),
        ("PNG", "RGBA", "image/png"),
        ("JPEG", "L", "image/jpeg"),
        ("TIFF", "CMYK", "image/jpeg"),
        ("GIF", "P", "image/png"),
    ],
)
def test_thumbnails_fit_the_size_asked_for(
    client: FileClient, picture: Callable[..., bytes], kind: str, mode: str, media_type: str
) -> None:
    component = f"picture-{kind}-{mode}"
    client.upload(component, picture(100, 50, kind, mode))
    answer = client.get("component/thumbnail", id=component, size=64)
    assert answer.headers["content-type"] == media_type
    assert Image.open(io.BytesIO(answer.content)).size == (64, 32)
    enlarged = client.get("component/thumbnail", id=component, size=2000)
    assert Image.open(io.BytesIO(enlarged.content)).size == (100, 50)


def test_where_there_is_no_picture_the_placeholder_is_shown(client: FileClient) -> None:
    client.upload("no-picture", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage")
    client.component("no-bytes")
    placeholder = requests.get(f"{client.server.url}/img/thumbnail2.png", timeout=30)
    assert placeholder.headers["content-type"] == "image/png"
    assert Image.open(io.BytesIO(placeholder.content)).size == (300, 200)
    for component in ("no-picture", "no-bytes"):
        answer = client.get("component/thumbnail", id=component)
        assert answer.content == placeholder.content


def test_a_damaged_picture_shows_the_placeholder(client: FileClient, picture: Callable[..., bytes]) -> None:
    content = picture(640, 480, "PNG")
    client.upload("damaged", content[: len(content) // 2])
    answer = client.get("component/thumbnail", id="damaged")
    assert answer.url.endswith("/img/thumbnail2.png")


def test_removed_bytes_are_gone(client: FileClient, stored: Callable[[], list[Path]]) -> None:
    before = stored()
    client.upload("removed", b"x")
    client.component("removed")
    assert len(stored()) == len(before) + 1
    assert client.get("component/remove", id="removed").status_code == 200
    assert client.get("component/get", id="removed").status_code == 404
    assert stored() == before
    # The component is still known, so removing once more is no error.
    assert client.get("component/remove", id="removed").status_code == 200


def test_deleting_components_deletes_their_bytes_but_only_when_committed(client: FileClient) -> None:
    for component in ("parent", "child"):
        client.upload(component, b"x")
    client.call(
        {
            "action": "create",
            "entity_type": "ContainerComponent",
            "entity_data": {"id": "container", "name": "both"},
        }
    )
    client.component("child", container_id="container")
    client.component("parent")
    delete = {"action": "delete", "entity_type": "Component", "entity_key": ["container"]}
    refused = client.call(delete, {"action": "delete", "entity_type": "User", "entity_key": ["nobody"]})
    assert "exception" in refused
    assert client.get("component/get", id="child").content == b"x"
    client.call(delete)
    assert client.get("component/get", id="child").status_code == 404
    assert client.get("component/get", id="parent").content == b"x"


def test_files_live_beside_the_database_and_outlive_the_server(
    tmp_path: Path, attach: Callable[[LocalServer], FileClient]
) -> None:
    url = f"sqlite:///{(tmp_path / 'studio.db').as_posix()}"
    with LocalServer(seed="empty", db=url) as server:
        attach(server).upload("lasting", b"kept")
        stale = tmp_path / "studio.db.files" / "incoming" / "stale"
        stale.write_bytes(b"left by a crash")
    with LocalServer(seed="empty", db=url) as server:
        client = attach(server)
        assert client.get("component/get", id="lasting").content == b"kept"
        client.upload("another", b"x")
        assert not stale.exists()


def test_a_server_without_a_directory_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, attach: Callable[[LocalServer], FileClient]
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with LocalServer(seed="empty") as server:
        assert not list(tmp_path.iterdir())
        attach(server).upload("passing", b"x")
        assert len(list(tmp_path.iterdir())) == 1
    assert not list(tmp_path.iterdir())


def test_memory_stays_small_while_large_files_pass(
    tmp_path: Path, attach: Callable[[LocalServer], FileClient]
) -> None:
    resource = pytest.importorskip("resource", reason="peak memory is not measured on Windows")
    size = 192 * 1024 * 1024

    def megabytes() -> float:
        peak: float = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak / 1024

    chunk = bytes(1024 * 1024)
    with LocalServer(seed="empty", files=tmp_path / "store") as server:
        client = attach(server)
        client.upload("small", b"x")
        before = megabytes()
        url = client.metadata("large", file_name="a.mov", file_size=size)["url"]
        assert client.put(url, (chunk for _ in range(size // len(chunk)))).status_code == 200
        signed = client.call({"action": "generate_signed_url", "component_id": "small"})
        assert "signed_url" not in signed  # no such component, only bytes
        with requests.get(
            f"{server.url}/component/get",
            params={"id": "large", **client.credentials},
            stream=True,
            timeout=60,
        ) as answer:
            received = sum(len(part) for part in answer.iter_content(len(chunk)))
        assert received == size
        assert megabytes() - before < 64


def test_the_components_of_the_demo_can_be_downloaded(attach: Callable[[LocalServer], FileClient]) -> None:
    with LocalServer() as server:
        client = attach(server)
        version = first(
            client,
            "select thumbnail_url, components.name, components.size, "
            "components.component_locations.url from AssetVersion limit 1",
        )
        shown = requests.get(version["thumbnail_url"]["url"], timeout=30)
        assert shown.headers["content-type"] == "image/jpeg"
        assert Image.open(io.BytesIO(shown.content)).size == (300, 169)
        for component in version["components"]:
            url = component["component_locations"][0]["url"]["value"]
            assert len(requests.get(url, timeout=30).content) == component["size"]
        gone = version["components"][0]["id"]
        client.get("component/remove", id=gone)
        assert client.get("component/get", id=gone).status_code == 404
