"""The unmodified ``@ftrack/api`` does its everyday work on Node against the local server.

It is made for browsers: what it uploads with there is stood in for by the script that drives it.
"""

from __future__ import annotations

from .conftest import Seen


def test_the_initial_batch(javascript_client: Seen) -> None:
    assert javascript_client("initialBatch") == {
        "version": "4.13.8.0",
        "schemas": True,
        "task": ["id"],
        "keys": ["parent_id", "key"],
        "information": True,
        "wrong": "ServerError",
    }


def test_queries_are_decoded_and_refusals_named(javascript_client: Seen) -> None:
    assert javascript_client("queries") == {
        "count": 5,
        "next": 5,
        "status": True,
        "date": True,
        "same": 1,
        "batch": [1, 1],
        "grammar": "Failed to parse",
        "attribute": "ServerError",
    }


def test_strict_and_denormalized_answers(javascript_client: Seen) -> None:
    assert javascript_client("strictAndDenormalized") == {
        "count": 3,
        "apart": True,
        "date": "string",
        "plain": True,
        "error": "ServerError",
    }


def test_search(javascript_client: Seen) -> None:
    assert javascript_client("search") == {"found": True}


def test_create_update_and_delete(javascript_client: Seen) -> None:
    assert javascript_client("writing") == {
        "created": True,
        "updated": 7200,
        "read": [7200, 'said "so"', True],
        "metadata": [["by", "js"]],
        "failing": "ServerError",
        "unchanged": 7200,
        "deleted": True,
        "left": 0,
    }


def test_ensure(javascript_client: Seen) -> None:
    assert javascript_client("ensure") == {"same": True, "email": "second@studio.example"}


def test_an_upload_in_one_part(javascript_client: Seen) -> None:
    assert javascript_client("upload") == {
        "data": ["plate one", ".exr", 5000],
        "location": [True],
        "received": True,
        "progress": 100,
    }


def test_an_upload_in_many_parts(javascript_client: Seen) -> None:
    assert javascript_client("multipartUpload") == {"multipart": True, "received": True}


def test_thumbnails(javascript_client: Seen) -> None:
    assert javascript_client("thumbnails") == {"status": 200, "type": "image"}


def test_events_replies_and_updates(javascript_client: Seen) -> None:
    assert javascript_client("events") == {
        "user": True,
        "reply": {"accepted": "high"},
        "updates": [["add", "task"], ["remove", "task"]],
        "connected": True,
    }
