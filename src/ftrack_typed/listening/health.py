"""Whether a listener is well, for those who watch it: as a page on the loopback interface, or as a file."""

from __future__ import annotations

import json
import logging
import os
import socket
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import TCPServer
from typing import Any

from ftrack_typed.errors import ConfigurationValueError

_logger = logging.getLogger("ftrack_typed.listening")

Report = Callable[[], Mapping[str, Any]]
"""Makes what is told: JSON throughout, with ``"healthy"`` as a bool."""


class HealthServer:
    """Answers every GET with the report: with status 200 when the listener is healthy, else 503.

    Args:
        address: ``HOST:PORT``; port 0 takes a free one.
        report: Asked on every request, from a thread of the server.

    Raises:
        ConfigurationValueError: when the address makes no sense or can't be had.
    """

    def __init__(self, address: str, report: Report) -> None:
        host, _, port = address.rpartition(":")
        if not host or not port.isdecimal() or int(port) > 65535:
            raise ConfigurationValueError(
                f"The health address {address!r} is not of the form HOST:PORT, such as 127.0.0.1:8080.",
                setting="health",
            )

        class Handler(_Handler):
            make_report = staticmethod(report)

        try:
            self._server = _Server((host.strip("[]"), int(port)), Handler)
        except OSError as error:
            raise ConfigurationValueError(
                f"The health address {address} can't be had: {error}.", setting="health"
            ) from error
        self._thread = threading.Thread(
            target=self._server.serve_forever,
            kwargs={"poll_interval": 0.2},
            name="ftrack-health",
            daemon=True,
        )
        self._thread.start()

    @property
    def address(self) -> str:
        """Host and port as they are."""
        host, port = self._server.server_address[:2]
        return f"[{host!s}]:{port}" if ":" in str(host) else f"{host!s}:{port}"

    def close(self) -> None:
        """Stop answering."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5.0)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        super().__init__(address, handler)

    def server_bind(self) -> None:
        """Take the address, without asking for the name of the machine: that can take long and is of no use."""
        TCPServer.server_bind(self)

    def handle_error(self, request: object, client_address: object) -> None:
        """Note that an answer could not be given; most often who asked has gone."""
        _logger.debug("A request for the health report went wrong.", exc_info=True)


class _Handler(BaseHTTPRequestHandler):
    make_report: Report
    timeout = 10.0

    def do_GET(self) -> None:
        report = self.make_report()
        body = json.dumps(report, indent=2).encode() + b"\n"
        self.send_response(200 if report.get("healthy") else 503)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: watchers ask often."""


def write_health(path: Path, report: Mapping[str, Any]) -> None:
    """Replace a file by the report; who reads it never sees half of one.

    Raises:
        OSError: when it can't be written.
    """
    beside = path.with_name(f"{path.name}.{os.getpid()}.new")
    beside.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8", newline="\n")
    beside.replace(path)


__all__ = ["HealthServer", "Report", "write_health"]
