"""Looks after a prompt's classes in the process of a solution, and says when they are not as they were.

A solution that changes the class of what it returns, or returns what equals everything, answers the comparison itself.
So the prompt's own statements are run by themselves, what they made is taken down before the solution's code has run
behind them, and it is held against that before each step that could be believed.
"""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN201, ANN202, ANN204, S102
# pyright: basic, reportOptionalMemberAccess=false
import ast
import builtins
import marshal
import types

import runner
import seal
from kept_caches import Caches
from kept_compared import Compared
from kept_judging import Judging
from kept_libraries import Libraries, loaded
from kept_making import Making, bound_by
from kept_names import codes_in, read_by, variables_by
from kept_runs import Runs
from kept_shapes import ClassShape, FunctionShape, is_same, shapes, vars_of
from kept_stores import Stores
from kept_tables import Tables
from kept_types import Types
from link_standing import is_capital

_NAMED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
CHANGED = b"C"
_FUTURES = 0x1FE0000  # flags of compile that ``from __future__`` sets
_OF_MODULES = frozenset(("__doc__", "__loader__", "__name__", "__package__", "__spec__"))
"""Which every module has, Python's built-in names too; the body of a class reads its module's name."""
OTHER, AFTER_CALL, BEHIND, LAST = range(4)
"""When a look is taken: before what comes after a call of the solution's code, behind a comparison, at the end."""
DENSE = (8, 256, 64, 1)  # looks at which all classes and libraries are looked at; later ever fewer: 0.3 to 0.8 ms each
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
        as_data: names of what the tests ask of objects and hold but against data of theirs, and whether that is
            never a number.

    Attributes:
        marks: those of what its tests in another process are answered, which tell of a doubt, if there are such.
        runs: of comparisons of its own.
        rest: has the collector rest from here on, since the prompt's code answers.
        work: has it work again, since the solution's own code may run.
    """

    def __init__(self, names, places, repeated, taken, modules, asked, functions, remade, added, as_data=()):
        self._as_data = dict(as_data)
        self._functions, self.marks, self.runs = frozenset(functions), [], Runs("", self.tell)
        self._remade, self._added = frozenset(remade), dict(added)
        self._names, self._places, self._repeated, self._asked = names, frozenset(places), frozenset(repeated), asked
        for name in modules:
            loaded(name)
        homes = [(loaded(home), name) for home, name in taken]
        self._taken = [
            (home, name, vars(home)[name]) for home, name in homes if home is not None and name in vars(home)
        ]
        self._shapes, self._values, self._builtins = {}, {}, {}
        self._codes, self._globals, self._stored = {}, set(), set()  # what the prompt's functions are, read and bind
        self._compared, self._defined, self._why = set(), set(), ""
        self._namespace, self._types, self.stores, self.compared = {}, None, Stores(), None
        self._libraries = self._tables = self.judging = self._caches = self._making = None
        self.rest, self.work = seal.compiled().quiet_rest, seal.compiled().quiet_work
        self._counts, self._nexts, self._is_told = [0] * len(DENSE), [1] * len(DENSE), False

    def pieces(self, source, whole, namespace):
        """The code of a solution, cut behind each of the prompt's definitions; all is compiled before any is run.

        Returns:
            What ``run`` takes.
        """
        filename = whole.co_filename
        tree = ast.parse(source, filename)
        body, parts = tree.body, [([], None, ())]
        for place, each in enumerate(body):
            if place in self._places:
                parts += [([each], each, self._added.get(place, ())), ([], None, ())]
            elif place not in self._repeated:
                parts[-1][0].append(each)
        found, flags = [], whole.co_flags & _FUTURES
        for tree.body, statement, added in parts:
            if tree.body:
                found.append((compile(tree, filename, "exec", dont_inherit=True, flags=flags), statement, added))
        self._namespace, self.runs = namespace, Runs(filename, self.tell)
        self._types = Types(namespace, self._asked, self.stores.wrote, self.runs.is_watched)
        self.compared = Compared(self._types, self.stores, self._compared, namespace)
        self.stores.is_own = self.compared.is_answers
        self.judging = Judging(self._types, self.stores, self.compared, namespace, self._as_data)
        self._tables = Tables(self.stores, self.compared)
        self._caches = Caches(self.compared, self._tables.changing, namespace)
        given = [statement for _, statement, _ in found if statement is not None]
        self._making = Making(namespace, given, self._names, self._taken, {self._asked, *self._functions})
        self._libraries = Libraries(namespace)
        self._libraries.read(body, [code for code, statement, _ in found if statement is not None])
        self._libraries.add_only(self._types.of_data())
        return found

    def run(self, pieces):
        """Run a solution's code, and take down what the prompt's definitions in it make."""
        for code, statement, added in pieces:
            if statement is None:
                self.runs.own(code)
                self._take_down_data()
                exec(code, self._namespace)
                continue
            self.stores.add(code, statement, added)
            self._tables.note(statement, added)
            is_changing = not isinstance(statement, _NAMED) or bool(statement.decorator_list)  # `@key.register`
            if is_changing or getattr(statement, "bases", ()):  # whose metaclass and `__init_subclass__` make it
                self._why = self._why or self._changed() or self._changed_library()
            self._why = self._why or self._making.before(statement, added)
            exec(code, self._namespace)
            self._why = self._why or self._making.after(statement, added)
            for name in bound_by(statement) & self._namespace.keys():
                self._caches.add(self._namespace[name])
            if is_changing:
                self._tables.renew()
                self._libraries.renew()
            if isinstance(statement, _NAMED):
                self._take_down(statement.name)
            else:
                self._take_anew(statement)
                self.runs.renew()
        self._take_down_data()
        read = self._globals - self._stored
        for name in read & {*self._names}:
            self._take_down_read(name)
        if name := self._making.strange(read):
            self._why = self._why or f"{name}, which the prompt's code reads, is another"

    def _take_down_data(self):
        """Take down the data that is there by now and that the comparisons read, or the classes have."""
        if self._shapes:
            given = {name: self._namespace[name] for name in self._names if name in self._namespace}
            kinds = [each.kind for each in self._shapes.values() if isinstance(each, ClassShape)]
            own = [each for each in kinds if vars_of(each).get("__module__") == self._namespace["__name__"]]
            self._libraries.add(self._tables.take(self._compared, own, given))

    def _take_anew(self, statement):
        """Take down once more what one of the prompt's own statements may have changed."""
        nodes = [each for each in ast.walk(statement) if isinstance(each, ast.Name)]
        for name in [each.id for each in nodes if isinstance(each.ctx, ast.Store)]:
            if isinstance(value := self._namespace.get(name), type):
                self._types.know(value)
            if name in self._values:
                self._values[name] = self._namespace.get(name)
            elif name in self._globals - self._stored or name in self._compared:
                self._take_down_read(name)
        for name in {each.id for each in nodes} & self._defined:
            if isinstance(value := self._namespace.get(name), type):
                self._types.forget(value)
            self._take_down(name)

    def _take_down(self, name):
        """Take down what one of the prompt's statements has just defined, and what it reads."""
        value = self._namespace.get(name)
        if isinstance(value, type):
            self._types.know(value)
            self.runs.know(value)
            if name in self._remade:
                self.compared.refuse(value)
        if name not in self._names:
            return
        self._defined.add(name)
        self._values[name] = value
        found = shapes(value)
        self._libraries.add([each.kind for each in found if isinstance(each, FunctionShape)])
        for shape in found:
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
            self._globals |= variables_by(each, "LOAD_GLOBAL", "LOAD_NAME")
            self._stored |= variables_by(each, "STORE_GLOBAL")

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
            self.compared.ask(value := self.found(name))
            if self.compared.is_asked(value):
                self.runs.ask(value, is_tested=name == self._asked)

    def look(self, when):
        """Say so, once, where something is not as it was.

        Args:
            when: one of ``OTHER``, ``AFTER_CALL``, ``BEHIND`` and ``LAST``.
        """
        if not self._is_told:
            self.tell(self._why or self._changed() or self._changed_elsewhere(when))

    def tell(self, why):
        """Say so, once, where there is something to say."""
        if why and not self._is_told:
            self._is_told = True
            for each in self.marks:
                each.doubt()
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
            come = [name for name in shape.come() & self._compared if not self.stores.stored(name, shape.kind)]
            what = shape.change()
            come += [
                one
                for one in shape.altered
                if self.stores.knows(one) and not self.stores.stores_by_name(one, shape.kind)
            ]
            if what := what or "".join(come[:1]):
                return f"{what} of {shape.kind.__name__} is another than it was"
        if what := self._tables.change():
            return f"what is in {what}, which the prompt's comparisons read, is another"
        return self.runs.come() or self._caches.change()

    def _changed_library(self):
        what = self._libraries.change()
        return f"{what}, which the prompt's code runs through, is another" if what else ""

    def _changed_elsewhere(self, when):
        self._counts[when] += 1
        count = self._counts[when]
        if count < self._nexts[when]:
            return ""
        self._nexts[when] = count + 1 if count < DENSE[when] else int(count * GROWTH) + 1
        if why := self._changed_library():
            return why
        name = self._types.stranger()
        return f"instances of {name} say themselves what they equal" if name else ""
