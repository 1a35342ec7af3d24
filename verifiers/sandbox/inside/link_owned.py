"""Says what of the tests' objects belongs to the tests alone, so that no solution puts something of its own there.

A solution that is given a test case or a node of the tests may call their methods and change the node's data. If it
could put a method there, ``case.assertEqual`` or ``head.matches`` would say what the solution wants.
"""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# pyright: basic
import types

from link_proxies import is_of_partner

TESTS = "__main__"  # the module of what the tests define: they run as their author would have run them by hand
_RUNNERS = ("unittest", "pytest_shim", "pytest_fixtures")
_FUNCTIONS = (types.FunctionType, types.MethodType, types.BuiltinFunctionType)


def is_of_runner(owner: object, name: str) -> bool:
    """Whether an attribute is what a runner of tests gave a case or a mock: how it asserts, and what it heard."""
    if not isinstance(owner, type) and name in getattr(owner, "__dict__", {}):
        return False
    definer = next((each for each in _kinds(owner) if name in each.__dict__), None)
    return definer is not None and _is_runners(definer)


def is_changeable(owner: object, name: str) -> bool:
    """Whether an attribute is data that a solution may change, and nothing by which an object of the tests acts."""
    if name.startswith("_") or isinstance(owner, _FUNCTIONS) or any(map(_is_runners, _kinds(owner))):
        return False
    found = next((each.__dict__[name] for each in _kinds(owner) if name in each.__dict__), None)
    if isinstance(owner, type):
        return not _acts(found)
    if isinstance(found, types.MemberDescriptorType):
        return not _acts(_held(found, owner))
    if hasattr(type(found), "__set__"):  # such as a property, which says itself what it takes
        return True
    return not (_acts(found) or _acts(getattr(owner, "__dict__", {}).get(name)))


def _kinds(owner: object) -> tuple[type, ...]:
    return (owner if isinstance(owner, type) else type(owner)).__mro__


def _is_runners(kind: type) -> bool:
    return str(kind.__module__).partition(".")[0] in _RUNNERS


def _held(slot: types.MemberDescriptorType, owner: object) -> object:
    try:
        return slot.__get__(owner)
    except AttributeError:
        return None


def _acts(value: object) -> bool:
    """Whether a value of the tests is a method or a function, rather than data or an object of the solution."""
    return not is_of_partner(value) and (callable(value) or hasattr(type(value), "__get__"))
