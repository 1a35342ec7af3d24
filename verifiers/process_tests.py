"""Makes tests ready to run as they are: what their author would have run by hand runs there too."""

import ast

_RUNNERS = ("unittest.main", "pytest.main")


def for_process(tests: str) -> str:
    """The source of tests for a process of their own, line for line as it was.

    What stands under ``if __name__ == "__main__":`` is run, unless it starts a runner of tests.

    Args:
        tests: Python source that has been parsed before.
    """
    tree = ast.parse(tests)
    lines = tests.encode().splitlines(keepends=True)
    for node in tree.body:
        if isinstance(node, ast.If) and _is_main(node.test) and not any(each in ast.unparse(node) for each in _RUNNERS):
            test = node.test
            if test.end_lineno == test.lineno:
                line = lines[test.lineno - 1]
                lines[test.lineno - 1] = line[: test.col_offset] + b"True" + line[test.end_col_offset :]
    return b"".join(lines).decode()


def _is_main(test: ast.expr) -> bool:
    match test:
        case ast.Compare(left=left, ops=[ast.Eq()], comparators=[right]):
            sides = {ast.unparse(left), ast.unparse(right)}
            return sides == {"__name__", "'__main__'"}
        case _:
            return False
