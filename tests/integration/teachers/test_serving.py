"""Servers of several models share a machine."""

import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from stillroom.teachers import serving, serving_port
from stillroom.teachers.models import PulledModel
from stillroom.teachers.serving_start import RunningServer

NAMES = ("Owner/One", "Owner/Two")

# Listens long after its start, as SGLang does, which loads the model first: python late.py PORT WEIGHT_VERSION
LATE_SERVER = """
import http.server, json, sys, time
time.sleep(2)
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps({"weight_version": sys.argv[2]}).encode())
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


@pytest.fixture(autouse=True)
def _late_servers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """``serve`` with the set-up left out, and with servers that are late for SGLang's."""
    (tmp_path / "late.py").write_text(LATE_SERVER)

    def pulled(name: str, progress: object, revision: str | None) -> PulledModel:
        return PulledModel(
            name=name, path=tmp_path, source="hub", revision=f"of {name}", licence="", hub_id=name, pulled_at=0.0
        )

    def late_command(spec: serving.ServerSpec, python: Path) -> list[str]:
        return [str(python), "-S", str(tmp_path / "late.py"), str(spec.port), spec.revision]

    monkeypatch.setenv("STILLROOM_HOME", str(tmp_path))
    monkeypatch.setattr(serving, "pull", pulled)
    monkeypatch.setattr(serving, "ensure_environment", lambda progress: Path(sys.executable))
    monkeypatch.setattr(serving, "command", late_command)
    monkeypatch.setattr(serving_port, "DEFAULT_PORT", serving_port.free_port("127.0.0.1"))
    yield
    for name in NAMES:
        serving.stop(name)


def test_two_models_that_are_asked_for_at_once_get_a_server_each() -> None:
    got: dict[str, RunningServer] = {}

    def ask(name: str) -> None:
        got[name] = serving.serve(name, device="cpu", idle_minutes=0, timeout_seconds=30, progress=lambda line: None)

    threads = [threading.Thread(target=ask, args=(name,)) for name in NAMES]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len({server.url for server in got.values()}) == len(NAMES)
    for name in NAMES:
        said = httpx.get(f"{got[name].url}/model_info", trust_env=False).json()
        assert said == {"weight_version": f"of {name}"}
