"""The command line of a server, for a CPU and for a GPU host."""

import sys

import pytest

from stillroom.errors import RequestError
from stillroom.teachers.serving_spec import ServerSpec, command, gpu_python, resolve_device, server_environment


def spec(**changes: object) -> ServerSpec:
    values: dict[str, object] = {"name": "tiny", "model_path": "/models/tiny", "revision": "abc", "device": "cpu"}
    return ServerSpec(**{**values, **changes})  # pyright: ignore[reportArgumentType]


def value_of(argv: list[str], flag: str) -> str:
    return argv[argv.index(flag) + 1]


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_the_server_is_told_its_identity(device: str) -> None:
    argv = command(spec(device=device))
    assert value_of(argv, "--weight-version") == "abc"
    assert value_of(argv, "--served-model-name") == "tiny"


def test_a_server_of_unknown_weights_is_told_none() -> None:
    assert "--weight-version" not in command(spec(device="cuda", revision=""))


def test_a_hubs_model_is_loaded_at_the_revision_that_the_server_reports() -> None:
    argv = command(spec(device="cuda", model_path="Owner/Tiny", is_hub_id=True))
    assert (value_of(argv, "--revision"), value_of(argv, "--weight-version")) == ("abc", "abc")
    assert "--revision" not in command(spec(device="cuda"))


def test_a_cpu_server_bounds_its_memory_and_takes_32_requests_or_more() -> None:
    argv = command(spec())
    assert int(value_of(argv, "--max-total-tokens")) >= 4096
    assert int(value_of(argv, "--max-running-requests")) >= 32
    assert "--context-length" not in argv


def test_a_gpu_server_is_stock() -> None:
    argv = command(spec(device="cuda"))
    assert argv[:3] == ["python", "-m", "sglang.launch_server"]
    assert not {"--device", "--attention-backend", "--max-total-tokens"} & set(argv)
    assert server_environment(spec(device="cuda")) == {}


def test_extra_flags_come_last_so_that_they_win() -> None:
    assert command(spec(extra_flags=("--max-running-requests", "8")))[-2:] == ["--max-running-requests", "8"]


def test_waiting_threads_do_not_spin() -> None:
    environment = server_environment(spec())
    assert environment["OMP_WAIT_POLICY"] == "PASSIVE"
    assert environment["SGLANG_PLATFORM"] == "stillroom_cpu"


def test_modules_of_somebody_else_reach_no_cpu_server() -> None:
    environment = server_environment(spec())
    assert (environment["PYTHONPATH"], environment["PYTHONHOME"]) == ("", "")


def test_an_unknown_device_is_refused() -> None:
    with pytest.raises(RequestError, match="expected one of auto, cpu, cuda"):
        resolve_device("tpu")


def test_without_an_nvidia_driver_auto_means_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert resolve_device("auto") == "cpu"


def test_a_gpu_host_without_sglang_is_told_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STILLROOM_SGLANG_PYTHON", sys.executable)
    with pytest.raises(RequestError, match="--extra teacher-gpu --no-dev"):
        gpu_python()
