from __future__ import annotations

import getpass
import os
from pathlib import Path
from typing import Any

import pytest

from ftrack_typed.configuration import Configuration
from ftrack_typed.errors import ConfigurationError, ConfigurationTypeError, ConfigurationValueError

FULL = {
    "FTRACK_SERVER": "https://env.example",
    "FTRACK_API_KEY": "env-key",
    "FTRACK_APIKEY": "old-key",
    "FTRACK_API_USER": "env-user",
    "FTRACK_API_SCHEMA_CACHE_PATH": "env-cache",
}


def resolve(environment: dict[str, str] | None = None, **arguments: Any) -> Configuration:
    values: dict[str, Any] = {"server_url": "http://h:1", "api_key": "key", "api_user": "ada"}
    return Configuration.resolve(**{**values, **arguments}, environment=environment or {})


def from_environment(**changes: str | None) -> Configuration:
    environment = {**FULL, **changes}
    return Configuration.resolve(environment={k: v for k, v in environment.items() if v is not None})


def test_arguments_win_over_the_environment() -> None:
    given = resolve(FULL)
    assert (given.server_url, given.api_key, given.api_user) == ("http://h:1", "key", "ada")


def test_the_environment_fills_in_what_is_not_given() -> None:
    inherited = from_environment()
    assert inherited.server_url == "https://env.example"
    assert (inherited.api_key, inherited.api_user) == ("env-key", "env-user")
    assert inherited.schema_cache_path == Path("env-cache")


def test_the_older_key_variable_is_used_only_without_the_newer() -> None:
    assert from_environment(FTRACK_API_KEY=None).api_key == "old-key"
    with pytest.raises(ConfigurationTypeError, match="api_key is missing"):
        from_environment(FTRACK_API_KEY="")


@pytest.mark.parametrize(
    ("setting", "variable"),
    [("server_url", "FTRACK_SERVER"), ("api_key", "FTRACK_API_KEY"), ("api_user", "FTRACK_API_USER")],
)
def test_an_empty_argument_never_falls_back(setting: str, variable: str) -> None:
    with pytest.raises(TypeError, match=f"{setting} is missing.*{variable}") as caught:
        resolve(FULL, **{setting: ""})
    assert isinstance(caught.value, ConfigurationError)
    assert caught.value.setting == setting


@pytest.mark.parametrize("value", [None, ""])
def test_the_user_falls_back_to_the_login_name(monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
    monkeypatch.setattr(getpass, "getuser", lambda: "grace")
    assert from_environment(FTRACK_API_USER=value).api_user == "grace"


def test_no_login_name_is_a_missing_user(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> str:
        raise OSError("no such user")

    monkeypatch.setattr(getpass, "getuser", fail)
    with pytest.raises(TypeError, match="FTRACK_API_USER"):
        from_environment(FTRACK_API_USER=None)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("http://h:1///", "http://h:1"),
        (" https://studio.example/\n", "https://studio.example"),
        ("HTTPS://Studio.example/base/", "HTTPS://Studio.example/base"),
        ("http://[::1]:8080/", "http://[::1]:8080"),
    ],
)
def test_the_url_is_cleaned(given: str, kept: str) -> None:
    assert resolve(server_url=given).server_url == kept


@pytest.mark.parametrize(
    "url",
    [
        "studio.example",
        "ftp://studio.example",
        "http://",
        "http://h:notaport",
        "http://[::1",
        "http://h?x=1",
        "http://h/#a",
        "http://a b",
    ],
)
def test_what_is_no_server_url_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationValueError, match="server_url") as caught:
        resolve(server_url=url)
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize(
    "url", ["https://ada:s3cret@studio.example", "ada:s3cret@studio.example", "http://ada:s3cret@h:port"]
)
def test_a_password_in_the_url_is_refused_and_not_shown(url: str) -> None:
    with pytest.raises(ConfigurationValueError) as caught:
        resolve(server_url=url)
    assert "s3cret" not in str(caught.value) + repr(caught.value) + repr(caught.value.__cause__)


def test_control_characters_in_credentials_are_refused_and_not_shown() -> None:
    with pytest.raises(ConfigurationValueError, match="api_key contains") as caught:
        resolve(api_key="s3\r\ncret")
    assert "s3" not in str(caught.value)
    assert resolve(api_key="key\n").api_key == "key"


def test_the_representation_hides_secrets() -> None:
    shown = repr(resolve(api_key="s3cret", headers={"X-Token": "t0ken"}, cookies={"sid": "c00kie"}))
    assert "ada" in shown
    assert not any(secret in shown for secret in ("s3cret", "t0ken", "c00kie"))


@pytest.mark.parametrize("value", ["true", 1, None])
def test_strict_api_is_a_real_boolean(value: object) -> None:
    with pytest.raises(TypeError, match="strict_api"):
        resolve(strict_api=value)


@pytest.mark.parametrize("setting", ["headers", "cookies"])
@pytest.mark.parametrize("value", [["a"], "a=b", {"a": 1}, {1: "a"}, "", True])
def test_headers_and_cookies_are_mappings_of_strings(setting: str, value: object) -> None:
    with pytest.raises(TypeError, match=setting):
        resolve({}, **{setting: value})


@pytest.mark.parametrize("value", [None, {}, []])
def test_no_headers_are_fine(value: object) -> None:
    assert resolve(headers=value, cookies=value).headers == {}


def test_a_header_cannot_smuggle_another() -> None:
    with pytest.raises(ConfigurationValueError, match="X-Studio"):
        resolve(headers={"X-Studio": "a\r\nX-Other: b"})


@pytest.mark.parametrize("value", [60, 0.5, None, (3, 60), (None, 1.5)])
def test_usable_timeouts(value: Any) -> None:
    assert resolve(timeout=value).timeout == value


@pytest.mark.parametrize(
    ("value", "error"),
    [
        (0, ValueError),
        (-1, ValueError),
        (float("inf"), ValueError),
        (float("nan"), ValueError),
        ((1, 2, 3), ValueError),
        ((0, 1), ValueError),
        ("60", TypeError),
        (True, TypeError),
        ([1, 2], TypeError),
    ],
)
def test_unusable_timeouts(value: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match="timeout"):
        resolve(timeout=value)


def test_the_schema_cache_directory(tmp_path: Path) -> None:
    assert resolve(schema_cache_path=tmp_path).schema_cache_path == tmp_path
    assert resolve(schema_cache_path=os.fspath(tmp_path)).schema_cache_path == tmp_path
    assert resolve(FULL, schema_cache_path=False).schema_cache_path is None
    for environment in ({}, {"FTRACK_API_SCHEMA_CACHE_PATH": ""}):
        default = resolve(environment).schema_cache_path
        assert default is not None
        assert "ftrack-typed" in default.parts
    assert resolve(schema_cache_path="~/x").schema_cache_path == Path("~/x").expanduser()


@pytest.mark.parametrize("value", [True, 3, "", b"bytes"])
def test_what_is_no_schema_cache_directory(value: object) -> None:
    with pytest.raises(ConfigurationError, match="schema_cache_path"):
        resolve(schema_cache_path=value)
