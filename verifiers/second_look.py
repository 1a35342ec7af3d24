"""Has a solution that failed its tests from behind a proxy try them as their author would have run them.

Tests in two processes deal with stand-ins for the solution's objects, and a library that looks at a stand-in's type
finds another than the object's. A failure after that looks like any other. So a failure counts only where the tests
fail in one process with the solution as well; where they hold, which of both is right is unknown. There the solution
could say what it likes: so this never makes a pass of anything.
"""

import marshal
import secrets

from stillroom.records import Check, Judgement, Outcome
from stillroom.records.execution import Executor, Limits, Program, TestsRun, UnfitProgram

_FORMAT = 2
_SOURCE = """
import sys
sys.path.insert(0, "/usr/lib/stillroom")
import tests_alone
sys.path.remove("/usr/lib/stillroom")
tests_alone.run()
"""


def is_open(judgement: Judgement, tests: TestsRun) -> bool:
    """Whether a failure may be the doing of the stand-ins: not where an object was refused in the place of data."""
    if judgement.outcome is not Outcome.FAIL:
        return False
    failed = [unit.raised for unit in tests.units if unit.ending == "failed"]
    is_refused = any(raised is not None and raised.type_name == "Refused" for raised in failed)
    return not is_refused and (judgement.reason == "wrong-answer" or judgement.reason.startswith("exception:"))


async def holds_in_one_process(executor: Executor, check: Check, source: str, limits: Limits) -> bool:
    """Whether the tests hold where the solution's objects are themselves, as far as it says.

    Raises:
        SandboxError: when the sandbox failed, so that nothing is known about the answer.
    """
    token = secrets.token_bytes(16)
    stdin = marshal.dumps((token, source, check.tests, check.entry_point), _FORMAT)
    try:
        execution = await executor.run(Program(source=_SOURCE, is_script=True, stdin=stdin, limits=limits))
    except UnfitProgram:
        return False
    return any(reading.data == token for reading in execution.readings)
