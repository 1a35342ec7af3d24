"""The SGLang environment is made once, never half, and a failure says what to do."""

import shutil
from pathlib import Path

import pytest

from stillroom.errors import TeacherError
from stillroom.teachers import serving_environment as environment

PYPROJECT = """
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
"""


@pytest.fixture(autouse=True)
def deployment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A deployment folder whose only requirement no index has."""
    folder = tmp_path / "deployment"
    (folder / "plugin").mkdir(parents=True)
    (folder / "plugin" / "pyproject.toml").write_text(PYPROJECT)
    (folder / "requirements.txt").write_text("no-such-package==1.0\n")
    monkeypatch.setattr(environment, "DEPLOYMENT", folder)
    monkeypatch.setenv("STILLROOM_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    return folder


def test_a_finished_environment_is_used_as_it_is() -> None:
    folder = environment.environment_folder(environment.find_base_python())
    folder.mkdir(parents=True)
    (folder / environment.MARKER).touch()
    assert environment.ensure_environment(pytest.fail) == folder / "bin" / "python"


def test_a_changed_pin_names_another_environment(deployment: Path) -> None:
    base = environment.find_base_python()
    before = environment.environment_folder(base)
    (deployment / "requirements.txt").write_text("no-such-package==1.1\n")
    assert environment.environment_folder(base) != before


def test_a_half_made_one_is_made_again_and_pips_failure_is_shown() -> None:
    folder = environment.environment_folder(environment.find_base_python())
    (folder / "left over").mkdir(parents=True)
    said: list[str] = []
    with pytest.raises(TeacherError, match=r"pip install failed.*\n(?s:.*)No matching distribution found for no-such"):
        environment.ensure_environment(said.append)
    assert any("half-made" in line for line in said)
    assert not (folder / "left over").exists()
    assert not (folder / environment.MARKER).exists()


def test_that_there_is_no_cpu_build_of_torch_is_said_before_pip_fetches_any(
    deployment: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    (deployment / "requirements.txt").write_text("no-such-package==1.0\ntorch==2.13.0\n")
    said: list[str] = []

    with pytest.raises(TeacherError, match=r"pip install of torch failed"):
        environment.ensure_environment(said.append)

    warned = [at for at, line in enumerate(said) if "torch 2.13.0+cpu was not found" in line]
    assert warned == [said.index("SGLang: fetching torch") - 1]


def test_where_only_the_cuda_build_of_torch_is_offered_nothing_is_fetched(
    deployment: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = tmp_path / "index" / "torch"
    pages.mkdir(parents=True)
    (pages / "index.html").write_text('<!DOCTYPE html><a href="torch-2.13.0-py3-none-any.whl">torch</a>')
    for name in ("PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL", "PIP_NO_INDEX"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_INDEX_URL", (tmp_path / "index").as_uri())
    (deployment / "requirements.txt").write_text("no-such-package==1.0\ntorch==2.13.0\n")
    said: list[str] = []

    with pytest.raises(TeacherError, match=r"torch 2\.13\.0\+cpu was not found.* nothing was downloaded"):
        environment.ensure_environment(said.append)

    assert not any(line.startswith("SGLang: fetching") for line in said)


def test_too_little_disk_is_found_before_anything_is_downloaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "NEEDED_BYTES", 10**18)
    with pytest.raises(TeacherError, match=r"GB free; .*STILLROOM_HOME on a larger disk"):
        environment.ensure_environment(pytest.fail)


def test_no_fitting_python_is_named_with_what_was_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "SUPPORTED_PYTHONS", ("3.99",))
    with pytest.raises(TeacherError, match=r"found .*\(Python 3\.1[12]\); expected Python 3\.99 .*python3-venv"):
        environment.find_base_python()


def test_outside_a_checkout_the_missing_file_is_named(deployment: Path) -> None:
    shutil.rmtree(deployment)
    with pytest.raises(TeacherError, match=r"requirements\.txt does not exist.*`urls:`"):
        environment.ensure_environment(pytest.fail)


@pytest.mark.parametrize(
    ("log", "expected"),
    [
        pytest.param("a\nValueError: bad flag\nbye\n", "ValueError: bad flag", id="an exception"),
        pytest.param(
            "usage: x\nx: error: unrecognized arguments: --y\n", "unrecognized arguments: --y", id="a bad flag"
        ),
        pytest.param("one\n\ntwo\n", "two", id="else the last lines"),
    ],
)
def test_the_telling_lines_of_a_log_are_found(tmp_path: Path, log: str, expected: str) -> None:
    (tmp_path / "log").write_text(log)
    assert expected in environment.telling_lines(tmp_path / "log")
