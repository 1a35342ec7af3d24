"""Says numpy's arrays as data: the type of their items, their shape and their bytes."""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN201
# pyright: basic
import importlib
import sys

_KINDS = frozenset("biufcSUmM")  # of items that are data: no objects, no records


def is_array(value) -> bool:
    """Whether a value is an array of numpy's, and of none of its subclasses."""
    numpy = sys.modules.get("numpy")
    return numpy is not None and type(value) is getattr(numpy, "ndarray", None)


def is_data(value) -> bool:
    """Whether a value is an array of numpy's whose items are data."""
    return is_array(value) and value.dtype.kind in _KINDS


def state(array):
    """What an array is made of again; None where its items are no data."""
    return (array.dtype.str, array.shape, array.tobytes()) if array.dtype.kind in _KINDS else None


def made(found):
    """An array of its own memory.

    Raises:
        ValueError: the parts do not make an array of data.
    """
    numpy = importlib.import_module("numpy")
    kind, shape, data = found
    items = numpy.dtype(str(kind))
    if items.kind not in _KINDS:
        raise ValueError("an array whose items are no data")
    return numpy.frombuffer(bytes(data), items).reshape(tuple(shape)).copy()


def replace(target, value):
    """Change an array in place to what its copy became; nothing where they are no arrays of one shape."""
    if is_array(target) and is_array(value) and target.shape == value.shape:
        target[...] = value
