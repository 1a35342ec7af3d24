"""Collects the root file system of the sandbox from the interpreter that is running now.

No registry is asked: the interpreter, its standard library, the shared libraries that ``ldd`` names and our
own files under ``inside/`` make an image of some 40 MB. Host paths do not survive: whatever the interpreter's
home (pyenv, uv, /usr), it stands at ``/usr/bin/python3`` and ``/usr/lib/python3.N`` in the image.
"""

import hashlib
import marshal
import os
import re
import subprocess
import sys
import sysconfig
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.util import source_hash
from pathlib import Path, PurePosixPath

from stillroom.errors import NoSuchSandbox, SandboxError
from verifiers.sandbox import eager
from verifiers.sandbox.compiling import compile_shared

PYTHON_DIR = f"python{sys.version_info.major}.{sys.version_info.minor}"
STDLIB_HOME = PurePosixPath("/usr/lib") / PYTHON_DIR
SITE_HOME = STDLIB_HOME / "site-packages"
INSIDE_HOME = PurePosixPath("/usr/lib/stillroom")
_INSIDE = Path(__file__).parent / "inside"
C_LIBRARIES = {
    "spawn.so": tuple(
        _INSIDE / f"{name}.c" for name in ("spawn", "seal", "audit", "entries", "frames", "footing", "quiet")
    ),
    "pages.so": (_INSIDE / "pages.c",),
}
LIBRARY_HOME = PurePosixPath("/usr/lib/host")
PYTHON_BINARY = PurePosixPath("/usr/bin/python3")
MOUNT_POINTS = ("/proc", "/sys", "/dev", "/etc", "/tmp", "/box", "/run/stillroom")  # noqa: S108 - folders of the image

# Of no use to a program that solves a task, or in need of libraries that a headless host lacks.
LEFT_OUT_PACKAGES = frozenset(
    (
        *("test", "tests", "idlelib", "tkinter", "turtledemo", "lib2to3", "ensurepip", "pydoc_data", "venv"),
        *("site-packages", "dist-packages", "__pycache__", "msilib", "distutils", "sitecustomize.py"),
        "usercustomize.py",
    )
)
LEFT_OUT_EXTENSIONS = re.compile(
    r"^(_tkinter|nis|_curses|_curses_panel|readline|_crypt|_dbm|_gdbm|spwd|ossaudiodev|xx.*|_test.*|_ctypes_test)\."
)
BYTECODE_FORMAT = 2  # marshal without back references: the same bytes for the same source, whatever was compiled before
UNCHECKED_HASH = 0b01  # pyc flag: hash-based, source not consulted at import


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One file or folder of the root file system, with its content in memory."""

    path: PurePosixPath
    mode: int
    content: bytes
    is_folder: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RootFs:
    """A whole root file system and the host libraries it was made from.

    Attributes:
        libraries: host path of every shared library taken, with its size and mtime in nanoseconds.
    """

    entries: tuple[Entry, ...]
    libraries: Mapping[str, tuple[int, int]]

    @property
    def digest(self) -> str:
        """sha256 over the sorted (path, mode, content) of every entry."""
        total = hashlib.sha256()
        for entry in sorted(self.entries, key=lambda entry: str(entry.path)):
            kind = "folder" if entry.is_folder else "file"
            line = f"{entry.path}\0{entry.mode:o}\0{kind}\0{hashlib.sha256(entry.content).hexdigest()}\n"
            total.update(line.encode())
        return total.hexdigest()


def stdlib_files() -> Iterator[tuple[Path, PurePosixPath]]:
    """Every file of the standard library that enters the image: host path, path in the image."""
    home = Path(sysconfig.get_path("stdlib", vars={"installed_base": sys.base_prefix, "base": sys.base_prefix}))
    yield from _tree(home, STDLIB_HOME, LEFT_OUT_PACKAGES)


def inside_files() -> Iterator[tuple[Path, PurePosixPath]]:
    """Our own files that run in the container."""
    yield from _tree(Path(__file__).parent / "inside", INSIDE_HOME, frozenset(("__pycache__", "__init__.py")))


def stat_key(extra: Iterable[str] = ()) -> str:
    """A cheap fingerprint of all inputs by path, size and mtime: finds an image that is already built."""
    total = hashlib.sha256(f"{sys.version}\0{_binary()}\0{sorted(extra)}".encode())
    for host, path in stdlib_files():
        found = host.stat()
        total.update(f"{path}\0{found.st_size}\0{found.st_mtime_ns}\n".encode())
    for host, path in inside_files():
        total.update(f"{path}\0".encode() + host.read_bytes())
    for name in ("rootfs.py", "image.py", "compiling.py", "eager.py"):
        total.update((Path(__file__).parent / name).read_bytes())
    return total.hexdigest()


def libraries_unchanged(libraries: Mapping[str, tuple[int, int]]) -> bool:
    """Whether every host library still has the size and mtime that it had when the image was built."""
    try:
        return all(_stamp(Path(name)) == tuple(stamp) for name, stamp in libraries.items())
    except OSError:
        return False


def collect(site_files: Iterable[tuple[Path, PurePosixPath]] = ()) -> RootFs:
    """Read the whole root file system into memory.

    Args:
        site_files: files of third-party distributions: host path, path in the image.

    Raises:
        SandboxError: where ``ldd`` is missing.
        NoSuchSandbox: where it names a library that the host does not have.
    """
    binary = _binary()
    entries = [
        Entry(path=PYTHON_BINARY, mode=0o755, content=binary.read_bytes()),
        *(
            Entry(path=INSIDE_HOME / name, mode=0o755, content=compile_shared(*sources))
            for name, sources in C_LIBRARIES.items()
        ),
    ]
    native = [binary]
    for host, path in (*stdlib_files(), *inside_files(), *site_files):
        content = host.read_bytes()
        executable = path.suffix == ".so" or ".so." in path.name
        entries.append(Entry(path=path, mode=0o755 if executable else 0o644, content=content))
        if executable:
            native.append(host)
        elif path.suffix == ".py" and (code := _bytecode(content, path)) is not None:
            cached = path.parent / "__pycache__" / f"{path.stem}.{sys.implementation.cache_tag}.pyc"
            entries.append(Entry(path=cached, mode=0o644, content=code))
    loader, shared = _libraries(native)
    entries.append(Entry(path=PurePosixPath(loader), mode=0o755, content=Path(loader).read_bytes()))
    taken = {str(path.resolve()) for path in native}
    entries += [
        Entry(path=LIBRARY_HOME / name, mode=0o755, content=host.read_bytes())
        for name, host in sorted(shared.items())
        if str(host) not in taken
    ]
    entries = [*_folders(entries), *entries]
    stamps = {str(host): _stamp(host) for host in (binary, *shared.values())}
    return RootFs(entries=tuple(entries), libraries=stamps)


def _folders(entries: Iterable[Entry]) -> list[Entry]:
    """Every folder that is needed, parents first: the mode of one that is not named is the daemon's to choose."""
    mounts = [PurePosixPath(name) for name in MOUNT_POINTS]
    needed = {*mounts}.union(*(path.parents for path in (*mounts, *(entry.path for entry in entries)))) - {
        PurePosixPath("/")
    }
    return [Entry(path=path, mode=0o755, content=b"", is_folder=True) for path in sorted(needed)]


def _tree(home: Path, to: PurePosixPath, left_out: frozenset[str]) -> Iterator[tuple[Path, PurePosixPath]]:
    for folder, subfolders, files in os.walk(home):
        subfolders[:] = sorted(name for name in subfolders if name not in left_out and not name.startswith("config-"))
        for name in sorted(files):
            if name in left_out or name.endswith((".pyc", ".a", ".exe")) or LEFT_OUT_EXTENSIONS.match(name):
                continue
            host = Path(folder) / name
            yield host, to / PurePosixPath(host.relative_to(home).as_posix())


def _bytecode(source: bytes, path: PurePosixPath) -> bytes | None:
    try:
        if path.parent == INSIDE_HOME:
            code = eager.compiled(source, str(path))
        else:
            code = compile(source, str(path), "exec", dont_inherit=True, optimize=0)
    except (SyntaxError, ValueError):
        return None  # a few distributions ship templates and files for other versions of Python
    from importlib.util import MAGIC_NUMBER

    header = MAGIC_NUMBER + UNCHECKED_HASH.to_bytes(4, "little") + source_hash(source)
    return header + marshal.dumps(code, BYTECODE_FORMAT)


def _libraries(native: list[Path]) -> tuple[str, dict[str, Path]]:
    """The program loader's path, and every shared library that ``native`` needs by its soname."""
    try:
        said = subprocess.run(["ldd", *map(str, native)], capture_output=True, text=True, check=False).stdout
    except FileNotFoundError as error:
        raise SandboxError("the sandbox image needs `ldd`, which was not found; install libc-bin or glibc") from error
    found = {name: Path(path).resolve() for name, path in re.findall(r"^\s+(\S+) => (/\S+) \(", said, re.MULTILINE)}
    loaders = re.findall(r"^\s+(/\S*/ld[-.]\S+)", said, re.MULTILINE)
    if not loaders:
        raise SandboxError(f"`ldd {native[0]}` named no program loader: a glibc interpreter was expected")
    bundled = {path.name for path in native}
    missing = [name for name in re.findall(r"^\s+(\S+) => not found", said, re.MULTILINE) if name not in bundled]
    if missing:
        raise NoSuchSandbox(f"the host lacks shared libraries that the sandbox image needs: {sorted(set(missing))}")
    return loaders[0], found


def _binary() -> Path:
    return Path(sys.executable).resolve()


def _stamp(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_size, found.st_mtime_ns
