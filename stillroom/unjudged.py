"""One answer's trouble is not all answers': what of a verifier's failures says nothing about the others."""

import re
from collections.abc import Generator
from contextlib import contextmanager

from stillroom.errors import Defect
from stillroom.records import Answer, Check, Judgement, Verifier

# What code raises that met something it was not written for, such as an expression of a thousand levels. A loss of the
# sandbox or a full disk is none of these.
_DEFECTS = (ArithmeticError, AssertionError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
MAX_CHARS = 300
_OF_THE_MOMENT = re.compile(r"0x[0-9a-fA-F]+|[0-9]+")  # addresses, process ids, seconds


async def judge_one(verifier: Verifier, check: Check, answer: Answer) -> Judgement:
    """Judge one answer.

    Raises:
        Defect: the verifier was not written for this answer; others can be judged.
        Unjudgeable: the sandbox is lost at this answer; others can be judged.
        SandboxError: the sandbox failed, so that nothing is known about any.
    """
    with trouble_of_one(verifier.name, "this answer or its tests show"):
        return await verifier.judge(check, answer)


@contextmanager
def trouble_of_one(who: str, shown: str) -> Generator[None]:
    """Take what is raised within, where it says nothing about others, for that.

    Args:
        who: has the defect.
        shown: what it was met at, and ``show``.

    Raises:
        Defect: code met something that it was not written for.
    """
    try:
        yield
    except _DEFECTS as error:
        said = f"{type(error).__name__}: {error}"[:MAX_CHARS]
        raise Defect(f"{who} has a defect that {shown} ({said})") from error


def defect_of(why: str) -> str:
    """What two reasons have in common that tell of one defect, met twice: all but their numbers."""
    return _OF_THE_MOMENT.sub("#", why)
