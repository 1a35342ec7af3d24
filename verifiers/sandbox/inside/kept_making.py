"""Says whether what a prompt's definitions are made of, as they are made, is what the prompt says.

``@dataclass`` and ``field()`` are read once, as the class is made: an answer that has something of its own under such
a name makes another class of the very same text. So does one to which ``ClassVar`` is known by another name.
"""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN201, ANN202, ANN204
# pyright: basic, reportAttributeAccessIssue=false
import ast
import builtins
import dataclasses
import sys
import types

from kept_shapes import bases_of, is_same, vars_of

_FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)
_DEFINING = (*_FUNCTION, ast.ClassDef)
_BUILTINS = dict(vars(builtins))
_ABSENT = object()
_ALWAYS = ("__build_class__",)
_OF_MODULES = frozenset(("__doc__", "__file__", "__name__", "__qualname__"))
_KINDS = {"ClassVar": dataclasses._FIELD_CLASSVAR, "InitVar": dataclasses._FIELD_INITVAR}
"""By what an annotation says, what ``dataclass`` takes a field for; where it says neither, instances have it."""
_VARIABLES = ("ParamSpec", "TypeVar", "TypeVarTuple")
"""Of ``typing``: what is of such a kind says nothing of values."""


class Making:
    """What the prompt's statements read as they are run.

    Args:
        namespace: the solution's, in which nothing was run yet.
        statements: all of the prompt's that will be.
        names: that have to stand for what the prompt made of them.
        taken: what these use of modules, as module, name and value.
        left: names of what the answer is to write.
    """

    def __init__(self, namespace, statements, names, taken, left):
        self._namespace, self._names, self._left = namespace, names, left
        self._taken, self._uses, self._made = {}, taken, {}
        for _, name, value in taken:
            self._taken.setdefault(name, []).append(value)
        held = vars(sys.modules["typing"]) if "typing" in sys.modules else {}
        self._variables = [held[name] for name in _VARIABLES if name in held]
        read = {each.id for one in statements for each in ast.walk(one) if isinstance(each, ast.Name)}
        spaces = [vars(each) for each in [*sys.modules.values()] if type(each) is types.ModuleType] if read else ()
        self._known = {name: [each[name] for each in spaces if name in each] for name in read}

    def before(self, statement, added):
        """Why what a statement is about to read is not the prompt's; else "".

        Args:
            statement: one of the prompt's.
            added: names of what a class has that the prompt's has not.
        """
        if isinstance(statement, _DEFINING) and statement.name not in self._names:
            return ""
        read = read_at_once(statement, added)
        others = [name for name in sorted({*read, *_ALWAYS}) if not self._is_its(name)]
        others += [name for home, name, value in self._uses if vars(home).get(name) is not value]
        return f"{others[0]}, of which something of the prompt's is made, is another" if others else ""

    def strange(self, names):
        """The first name that functions of the prompt read and that stands for what is not its; else ""."""
        others = names & self._namespace.keys() - self._made.keys()
        return next((each for each in sorted(others) if not self._is_its(each)), "")

    def after(self, statement, added):
        """Why what a statement has made is another than it says; else ""."""
        for name in bound_by(statement):
            self._made[name] = self._namespace.get(name, _ABSENT)
        kind = self._namespace.get(statement.name) if isinstance(statement, ast.ClassDef) else None
        if not isinstance(kind, type) or statement.name not in self._names:
            return ""
        others = [vars_of(each) for each in bases_of(kind)[1:]]
        if any(name[:2] != "__" and any(name in each for each in others) for name in added):
            return f"a method of {statement.name} is another"
        return _changed_fields(kind, statement)

    def _is_its(self, name):
        """Whether a name stands for what the prompt or Python has under it, or for what the answer is to write."""
        value = self._namespace.get(name, _ABSENT)
        if value is _ABSENT or name in _OF_MODULES:
            return vars(builtins).get(name) is _BUILTINS.get(name)
        if name in self._left and name not in self._names:
            return True
        if name in self._made:
            return is_same(value, self._made[name])
        if name in self._taken:
            return any(value is each for each in self._taken[name])
        if any(type(value) is each for each in self._variables):
            return True
        found = [*self._known.get(name, ()), *(home for home, _, _ in self._uses)]
        if name in self._names:  # also under another name than its module has for it
            found += [each for one in self._taken.values() for each in one]
        is_left = name not in self._names and name not in _BUILTINS and not self._known.get(name)
        return is_left or any(value is each for each in found) or sys.modules.get(name) is value


def read_at_once(statement, left_out=()):
    """Names of a module that a statement reads as it is run, but for annotations and methods of some names."""
    found, own, left = set(), set(), [statement]
    while left:
        node = left.pop()
        if isinstance(node, (*_FUNCTION, ast.Lambda)):
            given = node.args
            left += [*getattr(node, "decorator_list", ()), *given.defaults, *filter(None, given.kw_defaults)]
        elif isinstance(node, ast.ClassDef):
            own |= {name for each in node.body for name in bound_by(each)}
            left += [*node.decorator_list, *node.bases, *(each.value for each in node.keywords)]
            left += [each for each in node.body if not (isinstance(each, _FUNCTION) and each.name in left_out)]
        elif isinstance(node, ast.AnnAssign):
            left += [node.target, *filter(None, [node.value])]
        elif isinstance(node, ast.Name):
            (found if isinstance(node.ctx, ast.Load) else own).add(node.id)
        else:
            left += ast.iter_child_nodes(node)
    return found - own


def bound_by(statement):
    """Names that a statement binds where it stands."""
    if isinstance(statement, _DEFINING):
        return {statement.name}
    nodes = [*ast.walk(statement)]
    found = {each.id for each in nodes if isinstance(each, ast.Name) and not isinstance(each.ctx, ast.Load)}
    found |= {each.name for each in nodes if isinstance(each, _DEFINING)}
    return found | {(each.asname or each.name).partition(".")[0] for each in nodes if isinstance(each, ast.alias)}


def _changed_fields(kind, statement):
    """The field that ``dataclass`` took for something else than its annotation says, told as a reason; else ""."""
    fields = vars_of(kind).get("__dataclass_fields__")
    if type(fields) is not dict or not statement.decorator_list:
        return ""
    is_named_only = "kw_only" in (source := ast.unparse(statement)) or "KW_ONLY" in source
    for each in statement.body:
        if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name):
            said, field = ast.unparse(each.annotation), fields.get(each.target.id)
            if "KW_ONLY" in said:
                continue
            expected = next((one for word, one in _KINDS.items() if word in said), dataclasses._FIELD)
            if type(field) is not dataclasses.Field or field._field_type is not expected:
                return f"{each.target.id} of {statement.name} is no field as it says"
            if field.kw_only is True and not is_named_only:
                return f"{each.target.id} of {statement.name} is given by its name"
    return ""
