"""A CPU build of torch is found before anything is downloaded: in pip's own sources, else in one further index."""

import re
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from stillroom.errors import TeacherError
from stillroom.teachers import torch_source
from stillroom.teachers.serving_environment import find_base_python

CUDA, CPU = "2.13.0", "2.13.0+cpu"
Folder = Callable[..., str]
Asked = Callable[[], tuple[list[str], list[str]]]


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One with a pip of its own."""
    folder = tmp_path_factory.mktemp("environment")
    subprocess.run([find_base_python(), "-m", "venv", folder], check=True)
    return folder / "bin" / "python"


@pytest.fixture
def index(tmp_path: Path) -> Folder:
    """Makes an index in a folder that has these versions of torch, and gives its URL."""

    def make(name: str, *versions: str) -> str:
        pages = tmp_path / name / "torch"
        pages.mkdir(parents=True)
        files = [f"torch-{version}-py3-none-any.whl" for version in versions]
        links = "".join(f'<a href="{file}">{file}</a>' for file in files)
        (pages / "index.html").write_text(f"<!DOCTYPE html><html><body>{links}</body></html>", encoding="utf-8")
        return (tmp_path / name).as_uri()

    return make


@pytest.fixture(autouse=True)
def _plain(monkeypatch: pytest.MonkeyPatch, index: Folder) -> None:
    """pip as on a fresh machine with a plain index."""
    for name in ("PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL", "PIP_NO_INDEX", torch_source.INDEX_VARIABLE):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_INDEX_URL", index("plain", "2.12.0", CUDA))


@pytest.fixture
def options(tmp_path: Path, python: Path) -> Asked:
    """Asks for them; also what was said meanwhile."""

    def ask() -> tuple[list[str], list[str]]:
        said: list[str] = []
        return torch_source.torch_options(python, CUDA, tmp_path / "log", said.append), said

    return ask


def test_what_pips_own_sources_have_is_taken_from_there(
    options: Asked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    (wheels / f"torch-{CPU}-py3-none-any.whl").touch()
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels))

    assert options() == ([], [])


def test_an_index_that_was_named_is_asked_besides(
    options: Asked, index: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = index("named", "2.12.0+cpu", CPU, "2.14.0+cpu")
    monkeypatch.setenv(torch_source.INDEX_VARIABLE, named)

    assert options() == (["--extra-index-url", named], [])


@pytest.mark.parametrize(
    "versions", [pytest.param([CUDA], id="no CPU build"), pytest.param(["2.12.0+cpu"], id="older")]
)
def test_where_only_the_cuda_build_is_to_be_had_nothing_is_downloaded(
    options: Asked, index: Folder, monkeypatch: pytest.MonkeyPatch, versions: list[str]
) -> None:
    named = index("named", *versions)
    monkeypatch.setenv(torch_source.INDEX_VARIABLE, named)

    with pytest.raises(
        TeacherError,
        match=rf"torch {re.escape(CPU)} was not found in pip's own sources and {named}\. .*build for CUDA.* nothing "
        r"was downloaded: name an index .*STILLROOM_TORCH_INDEX or a folder .*PIP_FIND_LINKS",
    ):
        options()


def test_no_further_index_is_asked_where_none_is_named(options: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(torch_source.INDEX_VARIABLE, "")

    with pytest.raises(TeacherError, match=r"was not found in pip's own sources\. pip takes what is called 2\.13\.0"):
        options()


def test_on_machines_whose_bare_build_is_for_the_cpu_it_is_taken(
    options: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch_source.platform, "machine", lambda: "aarch64")

    found, said = options()

    assert (found, len(said)) == ([], 1)


def test_pip_that_finds_no_torch_at_all_is_left_to_say_so(options: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")

    found, said = options()

    assert (found, len(said)) == ([], 1)


@pytest.fixture
def silent() -> Iterator[str]:
    """A server that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/simple"


def test_an_index_that_does_not_answer_is_none_that_has_cpu_builds(
    options: Asked, silent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(torch_source.INDEX_VARIABLE, silent)
    monkeypatch.setattr(torch_source, "CONNECT_SECONDS", 1)
    began = time.monotonic()

    with pytest.raises(TeacherError, match=f"was not found in pip's own sources and {silent}"):
        options()

    assert time.monotonic() - began < 3 * torch_source.ASKING_SECONDS


def test_pip_itself_may_hang_no_longer_than_that(options: Asked, silent: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(torch_source.INDEX_VARIABLE, silent)
    monkeypatch.setattr(torch_source, "CONNECT_SECONDS", 600)
    monkeypatch.setattr(torch_source, "ASKING_SECONDS", 6.0)
    began = time.monotonic()

    assert options()[0] == ["--extra-index-url", silent]
    assert time.monotonic() - began < 60
