"""What a template does once, so that no program has to: a page that a program writes is copied for it."""

import pytest

from tests.sandbox.conftest import Bench
from verifiers.sandbox.executor import Program

pytestmark = pytest.mark.docker

FAR_APART = """
far = 0
for size in range(64, 513, 16):
    places = [id(each) for each in [bytes(size - 33) for _ in range(20)]]
    far += sum(abs(b - a) != size for a, b in zip(places, places[1:]))
larger = sorted(id(each) for each in [bytes(2000) for _ in range(40)])
print(far, larger[-2] - larger[1] < 40 * 2100)
"""
LEARNT = """
import dis
kept = {kind.__name__: kind for kind in object.__subclasses__()}
send_value = kept["Failed"].__init__.__globals__["send_value"]  # of what runs this, whose frames are not shown
shown = {step.opname for step in dis.get_instructions(send_value, adaptive=True)}
print("LOAD_GLOBAL" in shown, [kind.__name__ for kind in object.__subclasses__() if kind.__name__ == "Sample"])
"""


def test_objects_of_a_program_lie_together(bench: Bench) -> None:
    far, is_in_one_place = bench.run(bench.executor.run(Program(source=FAR_APART))).stdout.split()

    assert int(far) <= 29 * 2  # of 551: where a pool ends, the next begins elsewhere
    assert is_in_one_place == b"True"


def test_what_runs_programs_has_run_before(bench: Bench) -> None:
    assert bench.run(bench.executor.run(Program(source=LEARNT))).stdout == b"False []\n"
