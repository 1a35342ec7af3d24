"""Finding the server of a lake: what is missing, gone or of another version is said in a sentence."""

import json
import os
import threading
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from stillroom.cli import orchestrator
from stillroom.cli.orchestrator import MOST_READ, Orchestrator, find, forget, home, named, noted, states
from stillroom.errors import RequestError
from stillroom.teachers.serving_process import identify_process


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv(orchestrator.API_VARIABLE, raising=False)
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    home(tmp_path).mkdir()
    return tmp_path


@contextmanager
def answering(answer: Callable[[bytes], object]) -> Generator[str]:
    """The address of a server that replies to the body of each request with JSON."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(answer(body)).encode())

        do_POST = do_GET

        def log_message(self, format: str, *args: object) -> None: ...  # noqa: A002 - the name it has there

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/api"
        server.shutdown()


@pytest.fixture
def told(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a server that says it is of the version given as parameter."""
    with answering(lambda _: request.param) as api:
        yield api


def test_what_is_written_down_is_read_again_until_it_is_forgotten(lake: Path) -> None:
    this = identify_process(os.getpid())
    written = Orchestrator(api="http://127.0.0.1:4200/api", processes={"up": this})
    written.note(lake)
    assert noted(lake) == written
    assert written.ui == "http://127.0.0.1:4200"
    forget(lake)
    assert noted(lake) is None


def test_a_lake_that_nothing_is_deployed_for_is_told_what_to_do(lake: Path) -> None:
    with pytest.raises(RequestError, match=r"nothing is deployed.*stillroom up"):
        find(lake)


def test_a_server_that_is_gone_is_named(lake: Path) -> None:
    Orchestrator(api="http://127.0.0.1:9/api").note(lake)
    with pytest.raises(RequestError, match=r"no Prefect server answers at http://127\.0\.0\.1:9/api"):
        find(lake)


@pytest.mark.parametrize("told", ["2.20.0"], indirect=True)
def test_a_server_of_another_version_is_refused_with_both(lake: Path, told: str) -> None:
    Orchestrator(api=told).note(lake)
    with pytest.raises(RequestError, match=r"is version 2\.20\.0, expected 3"):
        find(lake)


@pytest.mark.parametrize("told", ["3.8.8"], indirect=True)
def test_an_address_in_the_environment_comes_first(lake: Path, told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    Orchestrator(api="http://127.0.0.1:9/api").note(lake)
    monkeypatch.setenv(orchestrator.API_VARIABLE, told)
    assert find(lake).api == told


def shards_at(api: str) -> Mapping[int, tuple[str, str]]:
    found = states(api, "tiny-r1")
    assert found is not None
    return found.shards


SHARD = {
    "parameters": {"shard": 3},
    "state_name": "Failed",
    "state_type": "FAILED",
    "run_count": 1,
    "state": {"message": "why"},
    "labels": {},
    "start_time": "2026-11-29T12:00:00.123456Z",
}


@pytest.mark.parametrize("told", [[SHARD]], indirect=True)
def test_shards_of_a_server_of_this_machine_are_seen_behind_a_proxy(told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")

    assert shards_at(told) == {3: ("Failed", "why")}


@pytest.mark.parametrize("told", [[SHARD]], indirect=True)
def test_a_server_elsewhere_is_asked_through_the_proxy(told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", told.removesuffix("/api"))

    assert shards_at("http://prefect.example/api") == {3: ("Failed", "why")}


@pytest.fixture
def prefect(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a server that gives the flow runs of the parameter, oldest first there, as Prefect's does."""
    given: list[dict[str, Any]] = request.param

    def answer(body: bytes) -> object:
        asked = json.loads(body)
        named = [one for one in given if [one["flow"]] == asked["flows"]["name"]["any_"]]
        ordered = named[::-1] if asked["sort"].endswith("_DESC") else named
        start = asked.get("offset", 0)
        return ordered[start : start + min(asked.get("limit", 200), 200)]

    with answering(answer) as api:
        yield api


def flow_run(flow: str, state: str, **parameters: object) -> dict[str, Any]:
    told = {"state_name": state, "state_type": state.upper(), "state": {"message": f"it {state}"}}
    return {"flow": flow, "parameters": parameters, **told, "labels": {}, "start_time": None, "run_count": 1}


SHARDS = range(MOST_READ + 50)
TWICE = [
    *(flow_run("shard", "Failed", shard=shard) for shard in SHARDS),
    flow_run("build", "ShardsFailed"),
    *(flow_run("shard", "Completed", shard=shard) for shard in SHARDS),
    flow_run("build", "Running"),
]


@pytest.mark.parametrize("prefect", [TWICE], indirect=True)
def test_of_many_flow_runs_the_newest_count(prefect: str) -> None:
    found = states(prefect, "tiny-r1")
    assert found is not None
    assert found.build == ("Running", "it Running")
    assert found.shards == dict.fromkeys(SHARDS, ("Completed", "it Completed"))


@pytest.mark.parametrize("told", [{"detail": "another kind of server"}], indirect=True)
def test_where_no_prefect_server_answers_nothing_is_known(told: str) -> None:
    assert states(told, "tiny-r1") is None
    assert states("http://127.0.0.1:9/api", "tiny-r1") is None


def test_the_server_of_a_lake_is_the_one_of_the_environment_before_the_one_written_down(
    lake: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert named(lake) is None
    Orchestrator(api="http://127.0.0.1:9/api").note(lake)
    assert named(lake) == noted(lake)
    monkeypatch.setenv(orchestrator.API_VARIABLE, "http://prefect.example/api/")
    assert named(lake) == Orchestrator(api="http://prefect.example/api")
