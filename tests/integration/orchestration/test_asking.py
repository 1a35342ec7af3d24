"""Commands that ask a Prefect server end in a sentence where that goes away, refuses, or is of another version."""

import errno
import os
import socket
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from filelock import FileLock
from prefect.exceptions import ObjectNotFound
from typer.testing import CliRunner

from stillroom.cli import deployed, submitting
from stillroom.cli.app import make_app
from stillroom.cli.asking import asking
from stillroom.cli.orchestrator import Orchestrator, home
from stillroom.code_version import code_version
from stillroom.errors import RequestError
from tests.fakes.prompts import recipe

SERVER = Orchestrator(api="http://127.0.0.1:9/api")
QUICKSTART = Path(__file__).resolve().parents[3] / "deployments" / "recipes" / "quickstart.yaml"
ASKED = httpx.Request("GET", "http://127.0.0.1:9/api")


@pytest.mark.parametrize(
    ("error", "told"),
    [
        pytest.param(httpx.ConnectError("All connection attempts failed"), "does not answer any more", id="gone"),
        pytest.param(
            httpx.HTTPStatusError("Client error '409 Conflict'", request=ASKED, response=httpx.Response(409)),
            "refuses: Client error '409 Conflict'.",
            id="it refuses",
        ),
        pytest.param(ObjectNotFound(Exception("404")), "no longer has what was asked for", id="removed"),
    ],
)
def test_a_server_that_fails_under_a_command_is_a_sentence(error: Exception, told: str) -> None:
    with pytest.raises(RequestError) as failure, asking(SERVER, else_then="The build goes on."):
        raise error
    assert told in str(failure.value)
    assert str(failure.value).endswith(" The build goes on.")
    assert SERVER.api in str(failure.value)


def test_a_defect_stays_what_it_is() -> None:
    with pytest.raises(RuntimeError, match="a defect"), asking(SERVER):
        raise RuntimeError("a defect")


@pytest.mark.parametrize("version", ["0.0.9", None])
def test_deployments_of_another_version_are_refused_before_anything_is_submitted(
    tmp_path: Path, version: str | None
) -> None:
    client: Any = SimpleNamespace(read_deployment_by_name=lambda name: SimpleNamespace(id="x", version=version))
    with pytest.raises(RequestError, match=f"of Stillroom {version}, this command is of"):
        submitting._create(client, recipe(tmp_path), False)


def test_deployments_of_this_version_are_submitted_to(tmp_path: Path) -> None:
    client: Any = SimpleNamespace(
        read_deployment_by_name=lambda name: SimpleNamespace(id="x", version=code_version()),
        create_flow_run_from_deployment=lambda id_, **about: SimpleNamespace(id=about["name"]),
    )
    assert submitting._create(client, recipe(tmp_path), False) == "build tiny"


def test_a_port_that_a_user_may_not_have_is_not_said_to_be_in_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: socket.socket, address: tuple[str, int]) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), address)

    monkeypatch.setattr(socket.socket, "bind", refuse)  # as the kernel does, but for root
    done = CliRunner().invoke(make_app(), ["--lake", str(tmp_path), "up", str(QUICKSTART), "--port", "80"])
    assert done.exit_code == 2
    assert "this user may not listen on port 80 of 127.0.0.1" in done.stderr
    assert "in use" not in done.stderr


def test_a_second_up_of_a_lake_is_refused_whatever_its_port(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[Path] = []
    monkeypatch.setattr(deployed, "_run", lambda recipe, root, *_: begun.append(root))
    monkeypatch.setattr(deployed, "_refuse_taken", lambda port, root: None)
    monkeypatch.setattr(deployed.signal, "signal", lambda *_: None)
    command = ["--lake", str(tmp_path), "up", str(QUICKSTART), "--port", "4300"]
    home(tmp_path).mkdir()
    SERVER.note(tmp_path)
    with FileLock(home(tmp_path) / "up.lock"):
        done = CliRunner().invoke(make_app(), command)
    assert done.exit_code == 2
    assert "`stillroom up` runs already" in done.stderr
    assert f"its UI is at {SERVER.ui}" in done.stderr
    assert begun == []
    assert CliRunner().invoke(make_app(), command).exit_code == 0
    assert begun == [tmp_path]
