"""Notes the functions of the tests, which of them ask something, and where: all that their tree is rewritten by.

To be sure that none was left out, whoever runs the tests must know what there is (``tests_asked.py``). Every program
that is judged so pays for it, so it is one walk, by hand: ``ast.NodeTransformer`` took six times as long as parsing.
"""

# Stands alone in the container and deals in trees of any kind: tests check it more than types do.
# ruff: noqa: ANN001, ANN002, ANN201, ANN202, ANN204
# pyright: basic, reportAttributeAccessIssue=false, reportArgumentType=false
import ast

_FAILURES = frozenset(("AssertionError", "Exception", "SystemExit"))
_LEAVES = frozenset((ast.Constant, ast.Pass, ast.Break, ast.Continue, ast.Global, ast.Nonlocal, ast.Import))
_WITHOUT_NODES = frozenset(
    "arg asname attr cls conversion ctx id is_async kind level module name names op ops pattern rest simple type_comment".split()  # noqa: E501, SIM905 - patterns have nodes, in which nothing can be called
)


class Function:
    """A function of the tests, or the module, which is the first of them.

    Attributes:
        node: its node, None of the module.
        name: "" of the module; of no lambda is it a name that could be read.
        path: names of the classes and functions that it is in, and its own, with dots.
        line: where it begins, its decorators included.
        parent: the position of the function that it is in.
        asserts: whether it asks something itself, and not only functions in it.
        reads: names that it reads, as variables or attributes.
    """

    __slots__ = ("asserts", "line", "name", "node", "parent", "path", "reads")

    def __init__(self, node, name, path, line, parent):
        self.node, self.name, self.path, self.line, self.parent = node, name, path, line, parent
        self.asserts = False
        self.reads = set()


class Outline:
    """What is in a tree.

    Args:
        tree: the tests, parsed.

    Attributes:
        functions: the module, and all functions and lambdas in it.
        blocks: lists of statements in which functions are defined.
        statements: those that are to say something, in the order in which they end.
        tries: identities of those among them where the tests fail unless there is an exception.
        reads: by name or attribute, where it is read: the node that it is in, the field, and where in that or None.
        lambdas: where there are some, and their positions among the functions.
        judges: names under which the tests import what asserts.
    """

    def __init__(self, tree):
        self.functions = [Function(None, "", "", 0, 0)]
        self.blocks = []
        self.statements = []
        self.tries = set()
        self.reads = {}
        self.lambdas = []
        self.judges = set()
        self._owner = 0
        self._path = ()
        self._walk(tree)

    def _walk(self, node):
        """Walk what is in a node, but for patterns."""
        for field in _fields(type(node)):
            value = getattr(node, field, None)
            if value.__class__ is list:
                if field in ("body", "orelse", "finalbody", "handlers"):
                    self._block(value)
                else:
                    for position, each in enumerate(value):
                        if each is not None:
                            self._visit(each, node, field, position)
            elif value is not None:
                self._visit(value, node, field, None)

    def _block(self, statements):
        has_functions = False
        for position, each in enumerate(statements):
            has_functions = has_functions or each.__class__ in (ast.FunctionDef, ast.AsyncFunctionDef)
            self._visit(each, statements, "", position)
        if has_functions:
            self.blocks.append(statements)

    def _visit(self, node, parent, field, position):
        kind = node.__class__
        if kind is ast.Name:
            if node.ctx.__class__ is ast.Load:
                self._read(node.id, parent, field, position)
        elif kind is ast.Attribute:
            if node.ctx.__class__ is ast.Load:
                self._read(node.attr, parent, field, position)
            self._walk(node)
        elif kind in _VISITS:
            _VISITS[kind](self, node, parent, field, position)
        elif kind not in _LEAVES:
            self._walk(node)

    def _read(self, name, parent, field, position):
        function = self.functions[self._owner]
        function.reads.add(name)
        if name.startswith("assert") or name == "raises" or name in self.judges:
            function.asserts = True
        self.reads.setdefault(name, []).append((parent, field, position))

    def _function(self, node, *_):
        """A function; its decorators and defaults belong to what it is in."""
        for position, each in enumerate(node.decorator_list):
            self._visit(each, node, "decorator_list", position)
        self._walk(node.args)
        if node.returns is not None:
            self._visit(node.returns, node, "returns", None)
        self._enter(node, node.name, min([node.lineno, *(each.lineno for each in node.decorator_list)]))

    def _lambda(self, node, *place):
        """A lambda, under a name of its own, which what it is in reads by making it."""
        name = f"<lambda in line {node.lineno}, {node.col_offset}>"
        self.functions[self._owner].reads.add(name)
        self._walk(node.args)
        self.lambdas.append((place, len(self.functions)))
        self._enter(node, name, node.lineno)

    def _enter(self, node, name, line):
        owner, path = self._owner, self._path
        self._path = (*path, name)
        self._owner = len(self.functions)
        self.functions.append(Function(node, name, ".".join(self._path), line, owner))
        if node.__class__ is ast.Lambda:
            self._visit(node.body, node, "body", None)
        else:
            self._block(node.body)
        self._owner, self._path = owner, path

    def _class(self, node, *_):
        path, self._path = self._path, (*self._path, node.name)
        self._walk(node)
        self._path = path

    def _import(self, node, *_):
        self.judges |= {each.asname for each in node.names if each.asname and each.name.startswith("assert")}

    def _assert(self, node, *_):
        """An assertion, which asks something unless it can only fail or only hold."""
        if node.test.__class__ is not ast.Constant:
            self.functions[self._owner].asserts = True
        self._statement(node)

    def _if(self, node, *_):
        """A condition, which is an assertion where something fails under it."""
        if any(map(fails, node.body)) or any(map(fails, node.orelse)):
            self.functions[self._owner].asserts = True
        self._statement(node)

    def _try(self, node, block, _, position):
        """Statements that may raise, and others after them that fail unless these do: in the block, or after it."""
        if any(map(may_fail, (*node.body, *node.orelse, *block[position + 1 :]))):
            self.tries.add(id(node))
        self._statement(node)

    def _statement(self, node, *_):
        self._walk(node)
        self.statements.append(node)


_VISITS = {
    ast.FunctionDef: Outline._function,
    ast.AsyncFunctionDef: Outline._function,
    ast.Lambda: Outline._lambda,
    ast.ClassDef: Outline._class,
    ast.ImportFrom: Outline._import,
    ast.Assert: Outline._assert,
    ast.If: Outline._if,
    ast.Raise: Outline._statement,
    ast.Try: Outline._try,
    ast.TryStar: Outline._try,
}
_KNOWN = {}


def _fields(kind):
    """The fields of a kind of nodes in which there may be others."""
    if kind not in _KNOWN:
        _KNOWN[kind] = tuple(field for field in kind._fields if field not in _WITHOUT_NODES)
    return _KNOWN[kind]


def may_fail(statement):
    """The same, or to raise what may be meant so."""
    return statement.__class__ is ast.Raise or fails(statement)


def fails(statement):
    """Whether a statement is there to fail a test."""
    kind = statement.__class__
    if kind is ast.Assert:
        return statement.test.__class__ is ast.Constant and not statement.test.value
    if kind is ast.Raise:
        raised = statement.exc.func if statement.exc.__class__ is ast.Call else statement.exc
        return raised.__class__ is ast.Name and raised.id in _FAILURES
    if kind is ast.Expr and statement.value.__class__ is ast.Call:
        called = statement.value.func
        return getattr(called, "attr", getattr(called, "id", "")) in ("fail", "exit")
    return False
