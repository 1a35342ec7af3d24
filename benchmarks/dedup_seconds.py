"""What work takes of the processor and of memory, and works measured in turn."""

import resource
import statistics
from collections.abc import Callable, Mapping

ROUNDS = 3
Figures = dict[str, float]


def cpu_seconds(work: Callable[[], object]) -> float:
    """CPU seconds of this process and its children."""
    before = cpu_seconds_so_far()
    work()
    return cpu_seconds_so_far() - before


def cpu_seconds_so_far() -> float:
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def peak_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def in_turn(works: Mapping[str, Callable[[], float]]) -> dict[str, float]:
    """Median of what each work says that it took, measured in turn."""
    taken: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(ROUNDS):
        for name, work in works.items():
            taken[name].append(work())
    return {name: statistics.median(seconds) for name, seconds in taken.items()}
