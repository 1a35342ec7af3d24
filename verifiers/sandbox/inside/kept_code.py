"""Looks after a prompt's classes in the process of a solution, and says when they are not as they were.

A solution that changes the class of what it returns, or returns what equals everything, answers the comparison itself.
So the prompt's own statements are run by themselves, what they made is taken down before the solution's code has run
behind them, and it is held against that before each step that could be believed.
"""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN201, ANN202, ANN204, BLE001
# pyright: basic, reportOptionalMemberAccess=false
import ast
import builtins
import dis
import importlib
import marshal
import types

import runner
from kept_compared import Compared
from kept_judging import Judging
from kept_names import codes_in, read_by
from kept_shapes import FunctionShape, is_same, shapes
from kept_stores import Stores
from kept_types import Types
from link_standing import is_capital

_NAMED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
CHANGED = b"C"
_FUTURES = 0x1FE0000  # flags of compile that ``from __future__`` sets
_OF_MODULES = frozenset(("__doc__", "__loader__", "__name__", "__package__", "__spec__"))
"""Which every module has, Python's built-in names too; the body of a class reads its module's name."""
OTHER, AFTER_CALL, BEHIND, LAST = range(4)
"""When a look is taken: before what comes after a call of the solution's code, behind a comparison, at the end."""
DENSE = (8, 256, 64, 1)  # looks at which every class is looked at; later ever fewer, since that takes some 0.3 ms
GROWTH = 1.25


class Kept:
    """The classes and functions of a prompt within a solution.

    Args:
        names: that have to stand for what the prompt made of them.
        places: positions of the prompt's definitions in the source, and of what else of it may change what it made.
        repeated: positions of statements that say the same again, and are left out.
        taken: what they use of modules, by module and name.
        modules: that the solution imports in any case: their classes are there before it is.
        asked: its entry point, where that is to be a class.
        functions: names that the prompt has as functions.
        remade: names of classes that the solution has anew, but for how they compare as the prompt has them.
        added: by position of a class, names of what it has that the prompt's has not.
    """

    def __init__(self, names, places, repeated, taken, modules, asked, functions, remade, added):
        self._functions, self._remade = frozenset(functions), frozenset(remade)
        self._added = dict(added)
        self._names, self._places, self._repeated, self._asked = names, frozenset(places), frozenset(repeated), asked
        for name in modules:
            _loaded(name)
        homes = [(_loaded(home), name) for home, name in taken]
        self._taken = [
            (home, name, vars(home)[name]) for home, name in homes if home is not None and name in vars(home)
        ]
        self._shapes, self._values, self._builtins = {}, {}, {}
        self._codes, self._globals, self._stored = {}, set(), set()  # what the prompt's functions are, read and bind
        self._compared, self._defined, self._why = set(), set(), ""
        self._namespace, self._types, self.stores, self.compared = {}, None, Stores(), None
        self.judging = None
        self._counts, self._nexts, self._is_told = [0] * len(DENSE), [1] * len(DENSE), False

    def pieces(self, source, whole, namespace):
        """The code of a solution, cut behind each of the prompt's definitions; all is compiled before any is run."""
        filename = whole.co_filename
        tree = ast.parse(source, filename)
        parts = [([], None, ())]
        for place, each in enumerate(tree.body):
            if place in self._places:
                parts += [([each], each, self._added.get(place, ())), ([], None, ())]
            elif place not in self._repeated:
                parts[-1][0].append(each)
        found, flags = [], whole.co_flags & _FUTURES
        for tree.body, statement, added in parts:
            if tree.body:
                found.append((compile(tree, filename, "exec", dont_inherit=True, flags=flags), statement, added))
        self._namespace, self._types = namespace, Types(namespace, self._asked, self.stores.wrote)
        self.compared = Compared(self._types, self.stores, self._compared, namespace)
        self.judging = Judging(self._types, self.stores, self.compared, namespace)
        return self._run_through(found)

    def _run_through(self, found):
        for code, statement, added in found:
            if statement is not None:
                self.stores.add(code, added)
            if statement is None or isinstance(statement, _NAMED):
                yield code
                if statement is not None:
                    self._take_down(statement.name)
            else:
                self._why = self._why or self._changed()
                yield code
                self._take_anew(statement)

    def _take_anew(self, statement):
        """Take down once more what one of the prompt's own statements may have changed."""
        nodes = [each for each in ast.walk(statement) if isinstance(each, ast.Name)]
        for name in [each.id for each in nodes if isinstance(each.ctx, ast.Store)]:
            if isinstance(value := self._namespace.get(name), type):
                self._types.know(value)
            if name in self._values:
                self._values[name] = self._namespace.get(name)
        for name in {each.id for each in nodes} & self._defined:
            if isinstance(value := self._namespace.get(name), type):
                self._types.forget(value)
            self._take_down(name)

    def _take_down(self, name):
        """Take down what one of the prompt's statements has just defined, and what it reads."""
        value = self._namespace.get(name)
        if isinstance(value, type):
            self._types.know(value)
            if name in self._remade:
                self.compared.refuse(value)
        if name not in self._names:
            return
        self._defined.add(name)
        self._values[name] = value
        for shape in shapes(value):
            self._shapes[id(shape.kind)] = shape
            self._compared |= shape.reads
            if isinstance(shape, FunctionShape) and shape.kind.__globals__ is self._namespace:
                self._read(shape.kind.__code__)
        left = [*self._compared]
        while left:  # also what a function reads that a comparison calls
            other = self._namespace.get(left.pop())
            if type(other) is types.FunctionType:
                more = read_by(other.__code__) - self._compared
                self._compared |= more
                left += more
        for each in {each for code in self._codes.values() for each in code.co_names}:
            self._take_down_read(each)
        for each in self._names:
            self._types.own(self._namespace.get(each))
        for each in self._stored - self._compared:  # which its own functions bind anew
            if not isinstance(self._values.get(each), type):
                self._values.pop(each, None)

    def _read(self, code):
        """Note which variables of the module one of the prompt's functions reads and binds."""
        for each in codes_in(code):
            if id(each) in self._codes:
                continue
            self._codes[id(each)] = each
            for step in dis.get_instructions(each):
                if step.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
                    self._globals.add(step.argval)
                elif step.opname == "STORE_GLOBAL":
                    self._stored.add(step.argval)

    def _take_down_read(self, name):
        """Take down what one name stands for that the prompt's functions read: what can be called, and modules."""
        if name not in self._names:
            if name in vars(builtins) and name not in _OF_MODULES:  # and shall be what Python has under it
                self._builtins[name] = vars(builtins)[name]
        elif name in self._namespace:
            value = self._namespace[name]
            if callable(value) or type(value) is types.ModuleType or name in self._compared:
                self._values.setdefault(name, value)

    def is_original(self, function):
        """Whether what is called is the prompt's own."""
        if type(function) is types.MethodType:
            function = function.__func__
        return id(function) in self._shapes

    def found(self, name):
        """What the solution has under a name; None where it has nothing."""
        return self._namespace.get(name)

    def ask(self, name):
        """Note that the tests have something by its name: where that is a class of the answer's, it is under test."""
        if name == self._asked or (is_capital(name) and name not in self._functions):
            self.compared.ask(self.found(name))

    def look(self, when):
        """Say so, once, where something is not as it was.

        Args:
            when: one of ``OTHER``, ``AFTER_CALL``, ``BEHIND`` and ``LAST``.
        """
        if not self._is_told:
            self.tell(self._why or self._changed() or self._stranger(when))

    def tell(self, why):
        """Say so, once, where there is something to say."""
        if why and not self._is_told:
            self._is_told = True
            runner.send(CHANGED, marshal.dumps(why[: runner.MAX_MESSAGE], runner.FORMAT))

    def _changed(self):
        own = self._namespace
        for name, value in self._values.items():
            if not is_same(own.get(name), value):
                return f"{name} is another than the prompt's"
        for name, value in self._builtins.items():
            if vars(builtins).get(name) is not value or (name in own and name in self._globals):
                return f"{name}, which the prompt's code reads, is another"
        for home, name, value in self._taken:
            if vars(home).get(name) is not value:
                return f"{name} of {home.__name__}, which the prompt's code reads, is another"
        for shape in self._shapes.values():
            come = [name for name in shape.come() & self._compared if not self.stores.stored(name)]
            if what := shape.change() or "".join(come[:1]):
                return f"{what} of {shape.kind.__name__} is another than it was"
        return ""

    def _stranger(self, when):
        self._counts[when] += 1
        count = self._counts[when]
        if count < self._nexts[when]:
            return ""
        self._nexts[when] = count + 1 if count < DENSE[when] else int(count * GROWTH) + 1
        name = self._types.stranger()
        return f"instances of {name} say themselves what they equal" if name else ""


def _loaded(name):
    try:
        return importlib.import_module(name)
    except BaseException:  # which the solution will meet itself
        return None
