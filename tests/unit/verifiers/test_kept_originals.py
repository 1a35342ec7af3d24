"""A pass counts only where the program did not say that it changed what its prompt defines."""

import marshal
import struct

import pytest

from stillroom.records import Judgement, Originals, Outcome
from stillroom.records.execution import Ending, Execution, Program
from verifiers.kept_originals import unless_changed
from verifiers.sandbox import wire
from verifiers.sandbox.marks import new_key


@pytest.mark.parametrize(
    ("outcome", "changed", "expected"),
    [
        pytest.param(Outcome.PASS, "x of Point is another than it was", Outcome.ABSTAIN, id="pass"),
        pytest.param(Outcome.PASS, "", Outcome.PASS, id="nothing-changed"),
        pytest.param(Outcome.FAIL, "x of Point is another than it was", Outcome.FAIL, id="fail"),
    ],
)
def test_no_pass_of_what_was_changed_counts(outcome: Outcome, changed: str, expected: Outcome) -> None:
    found = unless_changed(Judgement(outcome=outcome), Execution(ending=Ending.DONE, changed=changed))
    assert (found.outcome, found.reason) == (expected, "tests:undecided" if expected is Outcome.ABSTAIN else "")


def test_what_a_program_says_of_it_is_read() -> None:
    said = marshal.dumps("x of Point is another than it was", wire.FORMAT)
    frames = ((b"L", b""), (b"C", said), (b"E", b""))
    result = b"".join(kind + struct.pack("<I", len(data)) + data for kind, data in frames)
    process = wire.Process(
        wait_status=0, killed=0, cpu_microseconds=1, peak_kib=1, result=result, stdout=b"", stderr=b"", stdout_bytes=0
    )
    found = wire.read_execution(Program(source="x"), [process], 0.1, new_key())
    assert (found.ending, found.changed) == (Ending.DONE, "x of Point is another than it was")


@pytest.mark.parametrize(
    ("originals", "more"),
    [
        pytest.param(Originals(asked="f"), (), id="nothing"),
        pytest.param(
            Originals(names=("P",), places=(0,)), ((("P",), (0,), (), (), (), "", (), (), (), ()),), id="a-class"
        ),
    ],
)
def test_only_a_program_with_something_to_look_after_is_told_of_it(
    originals: Originals, more: tuple[object, ...]
) -> None:
    key = new_key()
    job = wire.encode_job(1, Program(source="x", originals=originals), 0.0, key)[wire.JOB.size :]
    assert job.startswith(key)
    told = marshal.loads(job[len(key) :])  # noqa: S302 - our own
    assert told == (*((wire.SEALED,) if more else ()), "calls", "x", [], *more)
