"""How conversion gives up: whatever meets a test that does not convert raises ``Refused`` with the reason."""

import ast
from typing import NoReturn

MAX_SHOWN_CHARS = 200  # of the source that was refused


class Refused(Exception):
    """The tests do not convert.

    Args:
        reason: as in ``verifiers.plan.Unconvertible``.
        detail: what was found.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


def refuse(node: ast.AST, why: str) -> NoReturn:
    """Say that ``node`` needs a process of its own.

    Raises:
        Refused: always.
    """
    raise Refused(f"process:{why}", ast.unparse(node)[:MAX_SHOWN_CHARS])
