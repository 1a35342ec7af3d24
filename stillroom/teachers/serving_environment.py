"""Makes the virtual environment in which SGLang runs on the CPU, once for a machine.

SGLang's torch stack must not touch the pipeline's own environment, so it gets one of its own under
``$STILLROOM_HOME``, named after a hash of what goes into it: a second checkout reuses it, a changed pin makes a
new one. pip does the work, since it (not uv) finds CPU builds of torch through its find-links settings, and
``torch_source`` where they are else. The marker file is written last; an environment without it is made afresh.
"""

import re
import shutil
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from stillroom.errors import TeacherError
from stillroom.fingerprint import fingerprint
from stillroom.home import home
from stillroom.teachers.programs import bare_environment, program
from stillroom.teachers.progress import PRINTED, Progress, Share
from stillroom.teachers.space import require_room, room_in
from stillroom.teachers.torch_source import INDEX_VARIABLE, torch_options

DEPLOYMENT = Path(__file__).resolve().parents[2] / "deployments" / "sglang-cpu"
SUPPORTED_PYTHONS = ("3.11", "3.12")
NEEDED_BYTES = 4 * 1024**3  # 2.6 GB installed, and the downloads beside it
SERVER_MODULES = (
    "torch",
    "stillroom_sglang_cpu",
    "sglang.srt.entrypoints.http_server",
    "sglang.srt.managers.scheduler",
    "sglang.srt.managers.detokenizer_manager",
)
MARKER = "stillroom-complete"
LOG_TAIL_LINES = 12
TELLING = re.compile(r"^\S*(?:Error|Exception)\b.*:|error: |out of memory|Killed|Address already in use")


def environment_folder(base_python: Path) -> Path:
    """Where the environment for these requirements, this plugin and this Python belongs."""
    inputs = [DEPLOYMENT / "requirements.txt", *sorted((DEPLOYMENT / "plugin").rglob("*.py"))]
    inputs.append(DEPLOYMENT / "plugin" / "pyproject.toml")
    if missing := [path for path in inputs if not path.is_file()]:
        raise TeacherError(
            f"{missing[0]} does not exist, so the SGLang environment cannot be made. Run Stillroom from a checkout, "
            "or give the recipe's teacher `urls:` of a server that is already running."
        )
    identity = fingerprint([str(base_python), *(path.read_text("utf-8") for path in inputs)], length=12)
    return home() / f"sglang-cpu-{identity}"


@contextmanager
def exclusive(lock: Path, what: str, progress: Progress) -> Generator[None, None, None]:
    """Holds a file lock, and says for what it waits while somebody else has it."""
    held = FileLock(lock)
    try:
        held.acquire(timeout=0)
    except Timeout:
        progress(f"Waiting: {what} is under way elsewhere")
        held.acquire()
    try:
        yield
    finally:
        held.release()


def ensure_environment(progress: Progress = PRINTED) -> Path:
    """The Python of the SGLang environment, which is made first if it is missing or half-made.

    Raises:
        TeacherError: no fitting Python, no ``venv`` module, too little disk space, or pip failed.
    """
    base_python = find_base_python()
    folder = environment_folder(base_python)
    python = folder / "bin" / "python"
    if (folder / MARKER).exists():
        return python
    folder.parent.mkdir(parents=True, exist_ok=True)
    with exclusive(Path(f"{folder}.lock"), "making the SGLang environment", progress):
        if not (folder / MARKER).exists():
            with room_in(folder.parent, "the SGLang environment"):
                _create(folder, base_python, progress)
    return python


def missing_bytes() -> int:
    """What making the environment takes on the disk at the peak; 0 where it is there.

    Raises:
        TeacherError: no fitting Python, or no ``venv`` module.
    """
    return 0 if (environment_folder(find_base_python()) / MARKER).exists() else NEEDED_BYTES


def find_base_python() -> Path:
    """A Python outside any virtual environment that is supported and can make one: this one's base if it fits."""
    found: list[str] = []
    base = getattr(sys, "_base_executable", sys.executable)
    names = [base, *(shutil.which(f"python{version}") for version in SUPPORTED_PYTHONS)]
    probe = "import sys; print('%d.%d' % sys.version_info[:2]); import venv, ensurepip"
    for candidate in dict.fromkeys(name for name in names if name):
        probed = subprocess.run(
            [candidate, "-c", probe], capture_output=True, text=True, check=False, env=bare_environment()
        )
        version = probed.stdout.strip()
        if version in SUPPORTED_PYTHONS and probed.returncode == 0:
            return Path(candidate)
        lacks = " without the venv module" if version in SUPPORTED_PYTHONS else ""
        found.append(f"{candidate} (Python {version or 'unknown'}{lacks})")
    raise TeacherError(
        f"found {', '.join(found)}; expected Python {' or '.join(SUPPORTED_PYTHONS)} with the venv module to make "
        "the SGLang environment. On Debian: apt-get install python3-venv"
    )


def tail(log: Path, lines: int = LOG_TAIL_LINES) -> str:
    """The last lines of a log, indented for an error message."""
    if not log.exists():
        return "    (no log was written)"
    kept = [line for line in log.read_text("utf-8", errors="replace").splitlines() if line.strip()][-lines:]
    return "\n".join(f"    {line[:300]}" for line in kept)


def telling_lines(log: Path) -> str:
    """The lines of a server's log that say why it ended: from the last traceback's end, else the last ones."""
    if not log.exists():
        return tail(log)
    lines = log.read_text("utf-8", errors="replace").splitlines()
    errors = [line for line in lines if TELLING.search(line)]
    return "\n".join(f"    {line[:300]}" for line in errors[-6:]) if errors else tail(log)


def _create(folder: Path, base_python: Path, progress: Progress) -> None:
    started = time.monotonic()
    if folder.exists():
        progress(f"{folder.name} was left half-made; making it again")
        shutil.rmtree(folder)
    require_room(folder.parent, NEEDED_BYTES, "the SGLang environment")
    log = folder.with_suffix(".log")
    python = str(folder / "bin" / "python")
    pins = [line for line in (DEPLOYMENT / "requirements.txt").read_text("utf-8").splitlines() if "==" in line]
    progress(f"Making the SGLang environment in {folder} ({len(pins)} packages, 2.6 GB; log: {log})")
    log.write_text("", encoding="utf-8")
    _run([str(base_python), "-m", "venv", str(folder)], log, "making the virtual environment")
    pip = [python, "-m", "pip", "--disable-pip-version-check", "install", "--no-input", "--progress-bar", "off"]
    # pip would compile all 18,000 files; importing the server compiles the 6,000 that it uses.
    pip += ["--no-compile", "--no-deps"]
    requirements = str(DEPLOYMENT / "requirements.txt")
    for pin in pins:
        if pin.startswith("torch=="):
            options = torch_options(Path(python), pin.removeprefix("torch=="), log, progress)
            progress(Share("SGLang: fetching torch", done=0, total=len(pins)))
            _run([*pip, *options, pin], log, "pip install of torch")
    _run([*pip, "-r", requirements], log, "pip install", _Reporter(pins, progress).report)
    plugin = folder / "plugin"  # a copy: setuptools writes build files beside its sources
    shutil.copytree(DEPLOYMENT / "plugin", plugin, ignore=shutil.ignore_patterns("build", "*.egg-info", "__pycache__"))
    _run([*pip, "--no-build-isolation", str(plugin)], log, "installing the platform plugin")
    try:
        _run([python, "-c", f"import {', '.join(SERVER_MODULES)}"], log, "importing torch and sglang")
    except TeacherError as error:
        raise TeacherError(
            f"{error}\nIf pip offered the CUDA build of torch, name an index that has CPU builds in "
            f"{INDEX_VARIABLE}, or a folder with such a wheel in PIP_FIND_LINKS, and try again."
        ) from error
    (folder / MARKER).write_text(f"{time.monotonic() - started:.0f} seconds\n", encoding="utf-8")
    progress(f"The SGLang environment is ready ({time.monotonic() - started:.0f} s)")


def _run(command: list[str], log: Path, what: str, on_line: Progress | None = None) -> None:
    """Runs ``command`` with its output appended to ``log``, line by line."""
    with log.open("a", encoding="utf-8") as sink, program(command, environment=bare_environment()) as process:
        for line in process.stdout or ():
            sink.write(line)
            sink.flush()
            if on_line:
                on_line(line)
    if process.returncode:
        raise TeacherError(
            f"{what} failed (exit code {process.returncode}). The last lines of {log}:\n{tail(log)}\n"
            "Fix what they name and run the same command again."
        )


class _Reporter:
    """Tells from pip's lines how far an installation is: each package is collected once, then all are unpacked."""

    def __init__(self, pins: list[str], progress: Progress) -> None:
        self._packages = len(pins)
        self._collected = 0
        self._progress = progress

    def report(self, line: str) -> None:
        """Take in one line of pip's."""
        if line.startswith("Collecting "):
            self._collected += 1
            name = re.split("[=<>~ ]", line.removeprefix("Collecting ").strip())[0]
            self._tell(f"fetching {name}", self._collected - 1)
        elif line.startswith("Installing collected packages"):
            self._tell(f"unpacking {self._packages} packages", self._packages)

    def _tell(self, what: str, done: int) -> None:
        self._progress(Share(f"SGLang: {what}", done=done, total=self._packages))
