"""A batch runner without processes: what is sent is bytes all the same, and little is asked for ahead."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field


@dataclass
class OneByOne:
    """Works on each batch as it comes, and keeps which work was done how often."""

    done: dict[str, int] = field(default_factory=dict[str, int])

    def run(self, name: str, work: Callable[[bytes], bytes], batches: Iterable[bytes]) -> Iterator[bytes]:
        for batch in batches:
            self.done[name] = self.done.get(name, 0) + 1
            yield work(batch)
