"""What is written in C makes the marks that the driver expects, and holds them against what was asked."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import verifiers.sandbox.inside
from verifiers.sandbox.compiling import compile_shared
from verifiers.sandbox.marks import Marks, new_key
from verifiers.sandbox.rootfs import C_LIBRARIES

INSIDE = Path(verifiers.sandbox.inside.__file__).parent
PART = """
import json, os, sys
sys.path.insert(0, {inside!r})
import seal
seal.load({library!r})
file = os.memfd_create("job")
os.write(file, bytes.fromhex({key!r}) + b"more")
"""
SAYS = [b"x" * size for size in (0, 1, 63, 64, 111, 119, 127, 128, 129, 255, 256, 257, 5000)]


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    made = tmp_path_factory.mktemp("library") / "spawn.so"
    made.write_bytes(compile_shared(*C_LIBRARIES["spawn.so"]))
    return str(made)


def ran(library, key, code):
    """What code in a process of its own prints as JSON, which has the library and the file of a job with a key."""
    begin = PART.format(inside=str(INSIDE), library=library, key=key.hex())
    done = subprocess.run([sys.executable, "-c", begin + code], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_marks_are_those_that_the_driver_expects(library):
    key = new_key()
    code = (
        "own, found = seal.begin(file, is_tests=False, is_alone=False), []\n"
        f"for each in {SAYS!r}:\n    own.add(each)\n    found.append(own.mark().hex())\n"
        "own.doubt()\nprint(json.dumps([*found, own.mark().hex()]))\n"
    )
    marks, expected = Marks(key), list[str]()
    for each in SAYS:
        marks.add(each)
        expected.append(marks.mark().hex())
    assert ran(library, key, code) == [*expected, marks.mark(is_doubted=True).hex()]


CROSSING = """
import socket
ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
if os.fork() == 0:
    ours.close()
    own = seal.begin(file, is_tests=False, is_alone=False)
    while asked := theirs.recv(1 << 16):
        own.came(asked.replace(*{changed!r}))
        said = b"answer to " + asked
        theirs.send(said + own.sent(said))
    os._exit(0)
theirs.close()
own, found = seal.begin(file, is_tests=True, is_alone=False), []
for number in range(3):
    asked = b"request %d" % number
    assert own.sent(asked) == b""
    ours.send(asked)
    try:
        found.append(own.came(ours.recv(1 << 16)).decode())
    except seal.Unmarked:
        found.append("")
print(json.dumps(found))
"""


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        pytest.param((b"-", b"-"), [f"answer to request {number}" for number in range(3)], id="none"),
        pytest.param((b"1", b"7"), ["answer to request 0", "", ""], id="the-second"),
    ],
)
def test_an_answer_to_another_request_than_was_made_does_not_bear_its_mark(library, changed, found):
    assert ran(library, new_key(), CROSSING.format(changed=changed)) == found


def test_a_copy_of_the_process_says_nothing(library):
    code = (
        "own = seal.begin(file, is_tests=False, is_alone=False)\npid = os.fork()\nif pid == 0:\n    own.mark()\n"
        "    os._exit(7)\nprint(json.dumps(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])))\n"
    )
    assert ran(library, new_key(), code) == 0


def test_no_object_holds_the_key(library):
    key = new_key()
    code = (
        "import gc\nown = seal.begin(file, is_tests=False, is_alone=False)\nown.add(b'x')\nown.mark()\n"
        f"key = {bytes(byte ^ 1 for byte in key)!r}\nleft, seen = [*gc.get_objects()], set()\nis_there = False\n"
        "while left:\n    each = left.pop()\n    if id(each) in seen: continue\n    seen.add(id(each))\n"
        "    if type(each) is bytes: is_there |= bytes(byte ^ 1 for byte in each[:32]) == key\n"
        "    left += gc.get_referents(each)\nprint(json.dumps(is_there))\n"
    )
    assert ran(library, key, code) is False


def test_the_key_is_taken_once(library):
    code = (
        "own = seal.begin(file, is_tests=False, is_alone=False)\ntry:\n"
        "    seal.begin(file, is_tests=False, is_alone=False)\n"
        "except OSError as error:\n    print(json.dumps(str(error)))\n"
    )
    assert ran(library, new_key(), code) == "the job has no key"
