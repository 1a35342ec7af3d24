"""How a teacher is asked for a new Python task, and how its reply is read."""

import ast
import json
import keyword
import re

import msgspec

from stillroom.capabilities.base import Draft, Proposal, Rejection
from stillroom.records import Check, Prompt

MAX_REPLY_CHARACTERS = 20_000
MIN_TESTS = 3
MAX_TESTS = 6
SHOWN_TESTS = 3
MIN_TASK_WORDS = 8
MAX_TASK_WORDS = 200

# No length limits in here: they are suspected, not shown, to slow constrained decoding on a CPU. Lines of code are
# items of an array, because a small model that has to escape line ends inside one JSON string mostly stopped at the
# first of them (10 of 24 replies).
WRITING_SCHEMA = json.dumps(
    {
        "type": "object",
        "properties": {
            "task": {"type": "string"},
            "solution": {"type": "array", "items": {"type": "string"}},
            "tests": {"type": "array", "items": {"type": "string"}, "minItems": MIN_TESTS, "maxItems": MAX_TESTS},
        },
        "required": ["task", "solution", "tests"],
        "additionalProperties": False,
    }
)


class WrittenTask(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A writer's reply as the schema asks for it."""

    task: str
    solution: list[str]
    tests: list[str]


def writing_request(draft: Draft) -> str:
    """Few-shot request for one new task, in the JSON form of ``WRITING_SCHEMA``."""
    shown = "\n".join(f"Exercise {number}:\n{_as_json(prompt)}" for number, prompt in enumerate(draft.examples, 1))
    return (
        "You write exercises for a Python course. Each exercise is a JSON object with three keys: `task` tells the "
        "student exactly what the function must do and names it, `solution` lists the lines of a correct Python "
        "function, and `tests` are assert statements that call the function and that the solution passes.\n\n"
        f"{shown}\n\n"
        f"Write exercise {len(draft.examples) + 1}. It must be a new {draft.difficulty} exercise about "
        f"{draft.topic}, for a function that does something else than those above. "
        f"{_FORM_HINTS.get(draft.form, '')}Answer with the JSON object only."
    )


def read_proposal(reply: str, *, min_checks: int) -> Proposal | Rejection:
    """The task in a reply. Looks at form only; whether solution and tests agree is for the sandbox."""
    try:
        written = msgspec.json.decode(reply[:MAX_REPLY_CHARACTERS].strip(), type=WrittenTask)
    except msgspec.DecodeError as error:
        return Rejection(reason="invalid-json", detail=str(error))
    words = len(written.task.split())
    if not MIN_TASK_WORDS <= words <= MAX_TASK_WORDS:
        return Rejection(reason="task-length", detail=f"{words} words, expected {MIN_TASK_WORDS} to {MAX_TASK_WORDS}")
    solution = "\n".join(written.solution).strip("\n")
    function = _function_of(solution, written.task)
    if isinstance(function, Rejection):
        return function
    if _tells(written.task, function):
        return Rejection(reason="task:tells-the-answer", detail="every statement of the solution stands in the task")
    tests = usable_tests(written.tests[:MAX_TESTS], function.name)
    if len(tests) < min_checks:
        return Rejection(reason="tests:too-few", detail=f"{len(tests)} usable of {len(written.tests)}")
    check = Check(tests="\n".join(tests), entry_point=function.name)
    return Proposal(task=_named(written.task.strip(), function), check=check, reference=solution)


def usable_tests(tests: list[str], entry_point: str) -> list[str]:
    """The tests that are one assert about a call of ``entry_point``, each once, in normal form."""
    found: dict[str, None] = {}
    for test in tests:
        try:
            body = ast.parse(test.strip()).body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        if len(body) == 1 and isinstance(body[0], ast.Assert) and _calls(body[0].test, entry_point):
            found[ast.unparse(ast.Assert(test=body[0].test))] = None
    return list(found)


def _function_of(solution: str, task: str) -> ast.FunctionDef | Rejection:
    """The function that the task is about: defined in the solution, and the one the task names if it names any."""
    try:
        body = ast.parse(solution).body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return Rejection(reason="reference:syntax", detail=str(error))
    functions = [node for node in body if isinstance(node, ast.FunctionDef) and not keyword.iskeyword(node.name)]
    if not functions:
        return Rejection(reason="reference:no-function", detail="the solution defines no function")
    return next((node for node in functions if _names(task, node)), functions[0])


def _names(task: str, function: ast.FunctionDef) -> bool:
    return re.search(rf"(?<!\w){re.escape(function.name)}(?!\w)", task) is not None


def _tells(task: str, function: ast.FunctionDef) -> bool:
    """Whether the task spells the whole solution out; white space does not matter."""
    squeezed = "".join(task.split())
    return all("".join(ast.unparse(statement).split()) in squeezed for statement in function.body)


def _named(task: str, function: ast.FunctionDef) -> str:
    """The task with the name of its function: a task that leaves it open cannot be tested."""
    if _names(task, function):
        return task
    signature = f"{function.name}({ast.unparse(function.args)})"
    return f"{task} Name the function `{signature}`."


def _calls(node: ast.AST, name: str) -> bool:
    return any(
        isinstance(part, ast.Call) and isinstance(part.func, ast.Name) and part.func.id == name
        for part in ast.walk(node)
    )


def _as_json(prompt: Prompt) -> str:
    shown = {
        "task": prompt.task,
        "solution": prompt.reference.splitlines(),
        "tests": prompt.check.tests.splitlines()[:SHOWN_TESTS],
    }
    return json.dumps(shown, ensure_ascii=False)


_FORM_HINTS = {
    "function-with-examples": "Let the task mention one example of a call and its result. ",
    "story": "Let the task begin with a small situation from daily life. ",
    "docstring": "Let the task give the function's signature and its docstring. ",
}
