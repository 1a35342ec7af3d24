"""A build's Prefect has none of the settings that a person has for theirs."""

import os
from pathlib import Path

import pytest

from stillroom.cli.prefect_environment import adopt, own_environment

THEIRS = {
    "PREFECT_SERVER_DATABASE_CONNECTION_URL": "sqlite:////theirs.db",
    "PREFECT_API_DATABASE_CONNECTION_URL": "sqlite:////theirs.db",
    "PREFECT_API_AUTH_STRING": "user:word",
    "PREFECT_PROFILE": "work",
    "PREFECT_HOME": "/theirs",
    "PREFECT_LOGGING_LEVEL": "DEBUG",
    "prefect_server_api_auth_string": "user:word",
    "PREFECT__SERVER_FINAL": "1",
}


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", {**THEIRS, "PATH": "/bin", "NO_PROXY": "a.example"})


def test_what_a_person_has_set_for_their_prefect_is_left_out(tmp_path: Path) -> None:
    found = own_environment(tmp_path, {"PREFECT_API_URL": "http://127.0.0.1:1/api"})

    assert not {name: value for name, value in THEIRS.items() if found.get(name) == value}
    assert found["PREFECT_HOME"] == str(tmp_path)
    assert found["PREFECT_API_URL"] == "http://127.0.0.1:1/api"
    assert found["PATH"] == "/bin"


def test_prefects_own_client_reaches_its_server_without_a_proxy(tmp_path: Path) -> None:
    assert own_environment(tmp_path)["no_proxy"] == "a.example,127.0.0.1,localhost"


def test_an_adopted_environment_is_all_that_this_process_has(tmp_path: Path) -> None:
    wanted = own_environment(tmp_path)
    adopt(wanted)
    assert dict(os.environ) == wanted
