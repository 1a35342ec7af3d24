"""Reads somebody's row of code and tests: our own form, a seed's, or HumanEval's."""

import ast
from collections.abc import Mapping
from dataclasses import replace

from stillroom.capabilities.base import Submission
from stillroom.capabilities.python_code.extraction import MAX_RESPONSE_CHARACTERS, extract_code
from stillroom.capabilities.python_code.fences import FENCE
from stillroom.capabilities.python_code.given_code import doubted, with_given_code
from stillroom.capabilities.python_code.kept_trees import parsed
from stillroom.capabilities.python_code.prompt_code import behind, with_missing_code
from stillroom.capabilities.python_code.row_tests import are_pairs, read_check, read_tests
from stillroom.records import Answer, Check, Completion, FinishReason

ANSWERS = ("completion", "response", "solution", "canonical_solution")


def read_submission(row: Mapping[str, object]) -> Submission:
    """The check and the answer of a row.

    The answer is the first there is of `completion`, `response` (what a model wrote: fenced code is extracted, bare
    code is taken as it is), `solution` and `canonical_solution` (code). Tests are `tests` (Python source, a list of
    lines or asserts, or stdin/stdout pairs) or HumanEval's `test`, where a `prompt` goes before the answer, and
    what it defines beside the entry point is the tests' own where they use it. Where it cannot be, and the answer makes
    something else of it, that is the answer's `doubt`.

    Raises:
        ValueError: a key is missing or its value is of another form; says which.
    """
    key = next((one for one in ANSWERS if row.get(one) is not None), None)
    if key is None:
        raise ValueError(f"no answer: expected one of {', '.join(f'`{one}`' for one in ANSWERS)}")
    text = row[key]
    if not isinstance(text, str):
        raise ValueError(f"`{key}` must be a text, found {type(text).__name__}")
    entry_point = row.get("entry_point") or ""
    if not isinstance(entry_point, str):
        raise ValueError(f"`entry_point` must be a text, found {type(entry_point).__name__}")
    check = read_check(read_tests(row.get("tests", row.get("test"))), entry_point)
    if row.get("finish_reason") == FinishReason.LENGTH:
        return Submission(check=check, answer=Answer(text="", problem="truncated"))
    context = row.get("prompt") if "tests" not in row else ""
    if isinstance(context, str) and context:
        answer = _continued(context, text, check)
        if not are_pairs(check.tests) and len(context) <= MAX_RESPONSE_CHARACTERS:
            answer = doubted(answer, check.tests, context, entry_point)
            check = replace(check, tests=with_given_code(check.tests, context, entry_point, answer.text))
        return Submission(check=check, answer=answer)
    if key in ("completion", "response"):
        return Submission(check=check, answer=_written(text, check))
    return Submission(check=check, answer=Answer(text=text))


def _continued(prompt: str, text: str, check: Check) -> Answer:
    """HumanEval's form: the prompt begins the source, with imports and helpers that the answer may rely on.

    Of code in fences among prose, what the answer or, of its classes, the tests rely on and it does not repeat goes
    before it.
    """
    is_code = _statements(prompt) is not None or _statements(f"{prompt}    pass\n") is not None
    if is_code and FENCE not in text and not _defines(text, check.entry_point) and not _is_prose(prompt, text):
        return Answer(text=prompt + text)
    answer = _written(text, Check(entry_point=check.entry_point))
    if answer.problem:
        return answer
    if _statements(prompt) is None:
        return (
            replace(answer, text=with_missing_code(answer.text, prompt, check.tests, check.entry_point))
            if len(prompt) <= MAX_RESPONSE_CHARACTERS
            else answer
        )
    return Answer(text=behind(prompt, answer.text))


def _is_prose(prompt: str, text: str) -> bool:
    """Whether no code goes on here, not even with a slip: the first line is not indented, and no Python, or a word."""
    match _statements(text):
        case [ast.Expr(value=ast.Name() | ast.Constant())] if not prompt.rpartition("\n")[2].strip():
            return True  # it does not end a line that the prompt has begun
        case _:
            pass
    if _statements(prompt + text) is not None or not text.strip():
        return False
    first = text.lstrip("\n").split("\n", 1)[0]
    begins = (first, f"{first.rstrip()}\n    pass", f"{first.rstrip()}:\n    pass")
    return not first[:1].isspace() and all(_statements(one) is None for one in begins)


def _written(text: str, check: Check) -> Answer:
    """What a model wrote: bare code is kept to the letter, all else is extracted."""
    is_script = are_pairs(check.tests)
    if _is_bare_code(text, is_script=is_script):
        return Answer(text=text)
    completion = Completion(
        text=text,
        finish_reason=FinishReason.STOP,
        prompt_tokens=0,
        completion_tokens=0,
        cached_tokens=0,
        latency_seconds=0.0,
    )
    return extract_code(completion, check.entry_point, keep_examples=is_script)


def _is_bare_code(text: str, *, is_script: bool) -> bool:
    """Whether the whole text is Python, also where it has a slip: prose neither parses nor begins like code.

    A text too long to be looked at is left to the verifier's own limit.
    """
    if len(text) > MAX_RESPONSE_CHARACTERS:
        return FENCE not in text
    body = _statements(text)
    if body is None:
        first = text.lstrip().split("\n", 1)[0]
        return FENCE not in text and first.startswith(("def ", "class ", "import ", "from ", "async def ", "@"))
    if is_script:
        return any(isinstance(node, ast.Call) for statement in body for node in ast.walk(statement))
    return any(not isinstance(statement, ast.Expr) for statement in body)


def _defines(text: str, name: str) -> bool:
    return any(
        isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and node.name == name
        for node in _statements(text) or ()
    )


def _statements(text: str) -> list[ast.stmt] | None:
    if len(text) > MAX_RESPONSE_CHARACTERS:
        return None
    tree = parsed(text)
    return None if tree is None else tree.body
