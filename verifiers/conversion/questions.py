"""Turns assertions into questions, which the driver answers once the solution's process has reported."""

import ast
import marshal
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from verifiers.bounded_forms import unknown_in
from verifiers.bounds import TooMuch, Unsupported
from verifiers.conversion.lowering import Lowering
from verifiers.conversion.recording import Recording
from verifiers.conversion.refusal import Refused, refuse
from verifiers.conversion.remote import Remotes
from verifiers.conversion.scope import Function, Scope
from verifiers.expected_exceptions import is_built_in
from verifiers.wire_data import WIRE_FORMAT, has_nan, within_bounds

MAX_CHECKS = 2_000
MAX_TEXT_CHARS = 500  # of an assertion, in what a judgement says of it


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One assertion, over readings named ``@0``, ``@1`` and so on.

    Attributes:
        expression: what must be true; None where ``raises`` says what must happen.
        readings: the positions of the readings that it names, in order of their calls, after those of statements
            since the question before, which must not have raised.
        names: constants of the tests that it uses.
        raises: names of exception types of which one must be raised by the last ``in_block`` of ``readings``.
        in_block: how many of the readings belong to what must raise; those before must not.
        objects: readings of what may be an object of the solution's own class and is compared with data.
        is_lazy: whether Python may leave out what some of the readings stand for, as after an ``or``.
        expected: for a plain ``@n == constant``, the constant in the wire's form: equal bytes answer at once.
        text: the assertion as it was written.
    """

    expression: ast.expr | None
    readings: tuple[int, ...]
    names: Mapping[str, object] = field(default_factory=dict[str, object])
    raises: tuple[str, ...] = ()
    in_block: int = 0
    objects: frozenset[int] = frozenset()
    is_lazy: bool = False
    expected: bytes | None = None
    text: str = ""

    @property
    def is_assertion(self) -> bool:
        """Whether the tests ask it, rather than that statements run without raising."""
        return bool(self.raises) or not isinstance(self.expression, ast.Constant)

    @property
    def is_about_solution(self) -> bool:
        """Whether its answer depends on what the solution computed."""
        return bool(self.raises) or (self.expression is not None and _has_reading(self.expression))


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
        self._next = 0  # the first reading that is in no question yet

    def assertion(self, node: ast.Assert) -> None:
        """Ask whether what is asserted is true.

        Raises:
            Refused: where the assertion does not convert.
            Unsupported: where the driver could not answer it.
            TooMuch: when there are too many assertions.
        """
        first = self._recording.readings
        expression = self._lowering.lower(node.test)
        if isinstance(expression, ast.Constant) and first == self._recording.readings and expression.value:
            return  # `assert True` asks nothing
        if first == self._recording.readings:
            self._require_true(expression, node)
        names = self._scope.used_names(expression)
        if unknown := unknown_in(expression, names):
            raise Unsupported(unknown)
        readings = self._readings()
        self._ask(
            Question(
                expression=expression,
                readings=readings,
                names=names,
                objects=frozenset(self._lowering.objects & set(readings)),
                is_lazy=any(map(_is_lazy, ast.walk(expression))),
                expected=self._expected(expression),
                text=ast.unparse(node)[:MAX_TEXT_CHARS],
            )
        )

    def _require_true(self, expression: ast.expr, node: ast.Assert) -> None:
        """Refuse what the tests assert of themselves alone and does not hold: no answer could pass."""
        if not self._scope.value(expression):
            raise Refused("tests:unusable", f"whatever the answer: {ast.unparse(node)[:MAX_TEXT_CHARS]}")

    def equals(self, register: int, value: int, text: str) -> None:
        """Ask whether what is in a register equals a number.

        Raises:
            TooMuch: when there are too many assertions.
        """
        left = ast.Name(id=f"@{self._recording.read(register)}", ctx=ast.Load())
        expression = ast.Compare(left=left, ops=[ast.Eq()], comparators=[ast.Constant(value=value)])
        self._ask(Question(expression=expression, readings=self._readings(), text=text[:MAX_TEXT_CHARS]))

    def close(self) -> None:
        """Ask whether what follows the last assertion ran without raising.

        Raises:
            TooMuch: when there are too many assertions.
        """
        if self._next < self._recording.readings:
            text = "what follows the last assertion"
            self._ask(Question(expression=ast.Constant(value=True), readings=self._readings(), text=text))

    def raises(self, kinds: list[ast.expr], call: ast.expr, node: ast.AST, *, block: int) -> None:
        """Ask whether a call raises one of these types.

        Args:
            kinds: names of exception types, or tuples of names.
            call: what must raise.
            node: the statement that says so.
            block: the number of readings before the block of statements that must raise.

        Raises:
            Refused: where a type is given by other than its name.
            TooMuch: when there are too many assertions.
        """
        names: list[str] = []
        for kind in kinds:
            for each in kind.elts if isinstance(kind, ast.Tuple) else [kind]:
                names.append(self._type_name(each, node))
        self._recording.read(self._remotes.compute(call, is_used=False).register)
        in_block = self._recording.readings - block
        text = ast.unparse(node)[:MAX_TEXT_CHARS]
        self._ask(
            Question(expression=None, readings=self._readings(), raises=tuple(names), in_block=in_block, text=text)
        )

    def _type_name(self, kind: ast.expr, node: ast.AST) -> str:
        """The name of an exception's type: a built-in one, or one that the solution defines."""
        if isinstance(kind, ast.Name):
            meaning = self._scope.meaning(kind.id)
            if isinstance(meaning, Function):
                return meaning.name
            if meaning is None and is_built_in(kind.id):
                return kind.id
        refuse(node, "exception-type")

    def _readings(self) -> tuple[int, ...]:
        """The readings that are in no question yet."""
        found = tuple(range(self._next, self._recording.readings))
        self._next = self._recording.readings
        return found

    def _expected(self, expression: ast.expr) -> bytes | None:
        match expression:
            case ast.Compare(left=ast.Name(id=name), ops=[ast.Eq()], comparators=[constant]) if name.startswith("@"):
                if _has_reading(constant):
                    return None
                value = self._scope.value(constant)
                return None if has_nan(within_bounds(value)) else marshal.dumps(cast("Any", value), WIRE_FORMAT)
            case _:
                return None

    def _ask(self, question: Question) -> None:
        self.asked.append(question)
        if len(self.asked) > MAX_CHECKS:
            raise TooMuch("too many assertions")


def _is_lazy(node: ast.AST) -> bool:
    """Whether Python may not evaluate a part in which there is a reading."""
    match node:
        case ast.BoolOp(values=[_, *later]) | ast.Compare(comparators=[_, *later]):
            return any(map(_has_reading, later))
        case ast.IfExp():
            return _has_reading(node.body) or _has_reading(node.orelse)
        case _:
            return False


def _has_reading(node: ast.expr) -> bool:
    return any(isinstance(part, ast.Name) and part.id.startswith("@") for part in ast.walk(node))
