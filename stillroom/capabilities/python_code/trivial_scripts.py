"""Scripts that understand nothing of a task: pairs of stdin and stdout that one of them passes tell nothing.

Each prints a constant, what it was given, or the examples that stand in the task's own text. None of them looks at
pairs that the task does not show, but for the output that most of them expect.
"""

from collections import Counter
from collections.abc import Sequence

from stillroom.capabilities.python_code.row_tests import pairs_in
from stillroom.capabilities.python_code.trivial import MAX_EXPECTED_CHARS, MAX_TESTS_CHARS, is_shown

CONSTANTS = ("", "0", "1", "-1", "YES", "NO", "Yes", "No", "True", "False")
ECHOES = (
    "import sys\nprint(sys.stdin.read())",
    "print(input())",
    "import sys\nprint((sys.stdin.read().split() or [''])[0])",
    "import sys\nprint((sys.stdin.read().split() or [''])[-1])",
)


def trivial_scripts(task: str, tests: str) -> Sequence[str]:
    """The trivial scripts for a task whose tests are pairs, each once."""
    given = pairs_in(tests) if len(tests) <= MAX_TESTS_CHARS else []
    cases = [(stdin, stdout.strip()) for stdin, stdout in given if len(stdin) + len(stdout) <= MAX_EXPECTED_CHARS]
    commonest = [expected for expected, _ in Counter(expected for _, expected in cases).most_common(1)]
    scripts = [*(f"print({printed!r})" for printed in (*CONSTANTS, *commonest)), *ECHOES]
    shown = {" ".join(stdin.split()): expected for stdin, expected in cases if _stands_in(task, stdin, expected)}
    if shown:
        scripts.append(f"import sys\nshown = {shown!r}\nprint(shown.get(' '.join(sys.stdin.read().split()), ''))")
    return list(dict.fromkeys(scripts))


def _stands_in(task: str, stdin: str, expected: str) -> bool:
    return bool(expected) and is_shown((stdin,) if stdin.strip() else (), expected, task)
