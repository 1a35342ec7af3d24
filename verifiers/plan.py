"""Turns Python tests into calls to make in the sandbox and questions to answer outside of it.

``assert sorted(f([3, 1])) == [1, 3]`` becomes: fetch ``f``; call it with ``[3, 1]``; report the result as @0;
then, in the driver, is ``sorted(@0) == [1, 3]``? The expected value never enters the process of the solution.
Tests that do more than this (``Unconvertible``) run in a process of their own.
"""

import ast
import builtins
import marshal
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn, cast

from stillroom.records.execution import Data, Given, Step
from verifiers import bounded
from verifiers.bounded import Evaluator
from verifiers.bounds import TooMuch, Unsupported
from verifiers.vocabulary import MATH, METHOD_NAMES

MAX_TESTS_BYTES = 256 << 10
MAX_STEPS = 5_000
MAX_CHECKS = 2_000
MAX_DEPTH = 60  # nesting of expressions and inlined functions
MAX_DATA_ITEMS = 200_000  # elements of one argument or expected value, shared parts counted each time

WIRE_FORMAT = 2
UNUSABLE = "tests:"


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Converted:
    """Tests as steps for the sandbox and questions for the driver."""

    steps: tuple[Step, ...]
    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unconvertible:
    """Why tests do not convert.

    Attributes:
        reason: ``tests:syntax``, ``tests:no-assert``, ``tests:no-call``, ``tests:too-long`` or ``tests:unusable``
            where no verdict can rest on them; ``process:*`` where they need a process of their own.
        detail: what was found.
    """

    reason: str
    detail: str = ""

    @property
    def is_usable(self) -> bool:
        """Whether the tests can still be run, in a process of their own."""
        return not self.reason.startswith(UNUSABLE)


def convert(tests_source: str, entry_point: str = "") -> Converted | Unconvertible:
    """Convert tests to calls and questions. Runs nothing; cheap enough for every test a model writes.

    Args:
        tests_source: asserts, ``test_*`` functions, or a ``check(candidate)`` function.
        entry_point: the function that ``check`` is called with.
    """
    if len(tests_source) > MAX_TESTS_BYTES:
        return Unconvertible(reason="tests:too-long", detail=f"{len(tests_source)} characters")
    try:
        tree = ast.parse(tests_source)
    except (SyntaxError, ValueError, UnicodeError, MemoryError, RecursionError) as error:
        return Unconvertible(reason="tests:syntax", detail=str(error))
    if not _has_assertion(tree):
        return Unconvertible(reason="tests:no-assert", detail="the tests assert nothing")
    planner = _Planner(entry_point)
    try:
        planner.module(tree)
    except _Refused as refused:
        return Unconvertible(reason=refused.reason, detail=str(refused))
    except TooMuch as error:
        return Unconvertible(reason="process:too-much", detail=str(error))
    except Unsupported as error:
        return Unconvertible(reason="process:expression", detail=str(error))
    except RecursionError:
        return Unconvertible(reason="tests:unusable", detail="nested too deeply")
    except (ArithmeticError, TypeError, ValueError, LookupError, AttributeError) as error:
        return Unconvertible(reason="process:expression", detail=f"{type(error).__name__}: {error}")
    if not planner.questions:
        return Unconvertible(reason="tests:no-assert", detail="no assertion is reached")
    if not any(question.readings for question in planner.questions):
        return Unconvertible(reason="tests:no-call", detail="no assertion calls the solution")
    return Converted(steps=tuple(planner.steps), questions=tuple(planner.questions))


class _Refused(Exception):
    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class _Function:
    """A name that stands for something the solution defines."""

    name: str


@dataclass(frozen=True, slots=True)
class _Remote:
    """A value that lives in the solution's process."""

    register: int
    is_handle: bool = False  # an object whose own methods and operators are what is tested


@dataclass(frozen=True, slots=True)
class _Local:
    """A function that the tests define."""

    node: ast.FunctionDef


def _refuse(node: ast.AST, why: str) -> NoReturn:
    raise _Refused(f"process:{why}", ast.unparse(node)[:200])


def _has_assertion(tree: ast.Module) -> bool:
    for node in ast.walk(tree):
        if isinstance(node, ast.Assert | ast.Raise):
            return True
        if isinstance(node, ast.Attribute | ast.Name):
            name = node.attr if isinstance(node, ast.Attribute) else node.id
            if name.startswith(("assert", "fail", "raises")):
                return True
    return False


def _is_class_name(name: str) -> bool:
    return name.lstrip("_")[:1].isupper() and not name.isupper()


class _Planner:
    """Walks the tests in order, keeping what each name stands for."""

    def __init__(self, entry_point: str) -> None:
        self.entry_point = entry_point
        self.steps: list[Step] = []
        self.questions: list[Question] = []
        self.evaluator = Evaluator({"__name__": "__main__"})
        self.names: dict[str, object] = {"__name__": "__main__"}
        self.registers = 0
        self.readings = 0
        self.depth = 0
        self.functions: dict[str, int] = {}
        self.called: set[str] = set()
        self.moved: dict[int, tuple[object, _Remote]] = {}  # the value is kept alive so that its id stays its own

    def module(self, tree: ast.Module) -> None:
        for node in tree.body:
            self.statement(node)
        if self.questions:
            return
        check = self.names.get("check")
        if isinstance(check, _Local) and "check" not in self.called and len(check.node.args.args) == 1:
            if not self.entry_point:
                raise _Refused("tests:unusable", "check(candidate) without an entry point")
            self.inline(check.node, [_Function(self.entry_point)])
        for name, value in list(self.names.items()):
            if isinstance(value, _Local) and name.startswith("test") and name not in self.called:
                if value.node.args.args:
                    _refuse(value.node, "fixture")
                self.inline(value.node, [])

    # statements

    def block(self, body: Iterable[ast.stmt]) -> None:
        for node in body:
            self.statement(node)

    def statement(self, node: ast.stmt) -> None:
        match node:
            case ast.Assert():
                self.assertion(node)
            case ast.Expr(value=ast.Constant()) | ast.Pass():
                pass
            case ast.Expr() if self.is_local(node.value) and not isinstance(node.value, ast.Call):
                pass
            case ast.Expr(value=ast.Call() as call):
                self.call_statement(call)
            case ast.Assign(targets=[target]):
                self.assign(target, node.value)
            case ast.AnnAssign(value=ast.expr() as value):
                self.assign(node.target, value)
            case ast.For(orelse=[]):
                self.loop(node)
            case ast.If():
                self.block(node.body if self.constant(node.test) else node.orelse)
            case ast.FunctionDef(decorator_list=[]):
                self.names[node.name] = _Local(node)
            case ast.Import() | ast.ImportFrom():
                self.imports(node)
            case ast.Try():
                self.expected_exception(node)
            case ast.With():
                self.raises_block(node)
            case _:
                _refuse(node, f"statement-{type(node).__name__}")

    def imports(self, node: ast.Import | ast.ImportFrom) -> None:
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name not in ("math", "pytest", "typing") or alias.asname:
                    _refuse(node, "import")
        elif node.module == "math":
            for alias in node.names:
                if alias.name not in MATH:
                    _refuse(node, "import")
                self.bind(alias.asname or alias.name, MATH[alias.name])
        elif node.module in ("typing", "__future__"):
            pass
        elif node.module in ("solution", "main", "candidate", "your_module", "module"):
            for alias in node.names:
                if alias.name == "*":
                    continue
                self.bind(alias.asname or alias.name, _Function(alias.name))
        else:
            _refuse(node, "import")

    def bind(self, name: str, value: object) -> None:
        self.names[name] = value
        if isinstance(value, _Function | _Remote | _Local):
            self.evaluator.names.pop(name, None)
        else:
            self.evaluator.names[name] = value

    def assign(self, target: ast.expr, value: ast.expr) -> None:
        if isinstance(target, ast.Attribute):
            owner = self.remote(target.value)
            name = Given(value=target.attr)
            self.emit("op", name="setattr", arguments=(Given(register=owner.register), name, self.given(value)))
        elif self.is_local(value):
            found = self.evaluator.value(value)
            names: dict[str, object] = {}
            bounded.bind(names, target, found)
            for name, item in names.items():
                self.bind(name, item)
        elif isinstance(target, ast.Name):
            if isinstance(value, ast.Name) and isinstance(self.meaning(value.id), _Function):
                self.bind(target.id, self.meaning(value.id))
            else:
                self.bind(target.id, self.remote(value))
        elif isinstance(target, ast.Tuple) and all(isinstance(each, ast.Name) for each in target.elts):
            whole = self.remote(value)
            as_list = self.emit("op", name="list", arguments=(Given(register=whole.register),))
            for position, each in enumerate(target.elts):
                index = (Given(register=as_list), Given(value=position))
                self.bind(cast("ast.Name", each).id, _Remote(self.emit("op", name="getitem", arguments=index)))
        else:
            _refuse(target, "assignment")

    def loop(self, node: ast.For) -> None:
        if not self.is_local(node.iter):
            _refuse(node.iter, "loop")
        for item in list(self.evaluator.budget.iterate(self.evaluator.value(node.iter))):
            names: dict[str, object] = {}
            bounded.bind(names, node.target, item)
            for name, value in names.items():
                self.bind(name, value)
            self.block(node.body)

    def call_statement(self, call: ast.Call) -> None:
        match call.func:
            case ast.Name(id="print"):
                return
            case ast.Name(id=name) if isinstance(self.names.get(name), _Local):
                if call.keywords:
                    _refuse(call, "keywords")
                self.called.add(name)
                local = cast("_Local", self.names[name])
                self.inline(local.node, [self.argument(each) for each in call.args])
            case ast.Attribute(value=ast.Name(id="pytest"), attr="raises") if len(call.args) >= 2:
                inner = ast.Call(func=call.args[1], args=call.args[2:], keywords=call.keywords)
                self.raises([call.args[0]], inner, call)
            case ast.Attribute(value=ast.Name(id="self")):
                _refuse(call, "unittest")
            case _:
                self.remote(call)

    def inline(self, function: ast.FunctionDef, values: list[object]) -> None:
        parameters = function.args
        if len(parameters.args) != len(values) or parameters.vararg or parameters.kwarg or parameters.kwonlyargs:
            _refuse(function, "signature")
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise _Refused("process:recursion", function.name)
        outer, outer_local = dict(self.names), dict(self.evaluator.names)
        for parameter, value in zip(parameters.args, values, strict=True):
            self.bind(parameter.arg, value)
        for node in function.body:
            if isinstance(node, ast.Return) and (node.value is None or isinstance(node.value, ast.Constant)):
                break
            self.statement(node)
        self.names, self.evaluator.names = outer, outer_local
        self.follow_moves()
        self.depth -= 1

    def argument(self, node: ast.expr) -> object:
        if isinstance(node, ast.Name):
            meaning = self.meaning(node.id)
            if isinstance(meaning, _Function | _Remote):
                return meaning
        return self.evaluator.value(node) if self.is_local(node) else self.remote(node)

    # assertions

    def assertion(self, node: ast.Assert) -> None:
        first = self.readings
        expression = self.lower(node.test)
        if isinstance(expression, ast.Constant) and first == self.readings and expression.value:
            return  # `assert True` asks nothing
        self.ask(
            Question(
                expression=expression,
                readings=tuple(range(first, self.readings)),
                names=self.used_names(expression),
                expected=self.expected(expression),
                text=ast.unparse(node)[:500],
            )
        )

    def expected(self, expression: ast.expr) -> bytes | None:
        match expression:
            case ast.Compare(left=ast.Name(id=name), ops=[ast.Eq()], comparators=[constant]) if name.startswith("@"):
                if any(isinstance(each, ast.Name) and each.id.startswith("@") for each in ast.walk(constant)):
                    return None
                value = self.evaluator.value(constant)
                return None if has_nan(self.data(value)) else marshal.dumps(cast("Any", value), WIRE_FORMAT)
            case _:
                return None

    def ask(self, question: Question) -> None:
        self.questions.append(question)
        if len(self.questions) > MAX_CHECKS:
            raise TooMuch("too many assertions")

    def used_names(self, expression: ast.expr) -> dict[str, object]:
        used = {node.id for node in ast.walk(expression) if isinstance(node, ast.Name)}
        return {name: value for name, value in self.evaluator.names.items() if name in used}

    def expected_exception(self, node: ast.Try) -> None:
        """``try: f(x)`` / ``assert False`` / ``except ValueError: pass``."""
        handlers = node.handlers
        body = [*node.body, *node.orelse]
        fails = len(body) > 1 and _is_failure(body[-1])
        if node.finalbody or not fails or len(handlers) != 1 or handlers[0].type is None:
            _refuse(node, "try")
        if any(not isinstance(each, ast.Pass) and not _is_true(each) for each in handlers[0].body):
            _refuse(node, "try")
        *before, last = body[:-1]
        self.block(before)
        call = last.value if isinstance(last, ast.Expr | ast.Assign) else _refuse(node, "try")
        self.raises([handlers[0].type], call, node)

    def raises_block(self, node: ast.With) -> None:
        """``with pytest.raises(ValueError): f(x)``."""
        match node.items:
            case [ast.withitem(context_expr=ast.Call(func=func, args=[kind], keywords=[]), optional_vars=None)]:
                if ast.unparse(func) not in ("pytest.raises", "self.assertRaises"):
                    _refuse(node, "with")
            case _:
                _refuse(node, "with")
        *before, last = node.body
        self.block(before)
        call = last.value if isinstance(last, ast.Expr | ast.Assign) else _refuse(node, "with")
        self.raises([kind], call, node)

    def raises(self, kinds: list[ast.expr], call: ast.expr, node: ast.AST) -> None:
        names: list[str] = []
        for kind in kinds:
            for each in kind.elts if isinstance(kind, ast.Tuple) else [kind]:
                if not isinstance(each, ast.Name):
                    _refuse(node, "exception-type")
                names.append(each.id)
        reading = self.read(self.remote(call).register)
        self.ask(Question(expression=None, readings=(reading,), raises=tuple(names), text=ast.unparse(node)[:500]))

    # expressions

    def meaning(self, name: str) -> object:
        """What a name stands for: a constant, a remote value, a function of the solution."""
        if name in self.names:
            return self.names[name]
        if name == self.entry_point:
            return _Function(name)
        if name == "math" or hasattr(builtins, name):
            return None
        return _Function(name)

    def is_local(self, node: ast.expr) -> bool:
        """Whether an expression can be evaluated without the solution."""
        bound = {
            name.id
            for part in ast.walk(node)
            if isinstance(part, ast.comprehension)
            for name in ast.walk(part.target)
            if isinstance(name, ast.Name)
        }
        return not any(
            isinstance(part, ast.Name)
            and part.id not in bound
            and isinstance(self.meaning(part.id), _Function | _Remote | _Local)
            for part in ast.walk(node)
        )

    def constant(self, node: ast.expr) -> object:
        if not self.is_local(node):
            _refuse(node, "condition")
        return self.evaluator.value(node)

    def lower(self, node: ast.expr) -> ast.expr:
        """The expression with everything that the solution computes replaced by readings."""
        if self.is_local(node):
            return node
        match node:
            case ast.Call(func=ast.Name(id=name), args=[inner], keywords=[]) if (
                name
                in ("list", "sorted", "set", "tuple", "sum", "max", "min", "any", "all", "len", "str", "repr", "bool")
                and self.meaning(name) is None
                and not self.is_local(inner)
                and self.is_remote_call(inner)
            ):
                remote = self.remote(inner)
                if remote.is_handle:
                    return self.reading(self.operation(name, remote))
                return ast.Call(func=node.func, args=[self.reading(remote, as_list=name in _CONSUMERS)], keywords=[])
            case ast.Compare(left=left, ops=[kind], comparators=[right]) if (
                self.is_handle(left) or self.is_handle(right)
            ) and type(kind) in _OPERATIONS:
                if isinstance(kind, ast.In | ast.NotIn):
                    found = self.operation("contains", self.remote(right), self.given(left))
                    reading = self.reading(found)
                    return reading if isinstance(kind, ast.In) else ast.UnaryOp(op=ast.Not(), operand=reading)
                return self.reading(self.operation(_OPERATIONS[type(kind)], self.given(left), self.given(right)))
            case ast.BinOp() if self.is_handle(node.left) or self.is_handle(node.right):
                return self.reading(self.remote(node))
            case ast.Subscript(value=value) if self.is_handle(value):
                return self.reading(self.remote(node))
            case ast.Call(func=ast.Attribute(value=owner, attr=attr)) if (
                not self.is_local(owner) and not self.is_handle(owner) and attr in METHOD_NAMES
            ):
                # A method of data that was reported, not one of the solution's own objects.
                arguments = [self.lower(each) for each in node.args]
                return ast.Call(
                    func=ast.Attribute(value=self.lower(owner), attr=attr, ctx=ast.Load()), args=arguments, keywords=[]
                )
            case _ if self.is_remote_call(node):
                return self.reading(self.remote(node))
            case ast.Call(func=ast.Name() | ast.Attribute()):
                node.keywords = [ast.keyword(arg=each.arg, value=self.lower(each.value)) for each in node.keywords]
                return ast.Call(func=node.func, args=[self.lower(each) for each in node.args], keywords=node.keywords)
            case ast.Lambda() | ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                return self.lower_comprehension(node)
            case ast.BoolOp() | ast.IfExp():
                return self.lower_children(node)
            case _:
                return self.lower_children(node)

    def lower_children(self, node: ast.expr) -> ast.expr:
        fields: dict[str, Any] = {}
        for name, value in ast.iter_fields(node):
            if isinstance(value, ast.expr):
                fields[name] = self.lower(value)
            elif isinstance(value, list):
                items = cast("list[object]", value)
                fields[name] = [self.lower(item) if isinstance(item, ast.expr) else item for item in items]
            else:
                fields[name] = value
        return type(node)(**fields)

    def lower_comprehension(self, node: ast.expr) -> ast.expr:
        """Only what a comprehension runs over may be the solution's; its body must be local."""
        if isinstance(node, ast.Lambda | ast.DictComp) or not isinstance(
            node, ast.ListComp | ast.SetComp | ast.GeneratorExp
        ):
            _refuse(node, "expression")
        if len(node.generators) != 1:
            _refuse(node, "comprehension")
        generator = node.generators[0]
        bound = [each.id for each in ast.walk(generator.target) if isinstance(each, ast.Name)]
        outer = dict(self.names)
        over = self.lower(generator.iter)
        self.names.update(dict.fromkeys(bound))
        inside = all(self.is_local(each) for each in (node.elt, *generator.ifs))
        self.names = outer
        if not inside:
            _refuse(node, "comprehension")
        lowered = ast.comprehension(target=generator.target, iter=over, ifs=generator.ifs, is_async=0)
        return type(node)(elt=node.elt, generators=[lowered])

    def is_handle(self, node: ast.expr) -> bool:
        match node:
            case ast.Name(id=name):
                found = self.meaning(name)
                return isinstance(found, _Remote) and found.is_handle
            case ast.Call(func=ast.Name(id=name)):
                found = self.meaning(name)
                return isinstance(found, _Function) and _is_class_name(found.name)
            case ast.BinOp():
                return self.is_handle(node.left) or self.is_handle(node.right)
            case _:
                return False

    def is_remote_call(self, node: ast.expr) -> bool:
        match node:
            case ast.Name(id=name):
                return isinstance(self.meaning(name), _Remote | _Function)
            case ast.Call(func=ast.Name(id=name)):
                return isinstance(self.meaning(name), _Function)
            case ast.Call(func=ast.Attribute(value=owner)) | ast.Attribute(value=owner):
                return not self.is_local(owner) and self.is_remote_call(owner)
            case _:
                return False

    def remote(self, node: ast.expr) -> _Remote:
        """Emit the steps that compute an expression in the solution's process."""
        match node:
            case ast.Name(id=name):
                found = self.meaning(name)
                if isinstance(found, _Remote):
                    return found
                if isinstance(found, _Function):
                    return _Remote(self.function(found.name))
            case ast.Call(func=ast.Name(id=name)) if isinstance(found := self.meaning(name), _Function):
                return _Remote(self.call(self.function(found.name), node), is_handle=_is_class_name(found.name))
            case ast.Call(func=ast.Attribute(value=owner, attr=attr)) if not self.is_local(owner):
                method = self.emit("attr", on=self.remote(owner).register, name=attr)
                return _Remote(self.call(method, node))
            case ast.Attribute(value=owner, attr=attr) if not self.is_local(owner):
                return _Remote(self.emit("attr", on=self.remote(owner).register, name=attr))
            case ast.Subscript(value=owner, slice=index) if not self.is_local(owner) and not isinstance(
                index, ast.Slice
            ):
                return self.operation("getitem", self.remote(owner), self.given(index))
            case ast.BinOp() if type(node.op) in _OPERATIONS:
                handle = self.operation(_OPERATIONS[type(node.op)], self.given(node.left), self.given(node.right))
                return _Remote(handle.register, is_handle=self.is_handle(node))
            case _:
                pass
        _refuse(node, "expression")

    def function(self, name: str) -> int:
        if name not in self.functions:
            self.functions[name] = self.emit("name", name=name)
        return self.functions[name]

    def call(self, function: int, node: ast.Call) -> int:
        if any(isinstance(each, ast.Starred) for each in node.args) or any(each.arg is None for each in node.keywords):
            _refuse(node, "starred")
        arguments = tuple(self.given(each) for each in node.args)
        keywords = tuple((cast("str", each.arg), self.given(each.value)) for each in node.keywords)
        return self.emit("call", on=function, arguments=arguments, keywords=keywords)

    def given(self, node: ast.expr) -> Given:
        """An argument: plain data, or a register. A mutable name moves into the solution's process for good."""
        if isinstance(node, ast.Name) and isinstance(self.names.get(node.id), list | dict | set):
            value = self.names[node.id]
            register = self.emit("put", value=self.data(value))
            self.moved[id(value)] = (value, _Remote(register))
            self.follow_moves()
            return Given(register=register)
        if self.is_local(node):
            return Given(value=self.data(self.evaluator.value(node)))
        if isinstance(node, ast.List | ast.Tuple) and not any(isinstance(each, ast.Starred) for each in node.elts):
            kind = "list" if isinstance(node, ast.List) else "tuple"
            return Given(register=self.emit("build", name=kind, arguments=tuple(map(self.given, node.elts))))
        return Given(register=self.remote(node).register)

    def follow_moves(self) -> None:
        for name, value in list(self.names.items()):
            if id(value) in self.moved:
                self.bind(name, self.moved[id(value)][1])

    def data(self, value: object) -> Data:
        if measure(value) > MAX_DATA_ITEMS:
            raise TooMuch("an argument is too large")
        return cast("Data", value)

    def operation(self, name: str, *operands: Given | _Remote) -> _Remote:
        given = tuple(each if isinstance(each, Given) else Given(register=each.register) for each in operands)
        return _Remote(self.emit("op", name=name, arguments=given))

    def reading(self, remote: _Remote, *, as_list: bool = False) -> ast.Name:
        return ast.Name(id=f"@{self.read(remote.register, as_list=as_list)}", ctx=ast.Load())

    def read(self, register: int, *, as_list: bool = False) -> int:
        self.step(Step(kind="read", register=register, as_list=as_list))
        self.readings += 1
        return self.readings - 1

    def emit(
        self,
        kind: str,
        *,
        name: str = "",
        on: int = 0,
        value: Data = None,
        arguments: tuple[Given, ...] = (),
        keywords: tuple[tuple[str, Given], ...] = (),
    ) -> int:
        register = self.registers
        self.registers += 1
        self.step(
            Step(kind=kind, register=register, name=name, on=on, value=value, arguments=arguments, keywords=keywords)
        )
        return register

    def step(self, step: Step) -> None:
        self.steps.append(step)
        if len(self.steps) > MAX_STEPS:
            raise TooMuch("too many calls")


_CONSUMERS = frozenset(("list", "sorted", "set", "tuple", "sum", "max", "min", "any", "all"))
_OPERATIONS: Mapping[type[ast.AST], str] = {
    ast.Eq: "eq",
    ast.NotEq: "ne",
    ast.Lt: "lt",
    ast.LtE: "le",
    ast.Gt: "gt",
    ast.GtE: "ge",
    ast.In: "contains",
    ast.NotIn: "contains",
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.Div: "truediv",
    ast.FloorDiv: "floordiv",
    ast.Mod: "mod",
    ast.Pow: "pow",
    ast.BitAnd: "and_",
    ast.BitOr: "or_",
    ast.BitXor: "xor",
}


def measure(value: object, limit: int = MAX_DATA_ITEMS) -> int:
    """How many elements a value has all told, counting shared parts each time; stops above ``limit``."""
    total = 0
    left = [value]
    while left and total <= limit:
        item = left.pop()
        if isinstance(item, str | bytes):
            total += len(item) // 8
        elif isinstance(item, list | tuple | set | frozenset):
            items = cast("list[object]", item)
            total += len(items)
            left.extend(items)
        elif isinstance(item, dict):
            pairs = cast("dict[object, object]", item)
            total += 2 * len(pairs)
            left.extend(pairs.keys())
            left.extend(pairs.values())
        elif isinstance(item, int):
            total += item.bit_length() >> 6
        elif item is not None and not isinstance(item, float | complex) and item is not ...:
            raise Unsupported(f"data of type {type(item).__name__}")
    return total


def has_nan(value: object) -> bool:
    """Whether a NaN is somewhere in a value."""
    if isinstance(value, float):
        return math.isnan(value)
    if isinstance(value, complex):
        return math.isnan(value.real) or math.isnan(value.imag)
    if isinstance(value, dict):
        pairs = cast("dict[object, object]", value)
        return any(map(has_nan, pairs.keys())) or any(map(has_nan, pairs.values()))
    return isinstance(value, list | tuple | set | frozenset) and any(map(has_nan, cast("list[object]", value)))


def _is_failure(node: ast.stmt) -> bool:
    match node:
        case ast.Assert(test=ast.Constant(value=False)):
            return True
        case ast.Raise(exc=ast.Name(id=name) | ast.Call(func=ast.Name(id=name))):
            return name == "AssertionError"
        case ast.Expr(value=ast.Call(func=ast.Attribute(attr="fail"))):
            return True
        case _:
            return False


def _is_true(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assert) and isinstance(node.test, ast.Constant) and bool(node.test.value)
