"""What a teacher's server is started with: a specification in, an exact command line and environment out."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from stillroom.errors import RequestError

DEFAULT_PORT = 30000
DEVICES = ("auto", "cpu", "cuda")
PLATFORM = "stillroom_cpu"  # the entry point's name in deployments/sglang-cpu/plugin
CPU_TOTAL_TOKENS = 32768  # 0.4 GB of keys and values for a 0.5B model; SGLang's default is sized from all of RAM
CPU_RUNNING_REQUESTS = 64  # throughput is flat from 32 on, and 64 x 512 tokens fill the pool


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSpec:
    """A server of one model.

    Attributes:
        name: what the server calls the model, and what its state file is named after.
        model_path: a folder, or on a GPU host also a hub id.
        revision: passed as ``--weight-version``, so that every reply says which weights it came from; "" where it is
            not known, and the server then says "default".
        is_hub_id: ``model_path`` names a model of the hub, at the hub's ``revision``.
        device: ``cpu``, ``cuda``, or ``auto`` for whichever this machine has.
        max_total_tokens: size of the pool of keys and values; None leaves it to SGLang, except on the CPU.
        max_running_requests: at most so many at once; None leaves it to SGLang, except on the CPU.
        extra_flags: appended to SGLang's command line as they are.
    """

    name: str
    model_path: str
    revision: str
    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    device: str = "auto"
    is_hub_id: bool = False
    max_total_tokens: int | None = None
    max_running_requests: int | None = None
    extra_flags: tuple[str, ...] = ()

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://{self.host}:{self.port}"


def resolve_device(device: str) -> str:
    """``cpu`` or ``cuda``: what ``auto`` means on this machine.

    Raises:
        RequestError: the device is none of ``auto``, ``cpu`` and ``cuda``.
    """
    if device not in DEVICES:
        raise RequestError(f"device {device!r} is not known; expected one of {', '.join(DEVICES)}")
    if device != "auto":
        return device
    if not (nvidia_smi := shutil.which("nvidia-smi")):
        return "cpu"
    listed = subprocess.run([nvidia_smi, "-L"], capture_output=True, text=True, check=False)
    return "cuda" if listed.returncode == 0 and "GPU" in listed.stdout else "cpu"


def command(spec: ServerSpec, python: Path | str | None = None) -> list[str]:
    """The command line that starts ``spec``.

    Args:
        spec: what to serve.
        python: the interpreter; None writes ``python`` for a GPU host's own.
    """
    argv = [str(python or "python"), "-m", "sglang.launch_server"]
    argv += ["--model-path", spec.model_path, "--served-model-name", spec.name]
    if spec.revision:
        argv += [*(("--revision", spec.revision) if spec.is_hub_id else ()), "--weight-version", spec.revision]
    argv += ["--host", spec.host, "--port", str(spec.port)]
    tokens, running = spec.max_total_tokens, spec.max_running_requests
    if resolve_device(spec.device) == "cpu":
        # Overlap scheduling hides the CPU's work behind the GPU's; here it only adds a copy. The warm-up is a
        # generation that nobody reads.
        argv += ["--device", "cpu", "--attention-backend", "torch_native", "--disable-overlap-schedule"]
        # Longest prefix match: requests that share a prefix wait for the first of them to compute it.
        argv += ["--sleep-on-idle", "--skip-server-warmup", "--schedule-policy", "lpm"]
        tokens, running = tokens or CPU_TOTAL_TOKENS, running or CPU_RUNNING_REQUESTS
    if tokens:
        argv += ["--max-total-tokens", str(tokens)]
    if running:
        argv += ["--max-running-requests", str(running)]
    argv += ["--enable-metrics", "--enable-cache-report", "--log-level-http", "warning"]
    return [*argv, *spec.extra_flags]


def server_environment(spec: ServerSpec) -> dict[str, str]:
    """The environment variables that ``spec`` needs beside this process's own."""
    if resolve_device(spec.device) != "cpu":
        return {}
    return {
        "SGLANG_PLATFORM": PLATFORM,
        "PYTHONPATH": "",  # empty is as good as unset: what its environment was checked with is what it runs with
        "PYTHONHOME": "",
        "CUDA_VISIBLE_DEVICES": "",
        "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS") or str(os.cpu_count() or 1),
        # Waiting threads sleep instead of spinning: decisive where the cores are shared with verification.
        "OMP_WAIT_POLICY": "PASSIVE",
        "MALLOC_ARENA_MAX": "2",
        "HF_HUB_OFFLINE": "1",
        "PYTHONDONTWRITEBYTECODE": "",  # its environment is ours: what it compiles is there at the next start
        "TOKENIZERS_PARALLELISM": "false",
    }


def gpu_python() -> str:
    """The interpreter with a stock SGLang: ``$STILLROOM_SGLANG_PYTHON``, else this one.

    Raises:
        RequestError: it cannot import sglang.
    """
    python = os.environ.get("STILLROOM_SGLANG_PYTHON") or sys.executable
    probe = "import importlib.util, sys; sys.exit(importlib.util.find_spec('sglang') is None)"
    if subprocess.run([python, "-c", probe], capture_output=True, check=False).returncode:
        raise RequestError(
            f"a GPU was found, but {python} has no sglang. In a checkout of Stillroom that is for the server alone, "
            "run `uv sync --locked --extra teacher-gpu --no-dev` and name its .venv/bin/python in "
            "STILLROOM_SGLANG_PYTHON, or ask for the device cpu."
        )
    return python
