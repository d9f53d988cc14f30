"""A server that answers from memory what a local server answered before, so that its speed doesn't count."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import requests

from ftrack_local import LocalServer

ROWS = 10_000
"""Tasks in the recorded page."""

PROJECTION = "id, name, bid, description, status.name, parent.name"
"""What is selected: plain values and two relations, as a tool that lists tasks would."""


@dataclass(frozen=True)
class Recording:
    """Replies of a local server, by action."""

    replies: Mapping[str, bytes]
    api_user: str
    api_key: str
    task_id: str
    """The task the recorded update is of."""


def record() -> Recording:
    """Ask a local server for everything the benchmarks need."""
    size = ROWS // 900
    with LocalServer(seed="demo", size=size) as server:
        credentials = {"ftrack-user": server.api_user, "ftrack-api-key": server.api_key}

        def ask(operation: Mapping[str, Any]) -> bytes:
            answer = requests.post(f"{server.url}/api", json=[operation], headers=credentials, timeout=120)
            answer.raise_for_status()
            return answer.content

        expression = f"select {PROJECTION} from Task limit {ROWS}"
        page = json.loads(ask({"action": "query", "expression": expression}))
        page[0]["metadata"] = {"next": {"offset": None}}  # replayed for ever, there must be no next page
        rows = page[0]["data"]
        if len(rows) != ROWS:
            raise RuntimeError(f"The demo seed of size {size} has {len(rows)} tasks, not {ROWS}.")
        update = {
            "action": "update",
            "entity_type": "Task",
            "entity_key": [rows[0]["id"]],
            "entity_data": {"__entity_type__": "Task", "bid": 3600.0},
        }
        replies = {
            "query_server_information": ask({"action": "query_server_information"}),
            "query_schemas": ask({"action": "query_schemas"}),
            "query": json.dumps(page).encode(),
            "update": ask(update),
        }
        return Recording(replies, server.api_user, server.api_key, rows[0]["id"])


@contextmanager
def replaying(recording: Recording) -> Iterator[str]:
    """Serve a recording while the block runs; gives the URL."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1

        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            body = recording.replies[request[0]["action"]]
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            self.wfile.flush()

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
