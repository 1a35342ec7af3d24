"""Makes tests ready to run as they are: what their author would have run by hand runs there too."""

import ast

_RUNNERS = ("unittest.main", "pytest.main")


def for_process(tests: str, entry_point: str) -> str:
    """The source of tests for a process of their own, line for line as it was.

    What stands under ``if __name__ == "__main__":`` is run, unless it starts a runner of tests, and so is a
    ``check(candidate)`` that stands beside other calls of the solution and that nothing calls.

    Args:
        tests: Python source that has been parsed before.
        entry_point: the function that ``check`` is called with.
    """
    tree = ast.parse(tests)
    lines = tests.encode().splitlines(keepends=True)
    for node in tree.body:
        if isinstance(node, ast.If) and _is_main(node.test) and not any(each in ast.unparse(node) for each in _RUNNERS):
            test = node.test
            if test.end_lineno == test.lineno:
                line = lines[test.lineno - 1]
                lines[test.lineno - 1] = line[: test.col_offset] + b"True" + line[test.end_col_offset :]
    source = b"".join(lines).decode()
    return f"{source}\n\ncheck({entry_point})\n" if entry_point.isidentifier() and _leaves_check(tree) else source


def _is_main(test: ast.expr) -> bool:
    match test:
        case ast.Compare(left=left, ops=[ast.Eq()], comparators=[right]):
            sides = {ast.unparse(left), ast.unparse(right)}
            return sides == {"__name__", "'__main__'"}
        case _:
            return False


def _leaves_check(tree: ast.Module) -> bool:
    """Whether there is a ``check(candidate)`` that the tests do not call, beside something that they do."""
    definitions = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Import | ast.ImportFrom
    is_there = any(
        isinstance(node, ast.FunctionDef) and node.name == "check" and len(node.args.args) == 1 for node in tree.body
    )
    is_named = any(isinstance(node, ast.Name) and node.id == "check" for node in ast.walk(tree))
    calls = any(
        isinstance(part, ast.Call) for node in tree.body if not isinstance(node, definitions) for part in ast.walk(node)
    )
    return is_there and not is_named and calls
