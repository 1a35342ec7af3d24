"""Says numpy's arrays and scalars as data: the type of their items, their shape and their bytes.

A scalar stays one of numpy's: ``np.int64(3)`` is no ``int``, and has a ``dtype``.
"""

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


def is_scalar(value) -> bool:
    """Whether a value is a number, a truth, a text or a time of numpy's."""
    numpy = sys.modules.get("numpy")
    return numpy is not None and isinstance(value, numpy.generic) and type(value) is value.dtype.type


def scalar_state(value):
    """What a scalar is made of again; None where it is no data."""
    return (value.dtype.str, value.tobytes()) if value.dtype.kind in _KINDS else None


def made_scalar(kind, data):
    """A scalar of numpy's.

    Raises:
        ValueError: the parts do not make one.
    """
    numpy = importlib.import_module("numpy")
    items = numpy.dtype(str(kind))
    if items.kind not in _KINDS:
        raise ValueError("a scalar that is no data")
    if not items.itemsize:
        return items.type()
    return numpy.frombuffer(bytes(data), items, 1)[0]


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
