"""What is sent to the zygote has bounds, and what comes back says which limit was reached."""

import struct

import pytest

from stillroom.records.execution import Ending, Given, Limits, Program, Step, UnfitProgram
from verifiers.sandbox import wire
from verifiers.sandbox.marks import new_key

LIMIT = Limits().output_bytes


def nested(depth: int) -> list[object]:
    found: list[object] = []
    for _ in range(depth):
        found = [found]
    return found


def call(value: object) -> Step:
    return Step(kind="call", register=1, on=0, arguments=(Given(value=value),))  # type: ignore[arg-type]


def process(result: bytes, *, status: int = 0, killed: int = wire.NOT_KILLED) -> wire.Process:
    return wire.Process(
        wait_status=status, killed=killed, cpu_microseconds=1, peak_kib=1, result=result, stdout=b"", stderr=b"",
        stdout_bytes=0,
    )  # fmt: skip


@pytest.mark.parametrize(
    "program",
    [
        pytest.param(Program(source="", steps=(call("x" * (1 << 20)),) * 70), id="arguments"),
        pytest.param(Program(source="", is_script=True, stdin=b"x" * (wire.MAX_JOB_BYTES + 1)), id="stdin"),
        pytest.param(Program(source="", tests="x" * (wire.MAX_JOB_BYTES + 1)), id="tests"),
        pytest.param(Program(source="", steps=(call(nested(2_500)),)), id="nested"),
    ],
)
def test_a_program_that_no_process_can_be_given_is_named(program):
    with pytest.raises(UnfitProgram, match=r"at most|cannot be sent"):
        wire.encode_job(1, program, 0.0, new_key())


def test_a_result_that_was_cut_at_the_limit_is_one_of_output_and_a_whole_one_is_none():
    loaded = b"L" + struct.pack("<I", 0)
    value = b"V" + struct.pack("<I", LIMIT) + b"x" * LIMIT
    cut = (loaded + value)[:LIMIT]
    assert wire.read_execution(Program(source=""), [process(cut)], 0.1, new_key()).ending is Ending.OUTPUT_LIMIT
    whole = loaded + b"V" + struct.pack("<I", LIMIT - 20) + b"x" * (LIMIT - 20) + b"E" + struct.pack("<I", 0)
    assert len(whole) <= LIMIT + 10
    assert wire.read_execution(Program(source=""), [process(whole)], 0.1, new_key()).ending is Ending.DONE


@pytest.mark.parametrize(
    ("status", "frames", "ending"),
    [
        pytest.param(0, b"", Ending.DONE, id="ended itself"),
        pytest.param(3 << 8, b"", Ending.EXIT, id="with a status"),
        pytest.param(9, b"", Ending.CRASH, id="by a signal"),
        pytest.param(0, b"B" + struct.pack("<I", 0), Ending.EXCEPTION, id="after an exception"),
    ],
)
def test_a_script_that_ends_itself_is_done_where_its_status_says_so(status, frames, ending):
    ended = process(frames, status=status)
    assert wire.read_execution(Program(source="", is_script=True), [ended], 0.1, new_key()).ending is ending


def test_functions_whose_process_ends_itself_are_not_done():
    assert wire.read_execution(Program(source=""), [process(b"")], 0.1, new_key()).ending is Ending.EXIT


def test_how_the_process_of_the_tests_ended_is_told_apart_from_how_the_solutions_did():
    program = Program(source="", tests="assert f(1)")
    killed = process(b"W", status=9)
    execution = wire.read_execution(program, [process(b"", status=9, killed=wire.NOT_NEEDED), killed], 0.1, new_key())
    assert execution.ending is Ending.DONE
    assert execution.tests is not None
    assert (execution.tests.ending, execution.tests.exit_status) == (Ending.CRASH, -9)
