from __future__ import annotations

import logging
import socket
import subprocess
import sys
import threading
import traceback
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
import requests

from ftrack_typed.configuration import Configuration
from ftrack_typed.errors import (
    AuthenticationError,
    ConfigurationValueError,
    ConnectionClosedError,
    ConnectionFailedError,
    DuplicateEntryError,
    Error,
    MalformedResponseError,
    PermissionDeniedError,
    RequestTimeoutError,
    ServerCompatibilityError,
    ServerError,
    ServerValidationError,
    TransportError,
    UnencodableValueError,
)
from ftrack_typed.transport import HttpTransport, RetryPolicy, SessionAuthentication, error_from_reply
from ftrack_typed.wire import payloads

if TYPE_CHECKING:
    from tests.runtime.conftest import Loopback

KEY = "s3cret-key"
HTML = {"Content-Type": "text/html; charset=utf-8"}


def transport_to(url: str, **settings: Any) -> HttpTransport:
    values = {"api_key": KEY, "api_user": "ada", "schema_cache_path": False, "timeout": 10, **settings}
    return HttpTransport(Configuration.resolve(url, environment={}, **values), RetryPolicy(attempts=1))


@pytest.fixture
def transport(loopback: Loopback) -> Iterator[HttpTransport]:
    transport = transport_to(loopback.url)
    yield transport
    transport.close()


def test_a_batch_is_posted_as_sorted_json(loopback: Loopback, transport: HttpTransport) -> None:
    loopback.raw(b'\xef\xbb\xbf\n [{"data": []}]')
    body = transport.send([payloads.query("Task")])
    (request,) = loopback.received
    assert body.endswith(b'[{"data": []}]')
    assert request.path == "/api"
    assert request.body == b'[{"action": "query", "expression": "Task"}]'
    assert request.headers["Content-Type"] == request.headers["Accept"] == "application/json"
    assert request.headers["ftrack-user"] == "ada"
    assert request.headers["ftrack-api-key"] == KEY


@pytest.mark.parametrize("strict", [True, False])
def test_settings_reach_the_server(loopback: Loopback, strict: bool) -> None:
    loopback.answer([])
    headers = {"X-Studio": "blue", "FTRACK-Strict-API": "maybe", "ftrack-user": "mallory"}
    transport = transport_to(loopback.url, strict_api=strict, headers=headers, cookies={"sid": "1"})
    transport.send([])
    received = {name.lower(): value for name, value in loopback.received[0].headers.items()}
    assert received["x-studio"] == "blue"
    assert received["ftrack-strict-api"] == str(strict).lower()
    assert received["ftrack-user"] == "ada"
    assert received["cookie"] == "sid=1"


@pytest.mark.parametrize("user", ["zoë", "Łukasz", "日本"])
def test_any_user_name_can_be_sent(loopback: Loopback, user: str) -> None:
    loopback.answer([])
    transport_to(loopback.url, api_user=user, headers={"X-Artist": user}).send([])
    for name in ("ftrack-user", "X-Artist"):
        sent = loopback.received[0].headers[name].encode("latin-1")
        assert user in (sent.decode("latin-1"), sent.decode("utf-8", "replace"))


def test_authentication_works_with_requests_alone(loopback: Loopback) -> None:
    loopback.answer({})
    requests.get(loopback.url, auth=SessionAuthentication(KEY, "ada"), timeout=10)
    assert loopback.received[0].headers["ftrack-api-key"] == KEY


def test_authentication_hides_and_checks_the_key() -> None:
    assert KEY not in repr(SessionAuthentication(KEY, "ada"))
    assert SessionAuthentication(KEY, "ada") == SessionAuthentication(KEY, "ada")
    with pytest.raises(ConfigurationValueError, match="api_key") as caught:
        SessionAuthentication("s3\ncret", "ada")
    assert "cret" not in str(caught.value)


@pytest.mark.parametrize("status", [200, 401])
def test_wrong_credentials(loopback: Loopback, transport: HttpTransport, status: int) -> None:
    content = f"The key {KEY} {{is}} wrong."
    loopback.answer({"exception": "InvalidCredentialsError", "content": content, "error_code": "c"}, status)
    with pytest.raises(AuthenticationError) as caught:
        transport.send([payloads.server_information()])
    assert str(caught.value) == "Server reported error: InvalidCredentialsError(The key *** {is} wrong.)"
    assert (caught.value.status, caught.value.code) == (status, "c")
    assert KEY not in repr(vars(caught.value))


@pytest.mark.parametrize(
    ("document", "kind"),
    [
        ({"exception": "ValidationError", "content": "x"}, ServerValidationError),
        ({"exception": "PermissionError", "content": "x"}, PermissionDeniedError),
        ({"exception": "FTAuthenticationError", "content": "x"}, PermissionDeniedError),
        ({"exception": "DuplicateEntryError", "content": "x"}, DuplicateEntryError),
        ({"exception": "E", "content": "x", "error_code": "api_credentials_invalid"}, AuthenticationError),
        ({"exception": "E", "content": "Invalid action u'fly'"}, ServerCompatibilityError),
        ({"exception": "E", "content": 'Invalid action "fly"'}, ServerCompatibilityError),
        ({"exception": "E", "content": "invalid action fly"}, ServerCompatibilityError),
        ({"exception": "Unheard", "content": "x"}, ServerError),
        ({"exception": "E"}, ServerError),
        ({"exception": "E", "content": None}, ServerError),
        ({"exception": ["E"], "content": {"a": "{}"}, "error_code": 7}, ServerError),
        ({"detail": [{"msg": "field required"}]}, ServerError),
        ({}, ServerError),
        (None, ServerError),
        ("oops", ServerError),
        (3, ServerError),
    ],
)
def test_error_replies(loopback: Loopback, transport: HttpTransport, document: object, kind: type) -> None:
    loopback.answer(document)
    loopback.answer(document, 422)
    for status in (200, 422):
        with pytest.raises(ServerError) as caught:
            transport.send([payloads.delete("Task", ["t-1"])])
        assert type(caught.value) is kind
        assert caught.value.status == status
        assert str(caught.value).startswith("Server reported error")
        assert (caught.value.operation_index, caught.value.entity_type) == (0, "Task")
        assert caught.value.entity_key == ("t-1",)


@pytest.mark.parametrize(("status", "kind"), [(401, AuthenticationError), (403, PermissionDeniedError)])
def test_the_status_tells_what_the_reply_does_not(status: int, kind: type) -> None:
    assert type(error_from_reply({"detail": "no"}, status)) is kind
    assert type(error_from_reply({"exception": "ValidationError"}, status)) is ServerValidationError


def test_the_operation_at_fault_is_named_when_known() -> None:
    batch = [payloads.query("Task"), payloads.update("Task", ["t-2"], {})]
    document = {"exception": "E", "content": "x"}
    assert error_from_reply(document, 200, batch).operation_index is None
    told = error_from_reply({**document, "operation_index": 1}, 200, batch)
    assert (told.operation_index, told.entity_key) == (1, ("t-2",))
    assert error_from_reply({**document, "operation_index": 9}, 200, batch).entity_key is None


def test_an_error_status_with_results_is_an_error(loopback: Loopback, transport: HttpTransport) -> None:
    loopback.answer([{}], 500)
    with pytest.raises(ServerError, match="500") as caught:
        transport.send([])
    assert caught.value.status == 500


@pytest.mark.parametrize("status", [200, 404, 502, 503])
def test_html_instead_of_json(loopback: Loopback, transport: HttpTransport, status: int) -> None:
    page = f"<html>\n<title>Sign in {KEY}</title>{'x' * 9999}".encode()
    loopback.raw(page, status=status, headers=HTML)
    with pytest.raises(MalformedResponseError, match="login page") as caught:
        transport.send([])
    error = caught.value
    assert isinstance(error, ServerError)
    assert isinstance(error, TransportError)
    assert (error.status, error.content_type) == (status, HTML["Content-Type"])
    assert error.excerpt.startswith("<html> <title>Sign in ***")
    assert str(status) in str(error)
    assert HTML["Content-Type"] in str(error)
    assert len(str(error)) < 600
    assert KEY not in str(error)


@pytest.mark.parametrize("body", [b"", b"   ", b'{"exception": "E', b"[1, 2", b"\xff\xfe[]"])
def test_empty_or_truncated_bodies(loopback: Loopback, transport: HttpTransport, body: bytes) -> None:
    loopback.raw(body, status=500)
    with pytest.raises(MalformedResponseError) as caught:
        transport.send([])
    assert caught.value.status == 500


def test_a_body_that_breaks_off(loopback: Loopback, transport: HttpTransport) -> None:
    loopback.raw(b"[1, 2", announced_length=500)
    with pytest.raises(ConnectionFailedError, match=r"127\.0\.0\.1"):
        transport.send([])


def test_a_refused_connection() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    transport = transport_to(f"http://127.0.0.1:{port}")
    with pytest.raises(ConnectionFailedError, match=rf"127\.0\.0\.1:{port}") as caught:
        transport.send([payloads.server_information()])
    assert isinstance(caught.value.__cause__, requests.ConnectionError)
    assert KEY not in "".join(traceback.format_exception(caught.value))


WITHOUT_FILES = """
import os, resource
from ftrack_typed.configuration import Configuration
from ftrack_typed.errors import ConnectionFailedError
from ftrack_typed.transport import HttpTransport, RetryPolicy

settings = Configuration.resolve("http://127.0.0.1:9", "key", "ada", schema_cache_path=False, environment={})
transport = HttpTransport(settings, RetryPolicy(attempts=1))
resource.setrlimit(resource.RLIMIT_NOFILE, (64, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
taken = []
try:
    while True:
        taken.append(os.open(os.devnull, os.O_RDONLY))
except OSError:
    pass
try:
    transport.send([])
except ConnectionFailedError as error:
    print(error)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
def test_a_process_out_of_files_is_told_so() -> None:
    """Nothing that tells of it has to be loaded then."""
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_FILES], capture_output=True, encoding="utf-8", timeout=60, check=False
    )
    assert done.stdout == "No connection to http://127.0.0.1:9: Too many open files.\n", done.stderr


def test_a_proxy_password_stays_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    for name in ("HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, f"http://ada:pr0xy@127.0.0.1:{port}")
    with pytest.raises(ConnectionFailedError) as caught:
        transport_to("http://studio.invalid").send([])
    assert "pr0xy" not in "".join(traceback.format_exception(caught.value))


def test_the_timeout_is_read_on_each_call(loopback: Loopback, transport: HttpTransport) -> None:
    loopback.answer([])
    loopback.raw(stall=True)
    transport.send([])
    transport.timeout = (10, 0.05)
    with pytest.raises(RequestTimeoutError, match=r"0\.05") as caught:
        transport.send([])
    assert caught.value.sent is True


def test_a_stalled_body_is_a_timeout(loopback: Loopback, transport: HttpTransport) -> None:
    loopback.raw(b"[1", announced_length=500, stall_body=True)
    transport.timeout = (10, 0.05)
    with pytest.raises(RequestTimeoutError):
        transport.send([])


def test_credentials_are_not_carried_to_another_server(loopback: Loopback, transport: HttpTransport) -> None:
    elsewhere = loopback.url.replace("127.0.0.1", "localhost")
    for location in (
        f"{elsewhere}/api",
        "/login",
        "http://ada:pw@h/api",
        "http://h:port/api",
        "http://[::1/api",
        "",
        "//evil.example/api",
    ):
        loopback.replies.clear()
        loopback.received.clear()
        loopback.raw(status=307, headers={"Location": location})
        with pytest.raises(MalformedResponseError, match="redirects to") as caught:
            transport.send([])
        assert len(loopback.received) == 1
        assert caught.value.status == 307
        assert "pw" not in str(caught.value)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_within_the_server_repeats_the_request(
    loopback: Loopback, transport: HttpTransport, status: int
) -> None:
    loopback.raw(status=status, headers={"Location": "/v2/api"})
    loopback.answer([1])
    assert transport.send([payloads.schemas()]) == b"[1]"
    transport.send([])
    first, second, third = loopback.received
    assert (first.path, second.path) == ("/api", "/v2/api")
    assert second.operations == [{"action": "query_schemas"}]
    assert third.path == ("/v2/api" if status in (301, 308) else "/api")


def test_redirects_do_not_go_on_for_ever(loopback: Loopback, transport: HttpTransport) -> None:
    for index in range(9):
        loopback.raw(status=302, headers={"Location": f"/{index}/api"})
    with pytest.raises(MalformedResponseError, match="redirects"):
        transport.send([])
    assert len(loopback.received) < 9


def test_closing(loopback: Loopback, transport: HttpTransport) -> None:
    transport.close()
    transport.close()
    assert transport.closed
    with pytest.raises(ConnectionClosedError):
        transport.send([])
    assert loopback.received == []


def test_what_cannot_be_encoded_is_not_sent(loopback: Loopback, transport: HttpTransport) -> None:
    with pytest.raises(UnencodableValueError):
        transport.send([payloads.update("Task", ["t"], {"bid": object()})])
    assert loopback.received == []


def test_one_log_line_per_call_without_secrets(
    loopback: Loopback, transport: HttpTransport, caplog: pytest.LogCaptureFixture
) -> None:
    loopback.answer([1, 2, 3])
    with caplog.at_level(logging.DEBUG, "ftrack_typed.transport"):
        transport.send([payloads.query("Task"), payloads.query("Shot"), payloads.schemas()])
    lines = [record.getMessage() for record in caplog.records if record.name == "ftrack_typed.transport"]
    assert len(lines) == 1
    assert "2 query, query_schemas" in lines[0]
    assert "9 bytes received" in lines[0]
    assert "attempts: 1" in lines[0]
    assert KEY not in caplog.text


def test_the_log_counts_rows_and_attempts(loopback: Loopback, caplog: pytest.LogCaptureFixture) -> None:
    loopback.raw(status=502)
    loopback.answer(
        [{"action": "query", "data": [{}, {}]}, {"action": "create", "data": {}}, {"version": "1"}]
    )
    transport = transport_to(loopback.url)
    patient = HttpTransport(
        Configuration.resolve(loopback.url, KEY, "ada", environment={}), RetryPolicy(sleep=lambda _: None)
    )
    with caplog.at_level(logging.DEBUG, "ftrack_typed.transport"):
        patient.send([payloads.query("Task")])
        transport.send([payloads.query("Task")])
    first, second = [record.getMessage() for record in caplog.records if "query" in record.getMessage()]
    assert "3 rows in" in first
    assert "attempts: 2" in first
    assert "attempts: 1" in second
    assert first.endswith(" ms")


@pytest.mark.parametrize("secret", [KEY, "c00kie-value", "Bearer t0ken"])
def test_no_message_holds_a_secret(loopback: Loopback, caplog: pytest.LogCaptureFixture, secret: str) -> None:
    transport = transport_to(
        loopback.url, cookies={"sid": "c00kie-value"}, headers={"Authorization": "Bearer t0ken"}
    )
    page = f"<html>{secret}</html>".encode()
    loopback.raw(page, headers={"X-Request-ID": secret})
    loopback.answer({"exception": secret, "content": secret, "error_code": secret}, 503)
    loopback.raw(b"[1, 2", announced_length=500)
    with caplog.at_level(logging.DEBUG):
        for _ in range(3):
            with pytest.raises(Error) as caught:
                transport.send([payloads.query("Task")])
            error: BaseException | None = caught.value
            told = "".join(traceback.format_exception(caught.value)) + repr(vars(caught.value))
            assert secret not in told
            while error is not None:
                assert getattr(error, "request", None) is None
                error = error.__cause__ or error.__context__
    assert secret not in caplog.text


def test_failures_are_logged_too(loopback: Loopback, caplog: pytest.LogCaptureFixture) -> None:
    loopback.raw(stall=True)
    transport = transport_to(loopback.url, timeout=0.05)
    with caplog.at_level(logging.DEBUG, "ftrack_typed.transport"), pytest.raises(Error):
        transport.send([payloads.schemas()])
    assert "query_schemas" in caplog.text
    assert "no response" in caplog.text


def test_threads_share_a_transport(loopback: Loopback, transport: HttpTransport) -> None:
    loopback.answer([1])
    bodies: list[bytes] = []
    threads = [threading.Thread(target=lambda: bodies.append(transport.send([]))) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert bodies == [b"[1]"] * 16


def test_the_representation_names_the_server_only(transport: HttpTransport) -> None:
    assert repr(transport) == f"<HttpTransport {transport.server_url}>"
