"""Knows of whom a prompt's code calls methods that data has, too: ``self.repo.get(key)``, of a ``Repository``.

What bears the name of a class is no data, and who writes that class's ``get`` was to write it. ``self.cells.get`` says
nothing of the kind, nor ``self.data.get`` of a ``Database``, or ``self.cache.get`` where that is a dictionary. And what
is called as a statement of its own, ``each.update(value)``, judges nothing.
"""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN201, ANN202
# pyright: basic
import ast
import re

_WORDS = re.compile("[A-Z][a-z0-9]*")
_LEAST = 3  # letters by which a name is short for a class's: `repo`
_USUAL = frozenset(  # names of data, which are short for no class
    "arr char chars col cols dic dict ent int item items key keys list log logs map mem num nums opt opts param params "  # noqa: SIM905
    "pos que rec recs res result row rows seq set sta str tab text tup val vals value values data".split()
)
_KINDS = frozenset(  # written as types, or called
    "array bytearray bytes ChainMap Collection Counter Deque DefaultDict Dict FrozenSet Iterable List Mapping "  # noqa: SIM905
    "MutableMapping MutableSequence MutableSet OrderedDict Sequence Set Text Tuple bool complex defaultdict deque dict "
    "float frozenset int list range set sorted str tuple".split()
)
_DISPLAYS = (
    ast.Dict, ast.DictComp, ast.JoinedStr, ast.List, ast.ListComp, ast.Set, ast.SetComp, ast.Tuple, ast.GeneratorExp
)  # fmt: skip
_ENDINGS = ("Base", "Interface")
_GIVING_NONE = frozenset(
    ("add", "append", "appendleft", "clear", "discard", "extend", "extendleft", "reverse", "update")
)
"""Methods of data which give nothing, and of which none raises since something is not there."""


class Receivers:
    """Of whom each method is called, as the statements show."""

    def __init__(self) -> None:
        self._data = set()  # names of what is data, as it is made or said to be
        self._same = []  # pairs of names of which the first stands for what the second does
        self._of = {}  # by names of attributes: what bears which name, in which class; None for anything else
        self._used, self._said = set(), set()  # names of what is read of methods, and texts
        self._statements = {}  # by ids: nodes, which live on so that no other has the id

    def add(self, node, place):
        """Note a node of the prompt's, which comes behind what stands around it; ``place`` as of ``kept_scopes``."""
        match node:
            case ast.Expr(value=ast.Call(func=ast.Attribute() as called)):
                self._statements[id(called)] = called
            case ast.Attribute(value=owner, attr=name):
                if id(node) not in self._statements:
                    self._used.add(name)
                self._of.setdefault(name, set()).add(_bearing(owner, place))
            case ast.Constant(value=str(text)):
                self._said.add(text)
            case ast.Assign(targets=targets, value=value) if _is_data(value):
                self._data.update(map(_named, targets))
            case ast.Assign(targets=targets, value=ast.Name() | ast.Attribute() as value):
                self._same += [(_named(each), _named(value)) for each in targets]
            case ast.AnnAssign(target=target, annotation=said, value=value) if _is_kind(said) or _is_data(value):
                self._data.add(_named(target))
            case ast.FunctionDef(args=given) | ast.AsyncFunctionDef(args=given):
                of_data = (each for each in ast.walk(given) if isinstance(each, ast.arg) and _is_kind(each.annotation))
                self._data.update(each.arg for each in of_data)
            case ast.MatchClass(kwd_attrs=names):
                self._said.update(names)
            case _:
                pass

    def drop(self, name):
        """Whether nobody reads what methods of a name give, and no data's raises."""
        return name in _GIVING_NONE and name in self._of and name not in self._used and name not in self._said

    def are_of(self, name, path):
        """Whether methods of a name are called but of what bears a class's name, or in it of its own object.

        Args:
            name: of the methods.
            path: the qualified name of the class.
        """
        own = self._of.get(name, {None})
        kind, data = path.rpartition(".")[2], self._all_data()
        return name not in self._said and all(
            each is not None and (each == ("", path) or (each[0] not in data and _is_short(each[0], kind)))
            for each in own
        )

    def _all_data(self):
        """Names of data, also of what stands for such."""
        before = -1
        while before < len(self._data):
            before = len(self._data)
            self._data.update(name for name, other in self._same if other in self._data)
        return self._data


def _bearing(owner, place):
    """The name of what a method is called of; with none the class whose own object it is."""
    match owner:
        case ast.Name(id="self") if place.owner == "self":
            return "", place.kind
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name, ""
        case _:
            return None


def _named(target):
    return getattr(target, "attr", getattr(target, "id", ""))


def _is_data(value):
    """Whether a value is data, as it is written."""
    match value:
        case ast.Constant(value=what):
            return what is not None
        case ast.Call(func=made):
            return _is_kind(made)
        case _:
            return isinstance(value, _DISPLAYS)


def _is_kind(node):
    """Whether a type, as it is written, is one of data: ``dict[str, int]``, ``"list[int] | None"``."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name in _KINDS
        case ast.Constant(value=str(text)):
            return not _KINDS.isdisjoint(re.findall(r"\w+", text))
        case ast.Subscript(value=ast.Name(id="Optional" | "Final" | "ClassVar"), slice=inner):
            return _is_kind(inner)
        case ast.Subscript(value=kind):
            return _is_kind(kind)
        case ast.BinOp(left=one, right=other):
            return _is_kind(one) or _is_kind(other)
        case _:
            return False


def _is_short(name, kind):
    """Whether a variable bears a class's name, or its last word in short: ``repo`` of a ``UserRepository``."""
    said = name.replace("_", "").lower()
    for each in _ENDINGS:
        kind = kind.removesuffix(each) or kind
    words = _WORDS.findall(kind)
    last = name.lower().strip("_").rpartition("_")[2]
    is_begun = len(last) >= _LEAST and last not in _USUAL and bool(words) and words[-1].lower().startswith(last)
    return is_begun or said == kind.lower()
