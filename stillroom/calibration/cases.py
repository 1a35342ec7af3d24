"""Cases whose verdict is known: ours, which are shipped, and any file in a form that the capability reads."""

import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from stillroom.capabilities import Capability
from stillroom.errors import RequestError
from stillroom.fingerprint import Plain, fingerprint
from stillroom.judging import ReadRow, open_rows, read_rows
from stillroom.records import ID_DIGITS, Answer, Check, Origin, Prompt

SHIPPED = "shipped"
_FILES = {"code": ("python_functions.jsonl",)}
_FOLDERS = (
    Path(__file__).resolve().parents[2] / "data" / "calibration",  # a checkout
    Path(sys.prefix) / "share" / "stillroom" / "calibration",  # an installed wheel
)
MISTAKES_SHOWN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One answer whose verdict is known.

    Attributes:
        case_id: the row's id, with the slip that a wrong answer makes: ``case-fence-posts/off-by-one``.
        is_good: whether a verifier must let it pass; one that must not, may fail or abstain.
    """

    case_id: str
    check: Check
    answer: Answer
    is_good: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseSet:
    """Cases that are measured together.

    Attributes:
        set_id: identity of the content, whatever the file is called.
    """

    name: str
    cases: tuple[Case, ...]
    set_id: str


def shipped_cases(capability: Capability) -> CaseSet | None:
    """The cases that come with Stillroom; None for a capability that has none.

    Raises:
        RequestError: the files are missing or broken.
    """
    names = _FILES.get(capability.name, ())
    if not names:
        return None
    folder = next((one for one in _FOLDERS if (one / names[0]).exists()), None)
    if folder is None:
        raise RequestError(f"the calibration cases {names[0]} are missing; expected in {_FOLDERS[0]} or {_FOLDERS[1]}")
    cases = tuple(case for name in names for case in _cases(folder / name, capability))
    return case_set(SHIPPED, cases)


def read_cases(path: Path, capability: Capability) -> CaseSet:
    """The cases of a file in any form that the capability reads.

    A row's own answer is good, those under `wrong` are bad. Of rows without `wrong`, such as HumanEval's, the
    capability's trivial answers are the bad ones.

    Raises:
        RequestError: the file or rows of it cannot be read; lists them.
    """
    return case_set(path.name, tuple(_cases(path, capability)))


def case_set(name: str, cases: tuple[Case, ...], *, rule: str = "") -> CaseSet:
    """Cases with the identity of their content.

    Args:
        name: what the set is called.
        cases: what is in it.
        rule: by which some of them are left out after they were judged; part of the identity.
    """
    contents: list[Plain] = [
        [case.case_id, case.check.tests, case.check.entry_point, case.answer.text, case.is_good] for case in cases
    ]
    identity: list[Plain] = ["cases", sorted(contents, key=str), *([rule] if rule else [])]
    return CaseSet(name=name, cases=cases, set_id=fingerprint(identity, length=ID_DIGITS))


def _cases(path: Path, capability: Capability) -> Iterator[Case]:
    mistakes: list[str] = []
    lines: dict[str, int] = {}  # of the file, by case: mutants and misjudged cases are told by their ids
    found = False
    with closing(open_rows(path)) as file:
        for row in read_rows(file, capability):
            found = True
            try:
                for case in _of_row(row, capability):
                    if case.case_id in lines:
                        raise ValueError(f"the id {case.case_id!r} is that of line {lines[case.case_id]}, too")
                    lines[case.case_id] = row.line
                    yield case
            except ValueError as error:
                mistakes.append(f"  line {row.line}: {error}")
    if mistakes:
        listed = "\n".join(mistakes[:MISTAKES_SHOWN])
        raise RequestError(f"{path} has {len(mistakes)} rows that are no cases; mend or remove them:\n{listed}")
    if not found:
        raise RequestError(f"{path} holds no cases; expected one JSON object a line")


def _of_row(row: ReadRow, capability: Capability) -> Iterator[Case]:
    if row.submission is None:
        raise ValueError(row.problem)
    check, name = row.submission.check, str(row.row_id if row.row_id is not None else f"line {row.line}")
    yield Case(case_id=name, check=check, answer=row.submission.answer, is_good=True)
    if "wrong" not in row.fields:
        trivial = capability.trivial_answers(_prompt(capability, name, check))
        for number, answer in enumerate(trivial, 1):
            yield Case(case_id=f"{name}/trivial-{number}", check=check, answer=answer, is_good=False)
        return
    wrong = row.fields["wrong"]
    if not isinstance(wrong, list):
        raise ValueError(f"`wrong` must be a list of objects, found {type(wrong).__name__}")
    asked = {key: value for key, value in row.fields.items() if key not in capability.answer_keys}
    for number, one in enumerate(cast("list[object]", wrong), 1):
        if not isinstance(one, dict):
            raise ValueError(f"`wrong` must be a list of objects, found {type(one).__name__} in it")
        other = cast("dict[str, object]", one)
        try:
            answer = capability.read_submission({**asked, **other}).answer
        except ValueError as error:
            raise ValueError(f"`wrong` entry {number}: {error}") from error
        slip = str(other.get("slip", "wrong"))
        yield Case(case_id=f"{name}/{number}-{slip}", check=check, answer=answer, is_good=False)


def _prompt(capability: Capability, name: str, check: Check) -> Prompt:
    return Prompt(
        capability=capability.name, task=name, check=check, origin=Origin.USER, topic="", difficulty_asked="", form=""
    )
