"""A hub of data sets on this machine: as much of its interface as fetching files at a commit needs."""

import hashlib
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@dataclass
class Hub:
    """What it holds, and what it was asked.

    Attributes:
        datasets: by OWNER/NAME, the content of each file at ``COMMIT``.
        gated: those that are given with ``token`` alone.
        failing: files in whose midst the connection ends.
        status: what it answers everything with, where that is not None.
    """

    url: str = ""
    datasets: dict[str, Mapping[str, bytes]] = field(default_factory=dict[str, Mapping[str, bytes]])
    gated: set[str] = field(default_factory=set[str])
    failing: set[str] = field(default_factory=set[str])
    token: str = "hf_" + "T" * 34
    status: int | None = None
    asked: list[str] = field(default_factory=list[str])
    authorizations: set[str] = field(default_factory=set[str])


@contextmanager
def hub_here() -> Iterator[Hub]:
    hub = Hub()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            del code, size

        def do_GET(self) -> None:
            self._answer()

        do_HEAD = do_GET

        def _answer(self) -> None:
            path = unquote(urlsplit(self.path).path)
            hub.asked.append(f"{self.command} {path}")
            if given := self.headers.get("Authorization"):
                hub.authorizations.add(given)
            parts = path.strip("/").split("/")
            parts = parts[1:] if parts[0] == "api" else parts
            dataset, what, commit, file = "/".join(parts[1:3]), *[*parts[3:5], "", ""][:2], "/".join(parts[5:])
            if hub.status is not None:
                self._send(hub.status, b"", {})
            elif dataset not in hub.datasets:
                self._send(401, b"", {"X-Error-Code": "RepoNotFound"})
            elif what == "resolve" and dataset in hub.gated and given != f"Bearer {hub.token}":
                self._send(403, b"", {"X-Error-Code": "GatedRepo"})
            elif commit != COMMIT:
                self._send(404, b"", {"X-Error-Code": "RevisionNotFound"})
            elif what == "revision":
                files = [{"rfilename": name} for name in hub.datasets[dataset]]
                info = {"id": dataset, "sha": COMMIT, "siblings": files, "gated": dataset in hub.gated}
                self._send(200, json.dumps(info).encode(), {"Content-Type": "application/json"})
            else:
                content = hub.datasets[dataset][file]
                headers = {"ETag": f'"{_blob(content)}"', "X-Repo-Commit": COMMIT}
                self._send(200, content, headers, is_cut=file in hub.failing)

        def _send(self, status: int, content: bytes, headers: Mapping[str, str], *, is_cut: bool = False) -> None:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(content[: len(content) // 2] if is_cut else content)
                self.close_connection = is_cut

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def asking_it(url: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the library takes from HF_ENDPOINT and its like when it is imported; nobody is logged in."""
    from huggingface_hub import constants

    template = constants.HUGGINGFACE_CO_URL_TEMPLATE
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template.replace(constants.ENDPOINT, url))
    monkeypatch.setattr(constants, "ENDPOINT", url)
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(folder / "token"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.delenv("HF_TOKEN", raising=False)
    monkeypatch.setenv("STILLROOM_HOME", str(folder / "home"))


def _blob(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=20).hexdigest()
