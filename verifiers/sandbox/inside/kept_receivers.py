"""Knows of whom a prompt's code calls methods that data has, too: ``self.repo.get(key)``, of a ``Repository``.

What bears the name of a class is no data, and who writes that class's ``get`` was to write it. ``self.cells.get`` says
nothing of the kind. And what is called as a statement of its own, ``each.update(value)``, judges nothing.
"""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN201, ANN202
# pyright: basic
import ast
import re

_WORDS = re.compile("[A-Z][a-z0-9]*")
_LEAST = 3  # letters by which a name is short for a class's: `repo`
_ENDINGS = ("Base", "Interface")
_GIVING_NONE = frozenset(
    ("add", "append", "appendleft", "clear", "discard", "extend", "extendleft", "reverse", "update")
)
"""Methods of data which give nothing, and of which none raises since something is not there."""


class Receivers:
    """Of whom each method is called, as the statements show."""

    def __init__(self) -> None:
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
        return name not in self._said and all(
            each is not None and (each == ("", path) or _is_short(each[0], path.rpartition(".")[2])) for each in own
        )


def _bearing(owner, place):
    """The name of what a method is called of; with none the class whose own object it is."""
    match owner:
        case ast.Name(id="self") if place.owner == "self":
            return "", place.kind
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name, ""
        case _:
            return None


def _is_short(name, kind):
    """Whether a variable bears a class's name, or its last word in short: ``repo`` of a ``UserRepository``."""
    said = name.replace("_", "").lower()
    for each in _ENDINGS:
        kind = kind.removesuffix(each) or kind
    words = _WORDS.findall(kind)
    last = name.lower().strip("_").rpartition("_")[2]
    return said == kind.lower() or (len(last) >= _LEAST and bool(words) and words[-1].lower().startswith(last))
