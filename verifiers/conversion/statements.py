"""Walks the statements of the tests in order, as running them would: loops are unrolled, functions inlined."""

import ast
from collections.abc import Container, Iterable
from typing import cast

from stillroom.records.execution import Given
from verifiers.bounded_names import bind
from verifiers.conversion.questions import Questions
from verifiers.conversion.recording import Recording, Remote
from verifiers.conversion.refusal import Refused, refuse
from verifiers.conversion.remote import Remotes
from verifiers.conversion.scope import Function, Imported, Local, Scope
from verifiers.conversion.unreached import HOOKS, asserting_functions
from verifiers.vocabulary import MATH

MAX_DEPTH = 60  # of inlined functions


class Statements:
    """One walk.

    Args:
        entry_point: the function that ``check(candidate)`` is called with.
        classes: names of the solution's classes.

    Attributes:
        recording: the steps.
        questions: what is asked of their readings.
    """

    def __init__(self, entry_point: str, classes: Container[str] = ()) -> None:
        self.recording = Recording()
        self._entry_point = entry_point
        self._scope = Scope(entry_point, classes)
        self._remotes = Remotes(self._scope, self.recording)
        self.questions = Questions(self._scope, self.recording, self._remotes)
        self._depth = 0
        self._called: set[str] = set()
        self._called_names: set[str] = set()
        self._inlined: set[int] = set()  # functions by identity

    def module(self, tree: ast.Module) -> None:
        """Walk a whole module, then its ``check`` and ``test*`` functions that it does not call itself.

        Raises:
            Refused: where something does not convert.
            Unsupported: where the driver cannot evaluate an expression.
        """
        calls = (node.func for node in ast.walk(tree) if isinstance(node, ast.Call))
        self._called_names = {function.id for function in calls if isinstance(function, ast.Name)}
        self._block(tree.body)
        for name, value in list(self._scope.names.items()):
            if not isinstance(value, Local) or name in self._called:
                continue
            if name.startswith(HOOKS):
                refuse(value.node, "hook")
            parameters = len(value.node.args.args)
            if name == "check" and parameters == 1:
                if not self._entry_point:
                    raise Refused("tests:unusable", "check(candidate) without an entry point")
                self._inline(value, [Function(self._entry_point)])
            elif name.startswith("test"):
                if parameters:
                    refuse(value.node, "fixture")
                self._inline(value, [])
        self.questions.close()
        for node in asserting_functions(tree):
            if id(node) not in self._inlined:  # which may be right: where the tests run, they say
                refuse(node, "unreached")

    def _block(self, body: Iterable[ast.stmt]) -> None:
        for node in body:
            self._statement(node)

    def _statement(self, node: ast.stmt) -> None:
        match node:
            case ast.Assert():
                self.questions.assertion(node)
            case ast.Expr(value=ast.Constant()) | ast.Pass():
                pass
            case ast.Expr(value=ast.Name() as name) if self._scope.is_local(name):
                pass
            case ast.Expr(value=ast.Call() as call):
                self._call(call)
            case ast.Assign(targets=[target]):
                self._assign(target, node.value)
            case ast.AnnAssign(value=ast.expr() as value):
                self._assign(node.target, value)
            case ast.For(orelse=[]):
                self._loop(node)
            case ast.If():
                self._block(node.body if self._scope.constant(node.test) else node.orelse)
            case ast.FunctionDef(decorator_list=[]):
                self._scope.bind(node.name, Local(node, is_nested=self._depth > 0))
            case ast.Import() | ast.ImportFrom():
                self._import(node)
            case ast.Try():
                self._expected_exception(node)
            case ast.With():
                self._raises_block(node)
            case _:
                refuse(node, f"statement-{type(node).__name__}")

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name not in ("math", "pytest", "typing") or alias.asname:
                    refuse(node, "import")
                if alias.name != "math":
                    self._scope.bind(alias.name, Imported(alias.name))
        elif node.module == "math":
            for alias in node.names:
                if alias.name not in MATH:
                    refuse(node, "import")
                self._scope.bind(alias.asname or alias.name, MATH[alias.name])
        elif node.module in ("typing", "__future__"):
            pass
        elif node.module in ("solution", "main", "candidate", "your_module", "module"):
            for alias in node.names:
                if alias.name == "*":
                    continue
                self._scope.bind(alias.asname or alias.name, Function(alias.name))
        else:
            refuse(node, "import")

    def _assign(self, target: ast.expr, value: ast.expr) -> None:
        scope, remotes, recording = self._scope, self._remotes, self.recording
        if isinstance(target, ast.Attribute):
            owner = remotes.compute(target.value)
            name = Given(value=target.attr)
            arguments = (Given(register=owner.register), name, remotes.given(value))
            recording.completed(Remote(recording.emit("op", name="setattr", arguments=arguments)))
        elif scope.is_local(value):
            self._unpack(target, scope.value(value))
        elif isinstance(target, ast.Name):
            is_function = isinstance(value, ast.Name) and isinstance(scope.meaning(value.id), Function)
            if is_function and target.id in self._called_names:  # else it is what the solution's name stands for now
                scope.bind(target.id, scope.meaning(cast("ast.Name", value).id))
            else:
                computed = remotes.compute(value)
                recording.completed(computed)
                scope.bind(target.id, computed)
        elif isinstance(target, ast.Tuple) and all(isinstance(each, ast.Name) for each in target.elts):
            as_list = recording.operation("list", remotes.compute(value))
            size = recording.operation("len", as_list)
            self.questions.equals(size.register, len(target.elts), f"{ast.unparse(target)} = {ast.unparse(value)}")
            for position, each in enumerate(target.elts):
                item = recording.operation("getitem", as_list, Given(value=position))
                scope.bind(cast("ast.Name", each).id, item)
        else:
            refuse(target, "assignment")

    def _unpack(self, target: ast.expr, value: object) -> None:
        names: dict[str, object] = {}
        bind(names, target, value)
        for name, item in names.items():
            self._scope.bind(name, item)

    def _loop(self, node: ast.For) -> None:
        if not self._scope.is_local(node.iter):
            refuse(node.iter, "loop")
        for item in list(self._scope.evaluator.budget.iterate(self._scope.value(node.iter))):
            self._unpack(node.target, item)
            self._block(node.body)

    def _call(self, call: ast.Call) -> None:
        match call.func:
            case ast.Name(id="print") if self._scope.meaning("print") is None:
                self._print(call)
            case ast.Name(id=name) if isinstance(self._scope.names.get(name), Local):
                if call.keywords:
                    refuse(call, "keywords")
                self._called.add(name)
                local = cast("Local", self._scope.names[name])
                self._inline(local, [self._argument(each) for each in call.args])
            case ast.Attribute(value=ast.Name(id="pytest"), attr="raises") if len(call.args) >= 2:
                inner = ast.Call(func=call.args[1], args=call.args[2:], keywords=call.keywords)
                self.questions.raises([call.args[0]], inner, call, block=self.recording.readings)
            case ast.Attribute(value=ast.Name(id="self")):
                refuse(call, "unittest")
            case _:
                self.recording.completed(self._remotes.compute(call, is_used=False))

    def _print(self, call: ast.Call) -> None:
        """Compute what is printed, which may change what it is computed from, or raise."""
        for each in (*call.args, *(keyword.value for keyword in call.keywords)):
            if not self._scope.is_local(each):
                self.recording.completed(self._remotes.compute(each))

    def _inline(self, local: Local, values: list[object]) -> None:
        function = local.node
        parameters = function.args
        self._inlined.add(id(function))
        if len(parameters.args) != len(values) or parameters.vararg or parameters.kwarg or parameters.kwonlyargs:
            refuse(function, "signature")
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise Refused("process:recursion", function.name)
        with self._scope.inner(is_nested=local.is_nested):
            for parameter, value in zip(parameters.args, values, strict=True):
                self._scope.bind(parameter.arg, value)
            for node in function.body:
                if isinstance(node, ast.Return) and (node.value is None or isinstance(node.value, ast.Constant)):
                    break
                self._statement(node)
        self._depth -= 1

    def _argument(self, node: ast.expr) -> object:
        if isinstance(node, ast.Name):
            meaning = self._scope.meaning(node.id)
            if isinstance(meaning, Function | Remote):
                return meaning
        return self._scope.value(node) if self._scope.is_local(node) else self._remotes.compute(node)

    def _expected_exception(self, node: ast.Try) -> None:
        """``try: f(x)`` / ``assert False`` / ``except ValueError: pass``."""
        handlers = node.handlers
        body = [*node.body, *node.orelse]
        fails = len(body) > 1 and _is_failure(body[-1])
        if node.finalbody or not fails or len(handlers) != 1 or handlers[0].type is None:
            refuse(node, "try")
        if any(not isinstance(each, ast.Pass) and not _is_true(each) for each in handlers[0].body):
            refuse(node, "try")
        if not isinstance(body[-1], ast.Expr) and _catches_failures(handlers[0].type):
            refuse(node, "try")
        self._raising(handlers[0].type, body[:-1], node)

    def _raises_block(self, node: ast.With) -> None:
        """``with pytest.raises(ValueError): f(x)``."""
        match node.items:
            case [ast.withitem(context_expr=ast.Call(func=func, args=[kind], keywords=[]), optional_vars=None)]:
                if ast.unparse(func) not in ("pytest.raises", "self.assertRaises"):
                    refuse(node, "with")
            case _:
                refuse(node, "with")
        self._raising(kind, node.body, node)

    def _raising(self, kind: ast.expr, body: list[ast.stmt], node: ast.stmt) -> None:
        """Ask whether the last of these statements raises; one before it may be what does."""
        if not all(isinstance(each, ast.Expr | ast.Assign) for each in body):
            refuse(node, "raising")
        block, asked = self.recording.readings, len(self.questions.asked)
        *before, last = body
        self._block(before)
        if len(self.questions.asked) != asked:
            refuse(node, "raising")
        self.questions.raises([kind], cast("ast.Expr | ast.Assign", last).value, node, block=block)


def _is_failure(node: ast.stmt) -> bool:
    match node:
        case ast.Assert(test=ast.Constant(value=False)):
            return True
        case ast.Raise(exc=ast.Name(id=name) | ast.Call(func=ast.Name(id=name))):
            return name == "AssertionError"
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id="pytest" | "self"), attr="fail"))):
            return True
        case _:
            return False


def _catches_failures(kind: ast.expr) -> bool:
    """Whether a handler of this type catches an assertion that fails, too."""
    names = {each.id for each in ast.walk(kind) if isinstance(each, ast.Name)}
    return not names.isdisjoint(("AssertionError", "Exception", "BaseException"))


def _is_true(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assert) and isinstance(node.test, ast.Constant) and bool(node.test.value)
