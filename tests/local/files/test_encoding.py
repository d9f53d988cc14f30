"""`encode_media` jobs."""

from __future__ import annotations

import json
import os
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ftrack_local import LocalServer

if TYPE_CHECKING:
    from tests.local.files.conftest import FileClient

    Attach = Callable[[LocalServer], FileClient]


def publish(client: FileClient, content: bytes, name: str, file_type: str) -> None:
    """Make a version `v` with a component `source`."""

    def create(entity_type: str, **data: Any) -> dict[str, Any]:
        return {"action": "create", "entity_type": entity_type, "entity_data": data}

    answer = client.call(
        create("Asset", id="a", name="asset"),
        create("AssetVersion", id="v", asset_id="a"),
    )
    assert isinstance(answer, list), answer
    client.upload("source", content, name + file_type)
    client.component("source", name, file_type, version_id="v", size=len(content))


def encode(client: FileClient, **more: Any) -> tuple[str, dict[str, Any]]:
    """Encode the component; return the job's final status and data."""
    [answer] = client.call({"action": "encode_media", "component_id": "source", **more})
    client.server.snapshot()  # waits for encodings
    [job] = query(client, f"select status, data from Job where id is {answer['job_id']}")
    return job["status"], json.loads(job["data"])


def query(client: FileClient, expression: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.call({"action": "query", "expression": expression})[0]["data"]
    return found


def components(client: FileClient) -> dict[str, dict[str, Any]]:
    found = query(client, "select name, file_type, size from Component where version_id is v")
    return {component["name"]: component for component in found}


@pytest.fixture
def no_ffmpeg(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))


@pytest.mark.usefixtures("no_ffmpeg")
def test_an_image_becomes_a_review_image_with_a_thumbnail(
    attach: Attach, picture: Callable[..., bytes]
) -> None:
    content = picture(640, 320)
    with LocalServer(seed="empty") as server:
        client = attach(server)
        publish(client, content, "poster", ".png")
        status, data = encode(client, version_id="v", keep_original=True)
        assert status == "done"
        made = components(client)
        assert set(made) == {"poster", "ftrackreview-image", "thumbnail"}
        review = made["ftrackreview-image"]
        assert data["source_component_id"] == "source"
        assert data["keep_original"] is True
        assert data["output"] == [{"format": "image/png", "component_id": review["id"]}]
        assert client.get("component/get", id=review["id"]).content == content
        assert review["size"] == len(content)
        [version] = query(client, "select thumbnail_id from AssetVersion where id is v")
        assert version["thumbnail_id"] == made["thumbnail"]["id"]
        [metadata] = query(client, f"select value from Metadata where parent_id is {review['id']}")
        assert json.loads(metadata["value"]) == {"format": "image", "width": 640, "height": 320}
        [place] = query(
            client, f"select location.name from ComponentLocation where component_id is {review['id']}"
        )
        assert place["location"]["name"] == "ftrack.server"


@pytest.mark.usefixtures("no_ffmpeg")
def test_without_ffmpeg_a_movie_is_copied_and_the_job_says_so(attach: Attach) -> None:
    with LocalServer(seed="empty") as server:
        client = attach(server)
        publish(client, b"not really a movie", "take", ".mov")
        status, data = encode(client, version_id="v", keep_original=False)
        assert status == "done"
        assert "ffmpeg" in data["note"]
        made = components(client)
        assert set(made) == {"ftrackreview-mp4"}  # the original was not to be kept
        answer = client.get("component/get", id=made["ftrackreview-mp4"]["id"])
        assert answer.content == b"not really a movie"
        assert client.get("component/get", id="source").status_code == 404


def test_a_component_without_file_fails_its_job(attach: Attach) -> None:
    with LocalServer(seed="empty") as server:
        client = attach(server)
        client.component("source")
        status, data = encode(client)
        assert status == "failed"
        assert "no file" in data["error"]


@pytest.mark.parametrize(
    ("operation", "reason"),
    [
        ({"component_id": "missing"}, "no component missing"),
        ({"component_id": "source", "version_id": "missing"}, "missing"),
        ({}, "`component_id`"),
    ],
)
def test_what_cannot_be_encoded_is_refused(attach: Attach, operation: dict[str, Any], reason: str) -> None:
    with LocalServer(seed="empty") as server:
        client = attach(server)
        client.component("source")
        answer = client.call({"action": "encode_media", **operation})
        assert reason in answer["content"]
        assert query(client, "Job") == []


PROGRAM = f"""#!{sys.executable}
import shutil, sys, pathlib
print(" ".join(sys.argv), file=open(pathlib.Path(__file__).with_name("calls"), "a"))
if "-show_entries" in sys.argv:
    print('{{"streams": [{{"width": 1280, "height": 720, "avg_frame_rate": "24000/1001", "nb_read_packets": "48"}}]}}')
elif b"broken" in pathlib.Path(sys.argv[sys.argv.index("-i") + 1]).read_bytes():
    sys.exit("moov atom not found")
elif "-frames:v" in sys.argv:
    shutil.copy(pathlib.Path(__file__).with_name("frame.png"), sys.argv[-1])
else:
    pathlib.Path(sys.argv[-1]).write_bytes(b"encoded")
"""


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, picture: Callable[..., bytes]) -> Path:
    """Programs that take ffmpeg's arguments, so that what is done with their results can be seen anywhere."""
    if os.name == "nt":
        pytest.skip("scripts cannot stand in for programs on Windows")
    for name in ("ffmpeg", "ffprobe"):
        path = tmp_path / name
        path.write_text(PROGRAM, encoding="utf-8", newline="\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
    (tmp_path / "frame.png").write_bytes(picture(1280, 720))
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def test_with_ffmpeg_a_movie_is_encoded(attach: Attach, programs: Path) -> None:
    with LocalServer(seed="empty") as server:
        client = attach(server)
        publish(client, b"movie", "take", ".mov")
        status, data = encode(client, version_id="v")
        assert status == "done"
        assert "note" not in data
        made = components(client)
        assert set(made) == {"take", "ftrackreview-mp4", "thumbnail"}
        review = made["ftrackreview-mp4"]
        assert (review["file_type"], review["size"]) == (".mp4", len(b"encoded"))
        assert client.get("component/get", id=review["id"]).content == b"encoded"
        [metadata] = query(client, f"select value from Metadata where parent_id is {review['id']}")
        assert json.loads(metadata["value"]) == {
            "frameIn": 0,
            "frameOut": 47,
            "frameRate": 23.976,
            "width": 1280,
            "height": 720,
        }
    calls = (programs / "calls").read_text(encoding="utf-8")
    assert "-protocol_whitelist" in calls


def test_what_ffmpeg_refuses_fails_the_job_with_its_reason(attach: Attach, programs: Path) -> None:
    with LocalServer(seed="empty", files=programs / "store") as server:
        client = attach(server)
        publish(client, b"broken", "take", ".mov")
        status, data = encode(client, version_id="v")
        assert status == "failed"
        assert data["error"] == "The file cannot be encoded: moov atom not found"
        assert set(components(client)) == {"take"}
        assert not list((programs / "store" / "incoming").iterdir())
