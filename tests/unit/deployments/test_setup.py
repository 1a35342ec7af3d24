"""The set-up script stops before anything is spent where it cannot go on, and looks only once where it is told to."""

import os
import pty
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[3] / "deployments" / "setup.sh"
NOBODY = 65534
SKIPPED = 77
TOOLS = ("bash", "env", "dirname", "find", "touch", "mkdir", "ln", "uname")
RECORDS = '#!/bin/sh\necho "${{0##*/}} $*" >>"{log}"\n'
# A place without Docker, also where this machine has it: its socket's folder is hidden from the script alone.
WITHOUT_SOCKET = f'{shutil.which("mount")} -t tmpfs tmpfs /run 2>/dev/null || exit {SKIPPED}; exec "$@"'
# A place where a daemon has ended and left its socket behind.
BIND = 'import socket; socket.socket(socket.AF_UNIX).bind("/run/docker.sock")'
WITH_STALE_SOCKET = WITHOUT_SOCKET.replace(
    "exec", f"{sys.executable} -c {shlex.quote(BIND)}; {shutil.which('chmod')} 666 /run/docker.sock; exec"
)

# A place without PostgreSQL's own folder, also where this machine has it.
WITHOUT_POSTGRES = (
    "if [ -d /usr/lib/postgresql ]; then "
    f'{shutil.which("mount")} -t tmpfs tmpfs /usr/lib/postgresql 2>/dev/null || exit {SKIPPED}; fi; exec "$@"'
)


class Machine:
    """A checkout's script with a PATH of its own, in which only some programs are."""

    def __init__(self, folder: Path) -> None:
        self.checkout = folder / "checkout"
        self.home = folder / "home"
        self.bin = folder / "bin"
        self.log = folder / "log"
        for made in (self.checkout / "deployments", self.home, self.bin):
            made.mkdir(parents=True)
        shutil.copy(SCRIPT, self.checkout / "deployments")
        for name in TOOLS:
            (self.bin / name).symlink_to(shutil.which(name) or f"/usr/bin/{name}")
        for name in ("python3", "cc"):
            self.program(name, "#!/bin/sh\n")  # has all that it is asked for
        for path in (folder, *folder.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o777)

    def program(self, name: str, text: str | None = None, *, folder: Path | None = None) -> None:
        """Put a program there; by default one that notes its arguments in the log."""
        path = (folder or self.bin) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(RECORDS.format(log=self.log) if text is None else text, encoding="utf-8")
        path.chmod(0o755)

    @property
    def calls(self) -> list[str]:
        return self.log.read_text(encoding="utf-8").splitlines() if self.log.exists() else []

    @property
    def environment(self) -> dict[str, str]:
        return {"PATH": str(self.bin), "HOME": str(self.home), "LC_ALL": "C"}

    def run(
        self, *arguments: str, place: str = "", as_nobody: bool = False, **variables: str
    ) -> "subprocess.Popen[str]":
        """Start the script; ``place`` is a shell's way into what is another place for it alone."""
        command = [str(self.bin / "bash"), str(self.checkout / "deployments" / "setup.sh"), *arguments]
        if as_nobody and os.geteuid() == 0:
            command = [shutil.which("setpriv") or "setpriv", "--reuid", str(NOBODY), "--clear-groups", *command]
        if place:
            command = [shutil.which("unshare") or "unshare", "--mount", "/bin/sh", "-c", place, "sh", *command]
        return subprocess.Popen(
            command,
            env=self.environment | variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd="/",
        )


@pytest.fixture
def machine() -> Iterator[Machine]:
    """In a folder that any user may enter, as pytest's own are not."""
    with tempfile.TemporaryDirectory() as folder:
        yield Machine(Path(folder))


def ended(process: "subprocess.Popen[str]") -> tuple[int, str]:
    _, said = process.communicate(timeout=60)
    if process.returncode == SKIPPED or "Operation not permitted" in said:
        pytest.skip("this machine lets nobody mount a file system")
    return process.returncode, said


@pytest.mark.skipif(os.geteuid() != 0, reason="hides Docker's socket, which only root may")
def test_without_root_and_docker_it_stops_before_anything_is_made(machine: Machine) -> None:
    machine.program("apt-get")
    machine.program("uv")

    code, said = ended(machine.run(place=WITHOUT_SOCKET, as_nobody=True))

    assert code == 1
    assert said == "Error: missing: docker.io. Run: sudo apt-get install -y --no-install-recommends docker.io\n"
    assert machine.calls == []
    assert list(machine.home.iterdir()) == []
    assert [path.name for path in machine.checkout.iterdir()] == ["deployments"]


@pytest.mark.skipif(os.geteuid() != 0, reason="hides Docker's socket, which only root may")
@pytest.mark.parametrize("installed", ["dockerd", "docker"])
def test_without_root_a_docker_that_does_not_run_stops_it_before_anything_is_made(
    machine: Machine, installed: str
) -> None:
    machine.program(installed)
    machine.program("uv")

    code, said = ended(machine.run(place=WITHOUT_SOCKET, as_nobody=True))

    assert code == 1
    assert said.startswith("Error: no Docker daemon answers you. Run: sudo systemctl start docker; and be in the group")
    assert machine.calls == []
    assert [path.name for path in machine.checkout.iterdir()] == ["deployments"]


@pytest.mark.skipif(os.geteuid() != 0, reason="hides Docker's socket, which only root may")
def test_without_root_a_socket_that_takes_no_connection_is_no_docker(machine: Machine) -> None:
    machine.program("python3", '#!/bin/sh\ncase "$*" in *AF_UNIX*) exit 1 ;; esac\n')

    code, said = ended(machine.run(place=WITH_STALE_SOCKET, as_nobody=True))

    assert code == 1
    assert said.startswith("Error: no Docker daemon answers you.")


@pytest.mark.skipif(os.geteuid() != 0, reason="hides Docker's socket, which only root may")
def test_root_installs_docker_where_only_a_dead_daemons_socket_is_left(machine: Machine) -> None:
    machine.program("python3", f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    machine.program("apt-get", f"{RECORDS.format(log=machine.log)}exit 1\n")

    code, said = ended(machine.run(place=WITH_STALE_SOCKET))

    assert code == 1
    assert said.endswith("Error: apt-get could not install docker.io; its message is above.\n")


@pytest.mark.skipif(os.geteuid() != 0, reason="hides PostgreSQL's programs, which only root may")
@pytest.mark.parametrize(
    ("option", "there", "missing"),
    [
        pytest.param("--tests", (), "postgresql chromium", id="neither"),
        pytest.param("--tests", ("initdb",), "chromium", id="PostgreSQL"),
        pytest.param("--tests", ("chromium",), "postgresql", id="Chromium"),
        pytest.param("--tests", ("initdb", "chromium"), "", id="both"),
        pytest.param("--ground", (), "postgresql chromium", id="neither, on the ground"),
        pytest.param("--once", (), "", id="neither is needed but for tests"),
    ],
)
def test_what_only_tests_start_is_asked_for_with_tests_alone(
    machine: Machine, option: str, there: tuple[str, ...], missing: str
) -> None:
    for name in ("dockerd", "uv", *there):
        machine.program(name)
    for name in ("stillroom", "python"):
        machine.program(name, folder=machine.checkout / ".venv" / "bin")
    machine.program("apt-get", f"{RECORDS.format(log=machine.log)}exit 1\n")
    code, said = ended(machine.run(option, place=WITHOUT_POSTGRES))

    asked = [call for call in machine.calls if call.startswith("apt-get") and " install " in call]
    assert (code, bool(asked)) == ((1, True) if missing else (0, False)), said
    assert all(call.endswith(f"--no-install-recommends {missing}") for call in asked)


def test_a_daemon_that_is_named_and_does_not_answer_stops_it(machine: Machine) -> None:
    machine.program("dockerd")
    place = f"unix://{machine.home}/docker.sock"

    code, said = ended(machine.run(DOCKER_HOST=place))

    assert code == 1
    assert said == (
        f"Error: no Docker daemon answers at {place}, which DOCKER_HOST names. "
        "Start that daemon or unset the variable.\n"
    )


def test_without_root_and_a_compiler_it_stops_and_says_what_to_install(machine: Machine) -> None:
    machine.program("cc", "#!/bin/sh\nexit 1\n")
    machine.program("dockerd")
    machine.program("uv")

    code, said = ended(machine.run(as_nobody=True))

    assert code == 1
    assert said.endswith("Run: sudo apt-get install -y --no-install-recommends gcc libc6-dev\n")
    assert machine.calls == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root installs packages")
def test_root_without_apt_is_told_what_is_missing(machine: Machine) -> None:
    machine.program("cc", "#!/bin/sh\nexit 1\n")
    machine.program("dockerd")

    code, said = ended(machine.run())

    assert code == 1
    assert said == "Error: missing: gcc libc6-dev. There is no apt-get here; install them as your distribution does.\n"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root installs packages")
def test_packages_that_cannot_be_installed_stop_it(machine: Machine) -> None:
    machine.program("cc", "#!/bin/sh\nexit 1\n")
    machine.program("dockerd")
    machine.program("apt-get", f'{RECORDS.format(log=machine.log)}case "$*" in *update) exit 0 ;; *) exit 1 ;; esac\n')

    code, said = ended(machine.run())

    assert code == 1
    assert said.endswith("Error: apt-get could not install gcc libc6-dev; its message is above.\n")
    assert all("-qq" in call for call in machine.calls)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root installs packages")
def test_on_a_terminal_apt_shows_how_far_it_is(machine: Machine) -> None:
    machine.program("cc", "#!/bin/sh\nexit 1\n")
    machine.program("dockerd")
    machine.program("apt-get", f"{RECORDS.format(log=machine.log)}exit 1\n")
    terminal, its = pty.openpty()
    with os.fdopen(terminal, "rb"):
        command = [str(machine.bin / "bash"), str(machine.checkout / "deployments" / "setup.sh")]
        done = subprocess.run(command, env=machine.environment, stderr=its, check=False, timeout=60)
        os.close(its)

    assert done.returncode == 1
    assert machine.calls
    assert all("Dpkg::Progress-Fancy=1" in call and "-qq" not in call for call in machine.calls)


def test_once_looks_only_once_until_something_it_was_made_from_changes(machine: Machine) -> None:
    machine.program("dockerd")
    machine.program("uv")
    for name in ("stillroom", "python"):
        machine.program(name, folder=machine.checkout / ".venv" / "bin")
    for name in ("pyproject.toml", "uv.lock", "r.yaml"):
        (machine.checkout / name).touch()

    def looked(*arguments: str) -> int:
        before = len(machine.calls)
        code, said = ended(machine.run(*arguments, "r.yaml", "env"))
        assert code == 0, said
        return sum(call == "stillroom setup r.yaml" for call in machine.calls[before:])

    assert looked("--once") == 1
    assert looked("--once") == 0
    assert looked() == 1
    changed = machine.checkout / "r.yaml"
    os.utime(changed, (changed.stat().st_atime, changed.stat().st_mtime + 60))
    assert looked("--once") == 1


def test_the_ground_alone_leaves_the_rest_to_the_command(machine: Machine) -> None:
    for name in ("dockerd", "uv", "initdb", "chromium"):
        machine.program(name)
    for name in ("stillroom", "python"):
        machine.program(name, folder=machine.checkout / ".venv" / "bin")

    code, said = ended(machine.run("--ground", "env", place=WITHOUT_POSTGRES))

    assert code == 0, said
    assert any(call.startswith("uv sync") for call in machine.calls)
    assert not any(call.startswith("stillroom") for call in machine.calls)
