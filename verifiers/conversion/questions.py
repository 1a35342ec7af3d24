"""Turns assertions into questions, which the driver answers once the solution's process has reported."""

import ast
import marshal
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from verifiers.bounds import TooMuch
from verifiers.conversion.lowering import Lowering
from verifiers.conversion.recording import Recording
from verifiers.conversion.refusal import refuse
from verifiers.conversion.remote import Remotes
from verifiers.conversion.scope import Scope
from verifiers.wire_data import WIRE_FORMAT, has_nan, within_bounds

MAX_CHECKS = 2_000
MAX_TEXT_CHARS = 500  # of an assertion, in what a judgement says of it


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One assertion, over readings named ``@0``, ``@1`` and so on.

    Attributes:
        expression: what must be true; None where ``raises`` says what must happen.
        readings: the positions of the readings that it names, in order of their calls.
        names: constants of the tests that it uses.
        raises: names of exception types of which one must be raised by the last of ``readings``.
        expected: for a plain ``@n == constant``, the constant in the wire's form: equal bytes answer at once.
        text: the assertion as it was written.
    """

    expression: ast.expr | None
    readings: tuple[int, ...]
    names: Mapping[str, object] = field(default_factory=dict[str, object])
    raises: tuple[str, ...] = ()
    expected: bytes | None = None
    text: str = ""


class Questions:
    """The questions so far.

    Args:
        scope: what names stand for.
        recording: takes the readings.
        remotes: computes what is the solution's.

    Attributes:
        asked: in the order of the assertions.
    """

    def __init__(self, scope: Scope, recording: Recording, remotes: Remotes) -> None:
        self.asked: list[Question] = []
        self._scope = scope
        self._recording = recording
        self._remotes = remotes
        self._lowering = Lowering(scope, recording, remotes)

    def assertion(self, node: ast.Assert) -> None:
        """Ask whether what is asserted is true.

        Raises:
            Refused: where the assertion does not convert.
            TooMuch: when there are too many assertions.
        """
        first = self._recording.readings
        expression = self._lowering.lower(node.test)
        if isinstance(expression, ast.Constant) and first == self._recording.readings and expression.value:
            return  # `assert True` asks nothing
        self._ask(
            Question(
                expression=expression,
                readings=tuple(range(first, self._recording.readings)),
                names=self._scope.used_names(expression),
                expected=self._expected(expression),
                text=ast.unparse(node)[:MAX_TEXT_CHARS],
            )
        )

    def raises(self, kinds: list[ast.expr], call: ast.expr, node: ast.AST) -> None:
        """Ask whether a call raises one of these types.

        Args:
            kinds: names of exception types, or tuples of names.
            call: what must raise.
            node: the statement that says so.

        Raises:
            Refused: where a type is given by other than its name.
            TooMuch: when there are too many assertions.
        """
        names: list[str] = []
        for kind in kinds:
            for each in kind.elts if isinstance(kind, ast.Tuple) else [kind]:
                if not isinstance(each, ast.Name):
                    refuse(node, "exception-type")
                names.append(each.id)
        reading = self._recording.read(self._remotes.compute(call).register)
        text = ast.unparse(node)[:MAX_TEXT_CHARS]
        self._ask(Question(expression=None, readings=(reading,), raises=tuple(names), text=text))

    def _expected(self, expression: ast.expr) -> bytes | None:
        match expression:
            case ast.Compare(left=ast.Name(id=name), ops=[ast.Eq()], comparators=[constant]) if name.startswith("@"):
                if any(isinstance(each, ast.Name) and each.id.startswith("@") for each in ast.walk(constant)):
                    return None
                value = self._scope.evaluator.value(constant)
                return None if has_nan(within_bounds(value)) else marshal.dumps(cast("Any", value), WIRE_FORMAT)
            case _:
                return None

    def _ask(self, question: Question) -> None:
        self.asked.append(question)
        if len(self.asked) > MAX_CHECKS:
            raise TooMuch("too many assertions")
