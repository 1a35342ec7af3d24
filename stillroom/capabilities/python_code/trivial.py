"""Solutions that understand nothing of a task. Tests that one of them passes tell right from wrong nowhere.

Constants; the echo of each argument; and the table of those examples that stand in the task's own text, which a
solver could copy without solving anything. None of them looks at tests that the task does not show, but for the
constant that most of them expect.
"""

import ast
import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import cast

from stillroom.capabilities.python_code.row_tests import are_pairs
from stillroom.records import Answer, Prompt

CONSTANTS = ("None", "True", "False", "0", "1", "-1", "''", "[]", "{}", "()", "set()", "0.0")
CANDIDATE = "candidate"  # what a `check(candidate)` function calls the solution
MAX_TESTS_CHARS = 100_000
MAX_EXPECTED_CHARS = 2_000  # of one expected value
SHOWN_WITHIN_CHARS = 160  # of its first argument: an example's values stand close together
MOST_ARGUMENTS = 6


def trivial_answers(prompt: Prompt) -> Sequence[Answer]:
    """The trivial solutions for a prompt's entry point, each once; of a program, its echo and its commonest output."""
    if are_pairs(prompt.check.tests):
        return _programs(prompt.check.tests)
    name = prompt.check.entry_point
    cases = list(_cases(prompt.check.tests, name))
    bodies = [f"return {constant}" for constant in CONSTANTS]
    common = Counter(expected for _, expected in cases).most_common(1)
    bodies += [f"return {expected}" for expected, _ in common]
    echoes = max((len(arguments) for arguments, _ in cases), default=1)
    bodies += [f"return arguments[{place}]" for place in range(min(max(1, echoes), MOST_ARGUMENTS))]
    if shown := [case for case in cases if is_shown(*case, prompt.task)]:
        bodies.append(_table(shown))
    return [Answer(text=f"def {name}(*arguments, **named):\n    {body}") for body in dict.fromkeys(bodies)]


def _programs(tests: str) -> list[Answer]:
    found: object = json.loads(tests)
    pairs = cast("list[object]", found) if isinstance(found, list) else [found]
    rows = [cast("dict[str, object]", pair) for pair in pairs if isinstance(pair, dict)]
    common = Counter(printed for row in rows if isinstance(printed := row.get("stdout"), str)).most_common(1)
    return [
        Answer(text="import sys\nsys.stdout.write(sys.stdin.read())"),
        *(Answer(text=f"import sys\nsys.stdout.write({output!r})") for output, _ in common),
    ]


def is_shown(arguments: tuple[str, ...], expected: str, task: str) -> bool:
    """Whether a task's text shows this example: its arguments in order and then its value, close to one another."""
    text = _squeezed(task)
    if not arguments:
        return _find(text, expected, 0) is not None
    return any(_follows(text, (*arguments[1:], expected), end) for end in _ends(text, arguments[0]))


def _follows(text: str, values: tuple[str, ...], start: int) -> bool:
    at = start
    for value in values:
        end = _find(text, value, at)
        if end is None or end - start > SHOWN_WITHIN_CHARS:
            return False
        at = end
    return True


def _ends(text: str, value: str) -> Iterator[int]:
    at: int | None = 0
    while (at := _find(text, value, at)) is not None:
        yield at


def _find(text: str, value: str, start: int) -> int | None:
    """Where ``value`` ends when it next stands in ``text`` as a whole: 1 does not stand in 10."""
    wanted = _squeezed(value)
    before = r"(?<![\w.'-])" if re.match(r"[\w-]", wanted) else ""
    after = r"(?![\w']|\.\d)" if re.search(r"\w$", wanted) else ""
    found = re.compile(before + re.escape(wanted) + after).search(text, start)
    return found.end() if found else None


def _squeezed(text: str) -> str:
    """One kind of quotes, and blanks between words alone, so that a value is found however it is written."""
    return re.sub(r" ?([^\w\s]) ?", r"\1", " ".join(text.replace('"', "'").split()))


def _cases(tests: str, name: str) -> Iterator[tuple[tuple[str, ...], str]]:
    """Arguments and expected value, as source, of every ``assert name(...) == literal``."""
    if len(tests) > MAX_TESTS_CHARS:
        return
    try:
        tree = ast.parse(tests)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for node in ast.walk(tree):
        match node:
            case ast.Assert(
                test=ast.Compare(left=ast.Call(func=ast.Name(id=called)) as call, ops=[ast.Eq()], comparators=[right])
            ) if called in (name, CANDIDATE) and not call.keywords and all(map(_is_literal, [*call.args, right])):
                expected = ast.unparse(right)
                if len(expected) <= MAX_EXPECTED_CHARS:
                    yield tuple(ast.unparse(each) for each in call.args), expected
            case _:
                pass


def _is_literal(node: ast.expr) -> bool:
    try:
        ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return False
    return True


def _table(cases: Sequence[tuple[tuple[str, ...], str]]) -> str:
    """A body that looks the arguments up among the examples."""
    rows = ", ".join(f"(({''.join(f'{each}, ' for each in arguments)}), {expected})" for arguments, expected in cases)
    return f"return next((value for given, value in [{rows}] if given == arguments), None)"
