"""One shard with real verdicts and a teacher that answers at once: the hardest case for its journal."""

import statistics
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import stillroom.sampling.shard as shard_module
from stillroom.capabilities import find_capability
from stillroom.journal import Journal, Replay, journal_at
from stillroom.records import Completion, FinishReason, Origin, Prompt, SamplingParams
from stillroom.sampling import Policy
from stillroom.sampling.shard import Assignment, Shard
from stillroom.seeding import read_prompts
from verifiers.python_tests import PythonTests
from verifiers.sandbox import DockerExecutor

Record = TypeVar("Record")

ROOT = Path(__file__).resolve().parents[1]
SAMPLES = 20  # of each prompt: about 2,000 in all


@dataclass
class ReadyTeacher:
    """Answers every request at once with the prompt's reference solution, each time another text."""

    references: dict[str, str]
    teacher_id: str = "ready@1"
    answered: int = 0

    def render(self, task: str) -> str:
        """The task as it is."""
        return task

    def portions(self, n: int) -> list[int]:
        """All in one request."""
        return [n]

    async def complete(self, text: str, params: SamplingParams, n: int) -> list[Completion]:
        """``n`` right answers."""
        self.answered += n
        return [self._completion(text, self.answered - at) for at in range(n)]

    def _completion(self, text: str, number: int) -> Completion:
        return Completion(
            text=f"```python\n{self.references[text]}\n# {number}\n```",
            finish_reason=FinishReason.STOP,
            prompt_tokens=100,
            completion_tokens=100,
            cached_tokens=0,
            latency_seconds=0.1,
        )


@dataclass
class Timed:
    """Seconds spent inside the journal's methods, by whoever calls them."""

    seconds: float = 0.0
    began: float = field(default=0.0)

    def __enter__(self) -> None:
        self.began = time.perf_counter()

    def __exit__(self, *_: object) -> None:
        self.seconds += time.perf_counter() - self.began


class Forgetful:
    """Stands in the journal's place and keeps nothing."""

    replay: Replay[Any] = Replay(records=(), damaged_lines=0, places=())

    def __init__(self, *_: object) -> None: ...

    def __enter__(self) -> "Forgetful":
        return self

    def __exit__(self, *_: object) -> None: ...

    @contextmanager
    def room(self, _: int) -> Generator["Forgetful"]:
        """Itself."""
        yield self

    def append(self, _: object) -> None:
        """Nothing."""


def timed_journal(clock: Timed) -> type[Journal[Any]]:
    """The real journal, whose methods add to ``clock`` what their callers wait for."""

    class TimedJournal(Journal[Record]):
        def __enter__(self) -> Any:  # noqa: ANN401
            with clock:
                return super().__enter__()

        def __exit__(self, *about: Any) -> None:  # noqa: ANN401
            with clock:
                super().__exit__(*about)

        def append(self, record: Any) -> None:  # noqa: ANN401
            with clock:
                super().append(record)

        @contextmanager
        def room(self, size: int) -> Generator[Any]:
            with clock:
                inner = super().room(size)
                room = inner.__enter__()
            append = room.append

            def timed_append(record: Any) -> None:  # noqa: ANN401
                with clock:
                    append(record)

            room.append = timed_append
            try:
                yield room
            finally:
                with clock:
                    inner.__exit__(None, None, None)

    return TimedJournal


async def shard_seconds(folder: Path, rounds: int, say: Callable[[str], None]) -> dict[str, object]:
    """The journal's share of a shard's seconds, and the ratio of whole shards with it and without it."""
    capability = find_capability("code")
    prompts = read_prompts(ROOT / "data" / "seeds" / "python_functions.jsonl", capability, Origin.USER)
    shares: list[float] = []
    seconds: dict[str, list[float]] = {"with": [], "without": []}
    samples = 0
    async with DockerExecutor() as executor:
        verifier = PythonTests(executor)
        await _run(folder / "warm", prompts, verifier, 1)
        for number in range(rounds):
            for kind in ("with", "without") if number % 2 == 0 else ("without", "with"):
                clock = Timed()
                shard_module.journal_at = timed_journal(clock) if kind == "with" else Forgetful  # type: ignore[assignment]
                try:
                    took, samples = await _run(folder / f"{kind}{number}", prompts, verifier, SAMPLES)
                finally:
                    shard_module.journal_at = journal_at
                seconds[kind].append(took)
                if kind == "with":
                    shares.append(clock.seconds / took)
                inside = f"{clock.seconds:.3f} s of {took:.2f} s in it"
                say(f"{kind:>8} the journal: {samples / took:6.1f} samples/s, {inside}")
    ratio = statistics.median(seconds["with"]) / statistics.median(seconds["without"])
    return {
        "journal_overhead_share": round(statistics.median(shares), 5),
        "journal_paired_ratio": round(ratio, 4),
        "journal_shard_samples": samples,
        "journal_samples_per_second": round(samples / statistics.median(seconds["with"]), 1),
    }


async def _run(path: Path, prompts: list[Prompt], verifier: PythonTests, samples: int) -> tuple[float, int]:
    capability = find_capability("code")
    teacher = ReadyTeacher({capability.question(prompt): prompt.reference for prompt in prompts})
    shard = Shard(
        [Assignment(prompt=prompt, teacher=teacher) for prompt in prompts],
        capability=capability,
        params=SamplingParams(temperature=0.7, max_new_tokens=320),
        epoch=0,
        policy=Policy(samples=samples, wave=samples, keep=samples, adaptive=False),
        verifiers=[verifier],
    )
    began = time.perf_counter()
    result = await shard.run(path)
    assert all(verdict.judgement.outcome.value == "pass" for verdict in result.verdicts)
    return time.perf_counter() - began, len(result.samples)
