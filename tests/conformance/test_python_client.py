"""The unmodified ``ftrack-python-api`` does its everyday work against the local server."""

from __future__ import annotations

from .conftest import Seen


def test_queries(python_client: Seen) -> None:
    assert python_client("queries") == {
        "paged": True,
        "count": 981,
        "children": True,
        "parts": True,
        "link": True,
        "ancestors": True,
        "descendants": True,
        "component": True,
        "none": "NoResultFoundError",
        "many": "MultipleResultsFoundError",
        "composite": True,
        "project": True,
    }


def test_project_schemas(python_client: Seen) -> None:
    seen = python_client("schemas")
    assert seen["statuses"]
    assert seen["types"] is True
    assert seen["version statuses"] is True


def test_notes_with_replies_recipients_and_labels(python_client: Seen) -> None:
    assert python_client("notes") == {
        "content": "Looks good",
        "author": True,
        "replies": [["Thank you", True]],
        "recipients": True,
        "labels": [True],
        "category": True,
        "found": True,
    }


def test_metadata(python_client: Seen) -> None:
    assert python_client("metadata") == {
        "seen": {"made": "with it", "later": "two", "third": "ünï 'quoted' \"twice\""},
        "found": True,
        "left": {},
    }


def test_custom_attributes_of_every_type_and_inherited(python_client: Seen) -> None:
    assert python_client("custom_attributes") == {
        "in the batch that creates": 12,
        "changed": 24,
        "found": True,
        "inherited": 24,
        "text": True,
        "boolean": True,
        "number": True,
        "date": True,
        "enumerator": True,
    }


def test_lists(python_client: Seen) -> None:
    assert python_client("lists") == {"first": True, "then": True, "versions": 2, "found": 2}


def test_links(python_client: Seen) -> None:
    assert python_client("links") == {"from": True, "out": [True], "left": 0}


def test_jobs(python_client: Seen) -> None:
    assert python_client("jobs") == {
        "status": "done",
        "data": {"description": "Export"},
        "type": "api_job",
        "refused": "ServerError",
    }


def test_ensure(python_client: Seen) -> None:
    assert python_client("ensure") == {"same": True, "email": "second@studio.example", "count": 1}


def test_assignments(python_client: Seen) -> None:
    assert python_client("assignments") == {"users": True, "found": 1}


def test_timers_and_logged_time(python_client: Seen) -> None:
    assert python_client("timers") == {
        "twice": "NotUniqueError",
        "comment": "modelling",
        "short": True,
        "logged": True,
        "timers": 0,
        "log": 3600,
    }


def test_invitations_and_new_keys(python_client: Seen) -> None:
    assert python_client("invites") == {"key": True, "sent": True}


def test_widgets(python_client: Seen) -> None:
    assert python_client("widgets") == {"status": 200}


def test_components_in_the_server_location_and_on_disk(python_client: Seen) -> None:
    assert python_client("components") == {
        "data": ["main", ".txt", 6000, "FileComponent"],
        "received": True,
        "available": 100,
        "sequence": ["SequenceComponent", 4, ["0001", "0002", "0003"]],
        "members": ["frame 1", "frame 2", "frame 3"],
        "published": [True, True],
        "both": [100, 100],
        "left": [False, 0, 100],
        "removed": [0, "AccessorOperationFailedError"],
    }


def test_thumbnails(python_client: Seen) -> None:
    assert python_client("thumbnails") == {"own": True, "answers": [[200, "image"]] * 3, "same": True}


def test_encoded_media(python_client: Seen) -> None:
    assert python_client("media") == {"version": 1, "status": "done", "output": True, "thumbnail": True}


def test_subscriptions_and_replies(python_client: Seen) -> None:
    assert python_client("subscriptions_and_replies") == {
        "levels": ["high"],
        "source": [True],
        "replies": [{"accepted": True}],
    }


def test_updates_are_announced(python_client: Seen) -> None:
    assert python_client("updates") == {
        "actions": [["add", "task"], ["update", "task"], ["remove", "task"]],
        "changed": [["bid"]],
    }
