"""Has our code in the container make lists where its source has generators, since those would be seen.

No frame of ours is shown to a program (``inside/unseen.py``), but Python shows those of generators whatever they say.
One that runs while the collector ends an object of the program, or asks one for its length, would hand out the
variables around it. So what of ours is written ``any(is_own(each) for each in kinds)`` is compiled as a list's
iterator, which ends no sooner where a part would do: none of them may go through much. Functions that ``yield`` are
written otherwise where a program is near.
"""

import ast
from types import CodeType


class _Eager(ast.NodeTransformer):
    def visit_GeneratorExp(self, node: ast.GeneratorExp) -> ast.AST:
        self.generic_visit(node)
        made = ast.copy_location(ast.ListComp(node.elt, node.generators), node)
        called = ast.copy_location(ast.Name("iter", ast.Load()), node)
        return ast.copy_location(ast.Call(called, [made], []), node)


def compiled(source: bytes, path: str) -> CodeType:
    """The code of one of our modules, without generator expressions.

    Args:
        source: of the module.
        path: its file in the image.
    """
    return compile(_Eager().visit(ast.parse(source, path)), path, "exec", dont_inherit=True, optimize=0)
