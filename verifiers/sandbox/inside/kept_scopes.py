"""Reads a prompt's statements with whose names and attributes they are: a variable's, the module's, or a class's.

``self.scale[k] = v`` in one class says nothing of a table ``scale`` that the module has, nor of what another class has
under that name. So what is stored or changed is known by a key: ``scale`` of the module, ``Meter.scale`` of a class and
what is under it, ``.scale`` of an object whose class the source does not show, and ``path:scale`` of a function.
"""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN201, ANN202
# pyright: basic
import ast
from collections import namedtuple

from kept_shapes import bases_of

_FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
MAKING = frozenset(("__init__", "__new__", "__post_init__"))
AT_ONCE, MADE, CALLED = range(3)
"""When code is run: as the module is, as an object is made, when it is called."""

Place = namedtuple("Place", ("path", "kind", "owner", "is_body", "names", "when"))
"""Where a node stands: the qualified name there, that of the class, the variable that has its object (or itself),
whether that is the body of a class, the paths of functions by the names that are theirs, and when it is run."""
_MODULE = Place("", "", "", False, {}, AT_ONCE)


def placed(statement, left_out=()):
    """All nodes of a statement with their places, but for what is in methods of some names."""
    left, found = [(statement, _MODULE)], []
    while left:
        node, place = left.pop()
        found.append((node, place))
        if isinstance(node, ast.ClassDef):
            path = _under(place.path, node.name)
            within = Place(path, path, "", True, place.names, place.when)
            left += [(each, within) for each in node.body]
            left += [(each, place) for each in (*node.decorator_list, *node.bases, *node.keywords)]
        elif isinstance(node, _FUNCTION):
            name = getattr(node, "name", "<lambda>")
            if place.is_body and name in left_out:
                continue
            body = [node.body] if isinstance(node, ast.Lambda) else node.body
            left += [(each, _within(node, name, place)) for each in body]
            others = (*getattr(node, "decorator_list", ()), *node.args.defaults, *node.args.kw_defaults)
            left += [(each, place) for each in others if each is not None]
        else:
            left += [(each, place) for each in ast.iter_child_nodes(node)]
    return found


def _within(function, name, place):
    """The place of what is in a function."""
    given = function.args
    first = next((each.arg for each in (*given.posonlyargs, *given.args)), "")
    path = f"{_under(place.path, name)}.<locals>"
    bound = {each.arg for each in ast.walk(given) if isinstance(each, ast.arg)}
    others = set()
    for each in ast.walk(function):
        if isinstance(each, ast.Name) and not isinstance(each.ctx, ast.Load):
            bound.add(each.id)
        elif isinstance(each, ast.Global):
            others.update(each.names)
    bound -= others
    if place.is_body:
        kind, owner = place.kind, first
    else:
        kind, owner = (place.kind, place.owner) if place.owner not in bound else ("", "")
    names = {**{each: of for each, of in place.names.items() if each not in others}, **dict.fromkeys(bound, path)}
    return Place(path, kind, owner, False, names, MADE if name in MAKING else CALLED)


def key(node, place, classes):
    """Whose a name or an attribute is.

    Args:
        node: the ``ast.Name`` or ``ast.Attribute``.
        place: where it stands.
        classes: names of the module's classes.
    """
    if isinstance(node, ast.Name):
        if place.is_body and not isinstance(node.ctx, ast.Load):
            return f"{place.kind}.{node.id}"
        return f"{place.names[node.id]}:{node.id}" if node.id in place.names else node.id
    match node.value:
        case ast.Name(id=name) if name == place.owner:
            return f"{place.kind}.{node.attr}"
        case ast.Attribute(value=ast.Name(id=name), attr="__class__") if name == place.owner:
            return f"{place.kind}.{node.attr}"
        case ast.Call(func=ast.Name(id="type"), args=[ast.Name(id=name)]) if name == place.owner:
            return f"{place.kind}.{node.attr}"
        case ast.Name(id=name) if name in classes and name not in place.names:
            return f"{name}.{node.attr}"
        case _:
            return f".{node.attr}"


def keys_of(name, kinds):
    """The keys of what some classes, and objects of theirs, have under a name."""
    return {f"{type.__dict__['__qualname__'].__get__(each)}.{name}" for each in kinds}


def related(kind, kinds):
    """A class, its bases, and those of some classes that are under it."""
    return [*bases_of(kind), *(each for each in kinds if kind in bases_of(each))]


def _under(path, name):
    return f"{path}.{name}" if path else name
