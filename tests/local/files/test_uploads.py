"""Uploading: where to, how much, and what becomes of it."""

from __future__ import annotations

import base64
import hashlib
import socket
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit
from uuid import uuid4

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ftrack_local import LocalServer

if TYPE_CHECKING:
    from tests.local.files.conftest import FileClient

    Attach = Callable[[LocalServer], FileClient]


def altered(url: str, **changes: str | None) -> str:
    """Return an address with some of its parameters changed."""
    parts = urlsplit(url)
    query = {**dict(parse_qsl(parts.query)), **changes}
    return urlunsplit(parts._replace(query=urlencode({k: v for k, v in query.items() if v is not None})))


@pytest.mark.parametrize("content", [b"", b"x", b"y" * 65536])
def test_a_file_of_an_unknown_component_goes_up_and_comes_down(client: FileClient, content: bytes) -> None:
    component = str(uuid4())
    metadata = client.metadata(component, file_name="plate.exr", file_size=len(content), parts=None)
    assert metadata["component_id"] == component
    assert metadata["headers"]["Content-Length"] == str(len(content))
    client.upload(component, content, "plate.exr")
    answer = client.get("component/get", id=component)
    assert answer.content == content


def test_name_and_size_come_from_the_component_even_in_the_same_batch(client: FileClient) -> None:
    component = str(uuid4())
    _, metadata = client.call(
        {
            "action": "create",
            "entity_type": "FileComponent",
            "entity_data": {"id": component, "name": "poster", "file_type": "jpg", "size": 4},
        },
        {"action": "get_upload_metadata", "component_id": component, "parts": None},
    )
    assert metadata["headers"] == {"Content-Type": "image/jpeg", "Content-Length": "4"}
    assert client.put(metadata["url"], b"jpeg", metadata["headers"]).status_code == 200
    answer = client.get("component/get", id=component)
    assert answer.headers["content-type"] == "image/jpeg"
    assert "poster.jpg" in answer.headers["content-disposition"]


def test_a_checksum_is_asked_for_and_checked(client: FileClient) -> None:
    component, content = str(uuid4()), b"precious"
    checksum = base64.b64encode(hashlib.md5(content).digest()).decode()
    metadata = client.metadata(component, file_name="a.b", file_size=8, checksum=checksum)
    assert metadata["headers"]["Content-MD5"] == checksum
    refused = client.put(metadata["url"], b"previous")
    assert refused.status_code == 400
    assert "MD5" in refused.json()["content"]
    assert client.get("component/get", id=component).status_code == 404
    assert client.put(metadata["url"], content).status_code == 200


@pytest.mark.parametrize(
    ("operation", "reason"),
    [
        ({"component_id": "new"}, "`file_name` and `file_size` are needed"),
        ({"component_id": "new", "file_name": "a"}, "`file_name` and `file_size` are needed"),
        ({"component_id": "new", "file_name": "a", "file_size": -1}, "`file_size`"),
        ({"component_id": "new", "file_name": "a", "file_size": True}, "`file_size`"),
        ({"component_id": "new", "file_name": "a", "file_size": "12"}, "`file_size`"),
        ({"component_id": "new", "file_name": "", "file_size": 1}, "`file_name`"),
        ({"component_id": "new", "file_name": 5, "file_size": 1}, "`file_name`"),
        ({"component_id": "new", "file_name": "a", "file_size": 65537}, "65536 bytes at most"),
        ({"component_id": "new", "file_name": "a", "file_size": 1, "parts": 0}, "1 to 10000 parts"),
        ({"component_id": "new", "file_name": "a", "file_size": 1, "parts": 10001}, "1 to 10000 parts"),
        ({"component_id": "new", "file_name": "a", "file_size": 1, "parts": "2"}, "`parts`"),
        ({"component_id": "new", "file_name": "a", "file_size": 1, "checksum": "zz"}, "`checksum`"),
        ({"component_id": "new", "file_name": "a", "file_size": 1, "checksum": 5}, "`checksum`"),
        ({"component_id": ""}, "`component_id`"),
        ({"component_id": None}, "`component_id`"),
        ({"component_id": ["x"]}, "`component_id`"),
        ({"component_id": "x" * 256}, "`component_id`"),
    ],
)
def test_requests_that_make_no_sense_say_why(
    client: FileClient, operation: dict[str, Any], reason: str
) -> None:
    assert reason in client.refuse(**operation)


def test_addresses_permit_only_what_they_say(client: FileClient) -> None:
    url = client.metadata("mine", file_name="a", file_size=4)["url"]
    for changes in (
        {"id": "yours"},
        {"size": "400"},
        {"expires": "99999999999"},
        {"expires": None},
        {"part": "1"},
        {"signature": "0" * 64},
        {"signature": "é"},
        {"signature": None},
    ):
        refused = client.put(altered(url, **changes), b"four")
        assert refused.status_code == 403
        assert refused.json()["exception"] == "ForbiddenError"
    forged = requests.get(f"{client.server.url}/component/get?id=mine&signature=x", timeout=30)
    assert forged.status_code == 403


@pytest.mark.parametrize("content", [b"thr", b"fiver"])
def test_the_announced_size_is_kept(
    client: FileClient, content: bytes, stored: Callable[[], list[Path]]
) -> None:
    before = stored()
    url = client.metadata("sized", file_name="a", file_size=4)["url"]
    refused = client.put(url, content)
    assert refused.status_code == (400 if len(content) < 4 else 413)
    assert "4 were announced" in refused.json()["content"] or "the 4 announced" in refused.json()["content"]
    assert client.get("component/get", id="sized").status_code == 404
    assert stored() == before


def test_bodies_of_unknown_length_are_cut_at_the_announced_size(client: FileClient) -> None:
    url = client.metadata("chunked", file_name="a", file_size=4)["url"]
    assert client.put(url, iter([b"12", b"34", b"56"])).status_code == 413
    assert client.put(url, iter([b"12", b"34"])).status_code == 200
    assert client.get("component/get", id="chunked").content == b"1234"


def test_an_upload_that_breaks_off_is_never_seen(
    client: FileClient, stored: Callable[[], list[Path]]
) -> None:
    client.upload("kept", b"before")
    before = stored()
    url = urlsplit(client.metadata("kept", file_name="a", file_size=50_000)["url"])
    with socket.create_connection((url.hostname or "", url.port or 0), timeout=20) as raw:
        head = f"PUT {url.path}?{url.query} HTTP/1.1\r\nHost: x\r\nContent-Length: 50000\r\n\r\n"
        raw.sendall(head.encode() + b"z" * 20_000)
    for _ in range(1000):  # the server notices in its own time
        if stored() == before:
            break
        assert client.get("component/get", id="kept").content == b"before"
    assert stored() == before


def test_a_new_upload_replaces_the_file(client: FileClient) -> None:
    for content in (b"one", b"two!"):
        client.upload("twice", content)
        assert client.get("component/get", id="twice").content == content


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(component=st.text(min_size=1, max_size=40))
@pytest.mark.usefixtures("server")
def test_no_id_reaches_a_path(client: FileClient, stored: Callable[[], list[Path]], component: str) -> None:
    hostile = f"../../{component}/.."
    try:
        hostile.encode()
    except UnicodeEncodeError:
        return
    client.upload(hostile, b"content")
    assert client.get("component/get", id=hostile).content == b"content"
    for path in stored():
        assert set(path.name) <= set("0123456789abcdef-")
    client.get("component/remove", id=hostile)
    assert client.get("component/get", id=hostile).status_code == 404


def test_old_clients_ask_over_http(client: FileClient) -> None:
    answer = client.get("component/getPutMetadata", id="old", fileSize="3", checksum="")
    assert client.put(answer.json()["url"], b"abc", answer.json()["headers"]).status_code == 200
    assert client.get("component/get", id="old").content == b"abc"
    assert client.get("component/getPutMetadata", id="old", fileSize="many").status_code == 400


def in_parts(client: FileClient, component: str, contents: list[bytes]) -> tuple[str, list[dict[str, Any]]]:
    """Upload parts, the last one first; return the upload's id and what completes it."""
    size = sum(map(len, contents))
    metadata = client.metadata(component, file_name="big.mov", file_size=size, parts=len(contents))
    assert [url["part_number"] for url in metadata["urls"]] == list(range(1, len(contents) + 1))
    parts = []
    for url, content in reversed(list(zip(metadata["urls"], contents, strict=True))):
        answer = client.put(url["signed_url"], content)
        assert answer.status_code == 200, answer.text
        parts.append({"part_number": url["part_number"], "e_tag": answer.headers["ETag"].strip('"')})
    return metadata["upload_id"], parts


def complete(client: FileClient, component: str, upload_id: Any, parts: Any) -> Any:
    return client.call(
        {
            "action": "complete_multipart_upload",
            "component_id": component,
            "upload_id": upload_id,
            "parts": parts,
        }
    )


def test_parts_become_one_file_when_all_are_there(
    client: FileClient, stored: Callable[[], list[Path]]
) -> None:
    contents = [b"a" * 20_000, b"b" * 20_000, b"c" * 5]
    upload_id, parts = in_parts(client, "parted", contents)
    assert client.get("component/get", id="parted").status_code == 404
    before = len(stored())
    for _ in range(2):  # a client that missed the answer asks again
        [answer] = complete(client, "parted", upload_id, parts)
        assert answer["component_id"] == "parted"
        assert requests.get(answer["url"], timeout=30).content == b"".join(contents)
    assert len(stored()) == before - 2


def test_a_part_may_be_sent_again(client: FileClient) -> None:
    upload_id, parts = in_parts(client, "again", [b"1", b"2"])
    metadata = client.metadata("again", file_name="a", file_size=2, parts=2)
    for content in (b"x", b"y"):
        tags = [client.put(url["signed_url"], content).headers["ETag"] for url in metadata["urls"]]
    [answer] = complete(
        client,
        "again",
        metadata["upload_id"],
        [{"part_number": number, "e_tag": tag} for number, tag in enumerate(tags, 1)],
    )
    assert requests.get(answer["url"], timeout=30).content == b"yy"
    [answer] = complete(client, "again", upload_id, parts)
    assert requests.get(answer["url"], timeout=30).content == b"12"


def test_incomplete_uploads_are_refused_and_can_go_on(client: FileClient) -> None:
    metadata = client.metadata("gaps", file_name="a", file_size=2, parts=2)
    first = client.put(metadata["urls"][0]["signed_url"], b"1").headers["ETag"]
    listed = [{"part_number": 1, "e_tag": first}, {"part_number": 2, "e_tag": "x"}]
    upload_id = metadata["upload_id"]
    assert "Part 2 of 2 has not been uploaded" in complete(client, "gaps", upload_id, listed)["content"]
    second = client.put(metadata["urls"][1]["signed_url"], b"2").headers["ETag"]
    assert "has the tag" in complete(client, "gaps", upload_id, listed)["content"]
    assert "missing in `parts`" in complete(client, "gaps", upload_id, listed[:1])["content"]
    assert "no upload" in complete(client, "other", upload_id, listed)["content"]
    assert "`parts`" in complete(client, "gaps", upload_id, "all")["content"]
    assert "`parts`" in complete(client, "gaps", upload_id, [1])["content"]
    assert "`upload_id`" in complete(client, "gaps", "../..", listed)["content"]
    assert "no upload" in complete(client, "gaps", "0" * 32, listed)["content"]
    assert client.get("component/get", id="gaps").status_code == 404
    listed[1]["e_tag"] = second
    assert complete(client, "gaps", upload_id, listed)[0]["component_id"] == "gaps"


def test_parts_that_do_not_add_up_are_refused(client: FileClient) -> None:
    metadata = client.metadata("short", file_name="a", file_size=10, parts=1)
    tag = client.put(metadata["urls"][0]["signed_url"], b"1").headers["ETag"]
    answer = complete(client, "short", metadata["upload_id"], [{"part_number": 1, "e_tag": tag}])
    assert "1 bytes together; 10 were announced" in answer["content"]


def test_web_pages_may_upload_only_where_that_is_allowed(attach: Attach) -> None:
    page = {"Origin": "https://studio.example", "Access-Control-Request-Method": "PUT"}
    with LocalServer(seed="empty", allow_origins=["https://studio.example"]) as server:
        client = attach(server)
        url = client.metadata("web", file_name="a", file_size=1)["url"]
        preflight = requests.options(url, headers=page, timeout=30)
        assert preflight.headers["Access-Control-Allow-Origin"] == "https://studio.example"
        answer = client.put(url, b"1", {"Origin": "https://studio.example"})
        assert answer.headers["Access-Control-Expose-Headers"] == "ETag"
        foreign = client.put(url, b"1", {"Origin": "https://elsewhere.example"})
        assert "Access-Control-Allow-Origin" not in foreign.headers
    with LocalServer(seed="empty") as server:
        client = attach(server)
        url = client.metadata("web", file_name="a", file_size=1)["url"]
        assert "Access-Control-Allow-Origin" not in client.put(url, b"1", page).headers


def test_a_directory_that_cannot_be_used_fails_uploads_clearly(
    tmp_path: Path, attach: Attach, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "taken").write_text("not a directory", encoding="utf-8")
    with LocalServer(seed="empty", files=tmp_path / "taken") as server:
        client = attach(server)
        url = client.metadata("x", file_name="a", file_size=1)["url"]
        refused = client.put(url, b"1")
        assert refused.status_code == 500
        assert "its log tells why" in refused.json()["content"]
    assert "taken" in caplog.text
