"""What a program writes itself among what is reported of it is found out."""

import importlib
import marshal
import os
import socket
import struct
import sys
from pathlib import Path
from typing import Any

import pytest

import verifiers.sandbox.inside
from stillroom.records import Originals
from stillroom.records.execution import Program
from verifiers.sandbox import wire
from verifiers.sandbox.inside.seal import KEY_BYTES, MARK_BYTES, Seal

LOADED, HOLDS, NOT = (b"L", b""), (b"V", marshal.dumps(True, 2)), (b"V", marshal.dumps(False, 2))
PROGRAM = Program(source="class P: pass", originals=Originals(names=("P",)))


def frame(kind: bytes, data: bytes = b"") -> bytes:
    return kind + struct.pack("<I", len(data)) + data


def changed(written: bytes) -> str:
    process = wire.Process(
        wait_status=0, killed=0, cpu_microseconds=1, peak_kib=1, result=written, stdout=b"", stderr=b"", stdout_bytes=0
    )
    return wire.read_execution(PROGRAM, [process], 0.1).changed


def reported(*frames: tuple[bytes, bytes]) -> tuple[bytes, bytes]:
    """The frames as a program's process writes them, and their end."""
    job = marshal.loads(wire.encode_job(1, PROGRAM, 1.0)[wire.JOB.size :])  # noqa: S302 - our own
    seal = Seal(job[-1])
    for each in frames:
        seal.add(frame(*each))
    return b"".join(frame(*each) for each in frames), frame(b"E", seal.mark())


def test_what_was_reported_bears_its_mark() -> None:
    said, end = reported(LOADED, NOT, HOLDS)
    assert changed(said + end) == ""


@pytest.mark.parametrize(
    "forged",
    [
        pytest.param(lambda said, end: said + frame(b"E"), id="no-mark"),
        pytest.param(lambda said, end: said + frame(b"E", bytes(MARK_BYTES)), id="another-mark"),
        pytest.param(lambda said, end: frame(*LOADED) + frame(*HOLDS) + said + end, id="frames-before"),
        pytest.param(lambda said, end: said + frame(*HOLDS) + end, id="frames-behind"),
        pytest.param(lambda said, end: said.replace(NOT[1], HOLDS[1]) + end, id="another-value"),
        pytest.param(lambda said, end: said[: -len(frame(*NOT))] + end, id="frame-left-out"),
        pytest.param(lambda said, end: frame(*LOADED) + frame(*HOLDS) + frame(b"E") + said + end, id="end-before"),
    ],
)
def test_what_a_program_writes_itself_is_found_out(forged: Any) -> None:
    assert changed(forged(*reported(LOADED, NOT)))


def test_the_mark_is_of_all_bytes_in_their_order() -> None:
    key, marks = os.urandom(KEY_BYTES), set[bytes]()
    for frames in ([b"a" * 64], [b"a" * 63], [b"a" * 64, b"a"], [b"a" * 63 + b"b"], [b"", b"a" * 64], [bytes(64)], []):
        seal = Seal(key)
        for each in frames:
            seal.add(each)
        marks.add(seal.mark())
    assert len(marks) == 6  # an empty frame adds nothing
    assert Seal(key).mark() != Seal(os.urandom(KEY_BYTES)).mark()


@pytest.fixture
def frames(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(Path(verifiers.sandbox.inside.__file__).parent))
    for name in ("link_frames", "link_failures", "runner", "seal"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return importlib.import_module("link_frames")


def test_messages_that_a_link_has_not_made_end_it(frames: Any) -> None:
    ours, theirs = socket.socketpair()
    key = os.urandom(KEY_BYTES)
    sending, reading = frames.seal.Seal(key), frames.seal.Seal(key)
    with ours, theirs:
        for number in (1, 2):
            framed = frames.framed((number, "value", True, None), is_bounded=False)
            frames.write(theirs.fileno(), frames.marked(framed, sending))
            assert frames.read(ours.fileno(), marshal.loads, reading) == (None, (number, "value", True), None)
        framed = frames.framed((3, "value", True, None), is_bounded=False)
        data = bytes(framed[4:]) + bytes(MARK_BYTES)
        theirs.sendall(struct.pack("<I", len(data)) + data)
        with pytest.raises(frames.PartnerGone):
            frames.read(ours.fileno(), marshal.loads, reading)
