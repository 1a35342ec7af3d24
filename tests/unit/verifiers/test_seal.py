"""What a program writes itself among what is reported of it is found out."""

import importlib
import marshal
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
from verifiers.sandbox.inside.seal import LINK_MARK_BYTES, MARK_BYTES
from verifiers.sandbox.marks import Marks, new_key

LOADED, HOLDS, NOT = (b"L", b""), (b"V", marshal.dumps(True, 2)), (b"V", marshal.dumps(False, 2))
KEY = new_key()
PROGRAM = Program(source="class P: pass", originals=Originals(names=("P",)))


def frame(kind: bytes, data: bytes = b"") -> bytes:
    return kind + struct.pack("<I", len(data)) + data


def changed(written: bytes) -> str:
    process = wire.Process(
        wait_status=0, killed=0, cpu_microseconds=1, peak_kib=1, result=written, stdout=b"", stderr=b"", stdout_bytes=0
    )
    return wire.read_execution(PROGRAM, [process], 0.1, KEY).changed


def reported(*frames: tuple[bytes, bytes]) -> tuple[bytes, bytes]:
    """The frames as a program's process writes them, and their end."""
    marks = Marks(KEY)
    for each in frames:
        marks.add(frame(*each))
    return b"".join(frame(*each) for each in frames), frame(b"E", marks.mark())


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


def test_a_mark_that_tells_of_a_doubt_says_so() -> None:
    marks = Marks(KEY)
    marks.add(frame(*LOADED))
    assert "reached" in changed(frame(*LOADED) + frame(b"E", marks.mark(is_doubted=True)))


def test_the_mark_is_of_all_bytes_in_their_order() -> None:
    key, found = new_key(), set[bytes]()
    for frames in ([b"a" * 64], [b"a" * 63], [b"a" * 64, b"a"], [b"a" * 65], [b"", b"a" * 64], [bytes(64)], []):
        marks = Marks(key)
        for each in frames:
            marks.add(each)
        found |= {marks.mark(), marks.mark(is_doubted=True)}
    assert len(found) == 14
    assert Marks(key).mark() != Marks(new_key()).mark()


class Ending:
    """Puts an end behind what is sent, and takes it away from what comes, or refuses that."""

    def __init__(self, unmarked: type[Exception]) -> None:
        self.unmarked = unmarked

    def sent(self, data: bytes) -> bytes:
        return bytes([len(data)]) * LINK_MARK_BYTES

    def came(self, data: bytes) -> bytes:
        if data[-LINK_MARK_BYTES:] != self.sent(data[:-LINK_MARK_BYTES]):
            raise self.unmarked
        return data[:-LINK_MARK_BYTES]


@pytest.fixture
def frames(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(Path(verifiers.sandbox.inside.__file__).parent))
    for name in ("link_frames", "link_failures", "runner", "seal"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return importlib.import_module("link_frames")


def test_messages_that_a_link_has_not_made_end_it(frames: Any) -> None:
    ours, theirs = socket.socketpair()
    marks = Ending(frames.seal.Unmarked)
    with ours, theirs:
        for number in (1, 2):
            framed = frames.framed((number, "value", True, None), is_bounded=False)
            frames.write(theirs.fileno(), frames.marked(framed, marks))
            assert frames.read(ours.fileno(), marshal.loads, marks) == (None, (number, "value", True), None)
        framed = frames.framed((3, "value", True, None), is_bounded=False)
        data = bytes(framed[4:]) + bytes(LINK_MARK_BYTES)
        theirs.sendall(struct.pack("<I", len(data)) + data)
        with pytest.raises(frames.PartnerGone):
            frames.read(ours.fileno(), marshal.loads, marks)
