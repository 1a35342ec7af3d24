"""Takes down what the sandbox is to do: steps over numbered registers, some of which are read and reported."""

from dataclasses import dataclass

from stillroom.records.execution import Data, Given, Step
from verifiers.bounds import TooMuch

MAX_STEPS = 5_000


@dataclass(frozen=True, slots=True)
class Remote:
    """A value that lives in the solution's process."""

    register: int
    is_handle: bool = False  # an object whose own methods and operators are what is tested
    may_be_object: bool = False  # made by a name that is written as classes are
    is_data: bool = False  # the tests' own, which the solution was given


class Recording:
    """The steps so far.

    Attributes:
        steps: in the order in which the sandbox takes them.
        readings: how many of them report a value.
    """

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.readings = 0
        self._registers = 0
        self._functions: dict[str, int] = {}

    def emit(
        self,
        kind: str,
        *,
        name: str = "",
        on: int = 0,
        value: Data = None,
        arguments: tuple[Given, ...] = (),
        keywords: tuple[tuple[str, Given], ...] = (),
    ) -> int:
        """Add a step of this kind; returns the register of its result.

        Raises:
            TooMuch: when there are too many steps.
        """
        register = self._registers
        self._registers += 1
        self._add(
            Step(kind=kind, register=register, name=name, on=on, value=value, arguments=arguments, keywords=keywords)
        )
        return register

    def function(self, name: str) -> int:
        """The register that holds a global of the solution that is called, which is fetched once."""
        if name not in self._functions:
            self._functions[name] = self.emit("name", name=name)
        return self._functions[name]

    def operation(self, name: str, *operands: Given | Remote) -> Remote:
        """The result of a built-in function or operator that the solution's process applies."""
        given = tuple(each if isinstance(each, Given) else Given(register=each.register) for each in operands)
        return Remote(self.emit("op", name=name, arguments=given))

    def completed(self, remote: Remote) -> None:
        """Have it reported that a value came to be, rather than an exception; the value itself stays where it is."""
        self.read(self.operation("id", remote).register)

    def read(self, register: int, *, as_list: bool = False) -> int:
        """Have a register reported; returns the position of the reading."""
        self._add(Step(kind="read", register=register, as_list=as_list))
        self.readings += 1
        return self.readings - 1

    def _add(self, step: Step) -> None:
        self.steps.append(step)
        if len(self.steps) > MAX_STEPS:
            raise TooMuch("too many calls")
