"""What a decorator of the solution may know of a function or a class of the tests: what ``functools.wraps`` copies.

Annotations and defaults are copies, so that nothing changes how the tests' own functions act. Attributes that the tests
gave a function are theirs, and a class's are its methods: of these nothing is told, and nearly all decorators do
without them. One that does not is right in one process with the tests, where its failure is looked at again.
"""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# pyright: basic
import types

_TOLD = frozenset(("__annotations__", "__defaults__", "__kwdefaults__", "__type_params__"))
_TOLD_OF_CLASSES = frozenset(("__annotations__", "__type_params__"))
_ABSENT = frozenset((
    "__dict__", "__wrapped__", "__isabstractmethod__", "__text_signature__", "__no_type_check__", "__globals__",
))  # fmt: skip
ASKED = _TOLD | _ABSENT


def told(owner: types.FunctionType | types.MethodType | type, name: str) -> object:
    """One of these attributes, as a copy.

    Raises:
        AttributeError: where there is none, or it is not told.
    """
    function = owner.__func__ if isinstance(owner, types.MethodType) else owner
    held = vars(function) if isinstance(function, (types.FunctionType, type)) else {}
    if isinstance(function, types.FunctionType) and name in _TOLD and name not in held:
        found = getattr(function, name, None)
    elif isinstance(function, types.FunctionType) and name == "__dict__" and not held:
        found = {}
    elif isinstance(function, type) and name in _TOLD_OF_CLASSES and name in held:
        found = held[name]
    else:
        raise AttributeError(f"a {type(function).__name__} of the tests tells no {name!r}")
    return dict(found) if isinstance(found, dict) else found
