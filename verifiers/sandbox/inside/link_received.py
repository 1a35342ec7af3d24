"""Reads values of messages: data is made anew, an object of the other side is a ``Proxy``, one for each."""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001
# pyright: basic, reportArgumentType=false, reportAttributeAccessIssue=false, reportCallIssue=false
import link_arrays
import link_named
import link_operators  # noqa: F401 - gives proxies their operators
import link_proxies
import link_underneath
import link_views
from link_containers import is_changeable
from link_copies import COPIES, container
from link_failures import PartnerGone, TooMuchSent
from link_forms import (
    CONTAINER,
    COPY,
    MAX_DEPTH,
    MAX_OBJECTS,
    MEMBER,
    NAMED,
    OBJECT,
    PLAIN,
    SCALAR,
    SHARED,
    STAYS,
    VIEW,
    YOURS,
)
from link_library_values import STAYING
from link_proxies import Proxy, of
from link_standing import DATA


class Received:
    """What one end of a link has received of the other side's objects.

    Args:
        values: what this end has given out.

    Attributes:
        proxies: by number, one for each object, so that ``is`` tells what it should.
        made_of: what those are made of that cannot change, as it was told at first.
        last_made_of: what those that can change were, when that was last asked.
    """

    def __init__(self, values) -> None:
        self.proxies: dict[int, Proxy] = {}
        self.made_of: dict[int, tuple] = {}
        self.last_made_of: dict[int, tuple] = {}
        self._values = values
        self._views: dict[int, object] = {}  # by number

    def unpack(self, spec: object, standing: int = DATA, depth: int = MAX_DEPTH) -> object:
        """The value that a message's part stands for.

        Args:
            spec: the part.
            standing: what the tests let the objects in it answer.
            depth: how deep it may still be nested.
        """
        if type(spec) is not tuple or not spec or depth == 0:
            raise PartnerGone("a message's value has no meaning")
        tag, *rest = spec
        if tag == PLAIN:
            return rest[0]
        if tag == YOURS:
            return self._values.exports[rest[0]]
        if tag == CONTAINER:
            kind, items = rest
            return container(kind, [self.unpack(each, standing, depth - 1) for each in items])
        if tag == COPY:
            named, state = rest
            return COPIES[named][1](state)
        if tag == SCALAR:
            return link_arrays.made_scalar(*rest)
        if tag == OBJECT:
            return self._proxy(*rest, standing)
        if tag == VIEW:
            return self._view_of(*rest, standing, depth)
        if tag == SHARED:
            return self._shared(*rest, standing, depth - 1)
        if tag == NAMED:
            module, name, attribute = rest
            found = link_named.find(module, name)
            return found if not attribute else vars(found)[attribute]
        if tag == MEMBER:
            member, otherwise = rest
            found = link_named.member(*member)
            return found if found is not None else self.unpack(otherwise, standing, depth - 1)
        if tag == STAYS:
            return self._staying(*rest, standing)
        raise PartnerGone("a message's value has no meaning")

    def _staying(self, named: tuple, state: object, spec: tuple, standing: int) -> object:
        is_new = spec[1] not in self.proxies
        found = self.unpack(spec, standing)
        if is_new and named in STAYING:
            self.made_of[spec[1]] = (named, state)
        return found

    def _shared(self, key: int, contents: tuple, standing: int, depth: int) -> object:
        found = self._values.shared.value_of(key)
        if found is None:
            found = self.unpack(contents, standing, depth)
            if type(key) is not int or not is_changeable(found):
                raise PartnerGone("a message's value has no meaning")
            with self._values.link.lanes.books:  # another thread may have made it meanwhile
                if (known := self._values.shared.value_of(key)) is not None:
                    return known
                self._values.shared.add(found, standing, key)
        return found

    def _view_of(self, number: int, base: str, name: str, data: tuple, standing: int, depth: int) -> object:
        found = self.unpack(data, standing, depth - 1)
        known = self._views.get(number)
        if known is None or known != found:
            known = link_views.view(self._values.link, int(number), base, str(name), found)
            if len(self._views) < MAX_OBJECTS:
                self._views[number] = known
        return known

    def _proxy(self, number: int, kind: str, families: list, said: tuple | bool | None, standing: int) -> object:
        if type(number) is not int:
            raise PartnerGone("an object's number is no number")
        if kind == "exception":
            return self._values.errors.taken(families)
        if kind == "coroutine":
            return self._values.link.awaitable(number, standing)
        proxy = self.proxies.get(number)
        if proxy is None:
            if len(self.proxies) >= MAX_OBJECTS:
                raise TooMuchSent("too many objects cross")
            proxy = self.proxies[number] = link_proxies.made(self._values.link, number, standing)
            if said is not None and self._values.link.is_tests:
                of(proxy).underneath = link_underneath.Underneath(said, self._values, standing)
        else:
            of(proxy).standing = min(of(proxy).standing, standing)
        return proxy
