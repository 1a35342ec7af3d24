"""Every node of a tree is listed, but for operators and contexts."""

import ast
import inspect
from types import ModuleType

import pytest

from verifiers.sandbox.inside import tree_nodes
from verifiers.sandbox.inside.tree_nodes import nodes_of, within

SEVERAL = """
import os.path as p, sys
from solution import f as g, h
@pytest.fixture(name="a")
async def made(x, /, y: int = 1, *z, k=2, **more) -> None:
    async with a() as b, c: yield (lambda q=1: q)
    async for i, *j in k: await i
    global n
    return [w async for w in v if w] + {**d, 1: 2}[1:2, ...]
class C(B, metaclass=M):
    a: int = 3
    try: raise E from e
    except (K, L) as error: pass
    except* T: assert x, f"{y!r:>{z}}"
    else: x = y = not -z
    finally: del x.y, z[0]
match x:
    case {"a": A(b, c=[1, *_]), **rest} | (None as m): x @= 1
    case _ if (n := 1) < 2 <= 3 and a or b: pass
""".replace("except* T", "except T")


@pytest.mark.parametrize("source", ["", SEVERAL, inspect.getsource(ast), inspect.getsource(inspect)], ids=len)
def test_all_nodes_are_listed_in_the_order_of_the_walk(source: str) -> None:
    tree = ast.parse(source)
    left_out = (ast.expr_context, ast.operator, ast.boolop, ast.unaryop, ast.cmpop)
    expected = [each for each in ast.walk(tree) if not isinstance(each, left_out)]
    assert [*map(id, nodes_of(tree))] == [*map(id, expected)]


def test_what_a_node_is_made_of_is_in_the_order_of_its_fields() -> None:
    call = ast.parse("f(a, b, c=d)", mode="eval").body
    assert [type(each) for each in within(call)] == [ast.Name, ast.Name, ast.Name, ast.keyword]


def test_it_stands_alone_in_the_container() -> None:
    assert [name for name, value in vars(tree_nodes).items() if isinstance(value, ModuleType)] == ["ast"]
