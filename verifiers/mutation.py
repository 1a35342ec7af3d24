"""Mutants: small mistakes put into a right program, one each. Comparisons, numbers and operators only."""

import ast
import copy
import random
from dataclasses import dataclass

_COMPARED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_COMPUTED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.FloorDiv: ast.Mult,
    ast.Div: ast.FloorDiv,
    ast.Mod: ast.Mult,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """A program with one mistake in it, made by ``operator`` in ``line`` of the original."""

    source: str
    operator: str
    line: int


def mutants(source: str, *, limit: int, seed: int) -> list[Mutant]:
    """At most ``limit`` mutants of a program, the same at every call; none where it does not parse."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    count = sum(1 for _ in ast.walk(tree))
    found = [one for place in range(count) if (one := _at(copy.deepcopy(tree), place)) is not None]
    chosen = sorted(random.Random(seed).sample(range(len(found)), min(limit, len(found))))  # noqa: S311 - reproducible
    return [found[place] for place in chosen]


def _at(tree: ast.Module, place: int) -> Mutant | None:
    """The mutant that changes the node at this place of the walk."""
    node = list(ast.walk(tree))[place]
    match node:
        case ast.Compare(ops=[first, *rest]) if type(first) in _COMPARED:
            node.ops = [_COMPARED[type(first)](), *rest]
            operator = "comparison"
        case ast.BinOp(op=op) if type(op) in _COMPUTED:
            node.op = _COMPUTED[type(op)]()
            operator = "arithmetic"
        case ast.Constant(value=int(number)) if not isinstance(number, bool):
            node.value = number + 1
            operator = "constant"
        case _:
            return None
    return Mutant(source=ast.unparse(tree), operator=operator, line=node.lineno)
