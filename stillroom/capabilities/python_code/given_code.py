"""Finds what a task's prompt defines beside what it asks for: where tests use it, it is theirs and not the answer's.

HumanEval's tests of ``find_zero`` call ``poly``, which its prompt defines. An answer that could define ``poly`` anew
would say itself whether it found a zero.
"""

import ast

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_CONSTANT = (ast.Constant, ast.Tuple, ast.UnaryOp, ast.BinOp, ast.operator, ast.unaryop, ast.expr_context)


def with_given_code(tests: str, prompt: str, entry_point: str) -> str:
    """Tests that begin with what they use of the prompt's own code.

    That is functions, imports and constants. Classes stay with the answer, whose code makes and takes their instances,
    and so does what can be changed, and what the prompt leaves to the answer to write.

    Args:
        tests: Python source.
        prompt: what goes before the answer, whole or up to the body that it asks for.
        entry_point: what it asks for.
    """
    asked, given = _parsed(tests), _parsed(prompt) or _parsed(f"{prompt}    pass\n")
    if asked is None or given is None:
        return tests
    used = _variables(asked).difference(*map(_bound, asked.body), (entry_point,))
    chosen = _chosen(given.body, used)
    if not chosen:
        return tests
    lines, first = prompt.splitlines(), _first_line(asked)
    source = "\n".join("\n".join(lines[_begin(each) - 1 : each.end_lineno]) for each in chosen)
    before, after = tests.splitlines()[:first], tests.splitlines()[first:]
    return "\n".join([*before, source, "", *after])


def _chosen(given: list[ast.stmt], names: set[str]) -> list[ast.stmt]:
    """The statements that define these names, and those that they need, in order."""
    definers: dict[str, list[ast.stmt]] = {}
    for statement in given:
        for name in _bound(statement):
            definers.setdefault(name, []).append(statement)
    chosen = [each for name in names for each in _needed(name, definers)]
    return [each for each in given if each in chosen]


def _needed(name: str, definers: dict[str, list[ast.stmt]]) -> list[ast.stmt]:
    """What a name needs to be defined; nothing where it hangs on what is not the tests' to have."""
    found: list[ast.stmt] = []
    left, seen = [name], {name}
    while left:
        needed = left.pop()
        for statement in definers.get(needed, ()):
            if _is_for_answer(statement):
                if needed == name:
                    return []
                continue  # the tests ask for it by its name
            if not _is_lasting(statement):
                return []
            found.append(statement)
            following = _variables(statement) - seen
            seen |= following
            left += following
    return found


def _is_lasting(statement: ast.stmt) -> bool:
    """Whether what a statement defines is the same whoever uses it."""
    match statement:
        case ast.Import() | ast.ImportFrom():
            return True
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            return not any(isinstance(each, ast.Global) for each in ast.walk(statement))
        case ast.Assign(value=value) | ast.AnnAssign(value=ast.expr() as value):
            return all(isinstance(each, _CONSTANT) for each in ast.walk(value))
        case _:
            return False


def _is_for_answer(statement: ast.stmt) -> bool:
    """Whether a statement defines a class, or a function that has no body yet."""
    if not isinstance(statement, _Function):
        return isinstance(statement, ast.ClassDef)
    for each in statement.body:
        match each:
            case ast.Pass() | ast.Expr(value=ast.Constant()):
                pass
            case ast.Raise(exc=ast.Name(id="NotImplementedError") | ast.Call(func=ast.Name(id="NotImplementedError"))):
                pass
            case _:
                return False
    return True


def _bound(statement: ast.stmt) -> set[str]:
    """Names that a statement of a module binds there."""
    match statement:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return {name}
        case ast.Import(names=names) | ast.ImportFrom(names=names):
            return {(each.asname or each.name).partition(".")[0] for each in names}
        case _:
            names = (each for each in ast.walk(statement) if isinstance(each, ast.Name))
            return {each.id for each in names if isinstance(each.ctx, ast.Store)}


def _variables(node: ast.AST) -> set[str]:
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}


def _begin(statement: ast.stmt) -> int:
    decorators = statement.decorator_list if isinstance(statement, _Function) else []
    return min([statement.lineno, *(each.lineno for each in decorators)])


def _first_line(tests: ast.Module) -> int:
    """How many lines of tests have to stay before all others."""
    futures = (each for each in tests.body if isinstance(each, ast.ImportFrom) and each.module == "__future__")
    return max((each.end_lineno or 0 for each in futures), default=0)


def _parsed(source: str) -> ast.Module | None:
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
