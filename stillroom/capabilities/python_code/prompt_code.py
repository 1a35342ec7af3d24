"""Reads the code of a prompt, and puts statements of it before an answer or before tests that need them."""

import ast
import sys
from collections.abc import Mapping, Sequence

from stillroom.capabilities.python_code.fences import python_blocks
from stillroom.capabilities.python_code.judging_classes import judging_classes
from stillroom.capabilities.python_code.kept_trees import parsed
from stillroom.capabilities.python_code.lasting import is_for_answer
from stillroom.capabilities.python_code.module_names import FUNCTION, bound, definers, variables
from stillroom.capabilities.python_code.source_nodes import nodes
from stillroom.capabilities.python_code.usage import missing


def source_of(prompt: str) -> str:
    """The code of a prompt: the whole of it, or its blocks in fences; "" where there is none."""
    for source in (prompt, f"{prompt}    pass\n"):
        if parsed(source) is not None:
            return source
    parts = [(each, f"{each}\n    pass\n") for each in python_blocks(prompt)]
    return "\n".join(found for each in parts if (found := next(filter(parsed, each), "")))


def with_missing_code(answer: str, prompt: str, tests: str = "", entry_point: str = "") -> str:
    """An answer behind what the prompt defines, if that is what it reads, or a class of the tests, and defines nowhere.

    Args:
        answer: Python source.
        prompt: with code in fences among prose.
        tests: Python source, if any, that may use classes of the prompt, or methods of them.
        entry_point: what is asked for.
    """
    source, own = source_of(prompt), parsed(answer)
    given = parsed(source)
    if not source or own is None or given is None:
        return answer
    body = given.body
    made = definers([each for each in body if isinstance(each, ast.ClassDef) or not is_for_answer(each)])
    asked = parsed(tests) or ast.Module([], [])
    classes = {each.name for each in body if isinstance(each, ast.ClassDef)}
    judging = {each for each in judging_classes(body, asked, entry_point) if _stands_alone(_needed([each], made))}
    used = (variables(asked) & classes | judging).difference(*map(bound, [*own.body, *asked.body]))
    needed = _needed([each for each in missing(answer) | used if each in made], made)
    return put_before(answer, own, source, [each for each in body if each in needed])


def behind(prompt: str, answer: str) -> str:
    """An answer behind a prompt, both Python; what it imports from ``__future__`` comes first, where it has to be."""
    own, given = parsed(answer), parsed(prompt)
    if own is None or given is None or not _futures(own):
        return f"{prompt.rstrip()}\n\n\n{answer}"
    first = "\n".join(dict.fromkeys(ast.unparse(each) for each in (*_futures(given), *_futures(own))))
    return f"{first}\n{_without(prompt, _futures(given)).rstrip()}\n\n\n{_without(answer, _futures(own))}"


def _futures(tree: ast.Module) -> list[ast.ImportFrom]:
    return [each for each in tree.body if isinstance(each, ast.ImportFrom) and each.module == "__future__"]


def _without(source: str, statements: Sequence[ast.stmt]) -> str:
    """Source with ``pass`` in the place of statements."""
    lines = [line.encode() for line in _lines(source)]
    for each in reversed(statements):
        begin, end = each.lineno - 1, each.end_lineno or each.lineno
        lines[begin:end] = [lines[begin][: each.col_offset] + b"pass" + lines[end - 1][each.end_col_offset :]]
    return "".join(f"{line.decode()}\n" for line in lines)


def _needed(names: Sequence[str], made: Mapping[str, Sequence[ast.stmt]]) -> list[ast.stmt]:
    """The statements that define some names, with those that these rest on."""
    left, seen, found = [*names], set(names), list[ast.stmt]()
    while left:
        statements = made.get(left.pop(), ())
        found += statements
        following = {name for each in statements for name in variables(each) | bound(each)} - seen
        seen |= following
        left += following
    return found


def _stands_alone(statements: Sequence[ast.stmt]) -> bool:
    """Whether code can be run wherever Python is, so that no answer fails by it that does not need it."""
    imported = set[str]()
    for node in nodes(*statements):
        match node:
            case ast.Import(names=names):
                imported |= {each.name.partition(".")[0] for each in names}
            case ast.ImportFrom(module=module, level=level):
                imported.add("" if level else (module or "").partition(".")[0])
            case _:
                pass
    return imported <= sys.stdlib_module_names and not missing("\n".join(map(ast.unparse, statements)))


def put_before(text: str, tree: ast.Module, source: str, statements: Sequence[ast.stmt]) -> str:
    """Some Python with statements of other source before it.

    Args:
        text: the Python.
        tree: of it.
        source: where the statements stand.
        statements: in order.
    """
    if not statements:
        return text
    first, lines, own = _first_line(tree), _lines(source), _lines(text)
    code = (line for each in statements for line in lines[_begin(each) - 1 : each.end_lineno])
    return "\n".join([*own[:first], *code, "", *own[first:]])


def _lines(source: str) -> list[str]:
    """Lines as Python counts them: a form feed or U+2028 ends none."""
    lines = source.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return lines[:-1] if lines[-1] == "" else lines


def _begin(statement: ast.stmt) -> int:
    decorators = statement.decorator_list if isinstance(statement, FUNCTION | ast.ClassDef) else []
    return min([statement.lineno, *(each.lineno for each in decorators)])


def _first_line(tree: ast.Module) -> int:
    """How many lines have to stay before all others."""
    return max((each.end_lineno or 0 for each in _futures(tree)), default=0)
