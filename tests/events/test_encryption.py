"""Encrypted connections, and connections by way of proxies."""

from __future__ import annotations

import contextlib
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.events.conftest import SECONDS, Heard, MakeHub, handle_until
from tests.runtime.conftest import Loopback

from ftrack_local import LocalServer
from ftrack_typed.configuration import Configuration
from ftrack_typed.errors import ConnectionFailedError, EventHubConnectionError
from ftrack_typed.events import Event, EventHub, PublicationState
from ftrack_typed.transport import HttpTransport, RetryPolicy
from ftrack_typed.wire import payloads


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for localhost that nobody else trusts, with its key in the same file."""
    program = shutil.which("openssl")
    if program is None:
        pytest.skip("openssl, which makes the certificate, is not installed")
    path = tmp_path_factory.mktemp("tls") / "localhost.pem"
    command = [
        program,
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=localhost",
    ]
    command += ["-addext", "subjectAltName=DNS:localhost", "-keyout", str(path), "-out", str(path) + ".crt"]
    done = subprocess.run(command, capture_output=True, timeout=60, check=False)
    if done.returncode != 0:
        pytest.skip("openssl can't make the certificate")
    with path.open("a", encoding="utf-8", newline="\n") as file:
        file.write(Path(str(path) + ".crt").read_text(encoding="utf-8"))
    return path


class Relay:
    """Encrypts connections to a server that does not."""

    def __init__(self, certificate: Path, target: tuple[str, int]) -> None:
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate)
        self._target = target
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._run(self._accept)

    @property
    def url(self) -> str:
        return f"https://localhost:{self._listening.getsockname()[1]}"

    def _run(self, function: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=function, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                plain, _ = self._listening.accept()
            except OSError:
                return
            try:
                encrypted = self._context.wrap_socket(plain, server_side=True)
            except OSError:
                plain.close()
                continue
            server = socket.create_connection(self._target)
            self._open += [encrypted, server]
            self._run(self._copy, encrypted, server)
            self._run(self._copy, server, encrypted)

    def _copy(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for end in self._open:
            end.close()
        for thread in self._threads[1:]:
            thread.join(5)


@pytest.fixture
def relay(certificate: Path, site: LocalServer) -> Iterator[Relay]:
    started = Relay(certificate, ("127.0.0.1", int(site.url.rsplit(":", 1)[1])))
    yield started
    started.close()


def test_events_travel_encrypted(
    relay: Relay, certificate: Path, make_hub: MakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Many frames come in one record, which the socket alone does not tell of."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    publisher, hub = make_hub(), make_hub(url=relay.url, silence=5)
    assert hub.secure
    heard = Heard()
    hub.subscribe("topic=studio.test", heard)
    assert hub.flush()
    for number in range(300):
        publisher.publish(Event("studio.test", data=number))
    handle_until(hub, lambda: len(heard) == 300)
    assert heard.data == list(range(300))
    assert hub.publish(Event("studio.test", data="x" * 300_000)).wait(SECONDS) is PublicationState.SENT
    handle_until(hub, lambda: len(heard) == 301)
    hub.close()


def test_certificates_nobody_trusts_are_refused(
    relay: Relay, make_hub: MakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    monkeypatch.delenv("CURL_CA_BUNDLE", raising=False)
    hub = make_hub(connect=False, url=relay.url)
    with pytest.raises(EventHubConnectionError, match="certificate"):
        hub.connect(SECONDS)


@pytest.fixture
def secure(relay: Relay, site: LocalServer) -> Iterator[HttpTransport]:
    """Carries batches to the site, encrypted."""
    configuration = Configuration.resolve(
        relay.url,
        api_key=site.api_key,
        api_user=site.api_user,
        environment={},
        schema_cache_path=False,
        timeout=SECONDS,
    )
    transport = HttpTransport(configuration, RetryPolicy(attempts=1))
    yield transport
    transport.close()


def test_batches_travel_encrypted(
    secure: HttpTransport, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    assert b"schema_hash" in secure.send([payloads.server_information()])


def test_batches_are_not_sent_to_servers_nobody_trusts(
    secure: HttpTransport, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    monkeypatch.delenv("CURL_CA_BUNDLE", raising=False)
    with pytest.raises(ConnectionFailedError, match="No secure connection") as caught:
        secure.send([payloads.server_information()])
    assert caught.value.sent is False
    assert caught.value.permanent
    monkeypatch.setenv("CURL_CA_BUNDLE", str(certificate.parent / "gone"))
    with pytest.raises(ConnectionFailedError, match=r"certificate bundle.*gone") as caught:
        secure.send([payloads.server_information()])
    assert caught.value.sent is False
    assert caught.value.permanent


def test_proxies_are_those_of_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    proxy = Loopback()
    for name in ("NO_PROXY", "no_proxy", "ALL_PROXY", "all_proxy", "HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", proxy.url.replace("://", "://door:open@"))
    proxy.raw(b"s1d:15:60:websocket")
    hub = EventHub("http://studio.invalid", "ada", "k3y")
    # The handshake goes through it; the websocket asks it for a tunnel, which this one does not know how to make.
    with pytest.raises(EventHubConnectionError, match=r"No websocket.*501"):
        hub.connect(SECONDS)
    hub.close()
    proxy.close()
    assert [request.path for request in proxy.received] == ["http://studio.invalid/socket.io/1/"]
