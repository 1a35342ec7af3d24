"""Shows a build's progress: bars on a terminal, a line now and then elsewhere."""

import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Column
from rich.text import Text

from stillroom.sampling import Tally
from stillroom.teachers.progress import SECONDS_BETWEEN_LINES


class TerminalWatcher:
    """Draws the bars of one build.

    Attributes:
        first_sample_seconds: from ``began`` to the first answered sample of this build; None until then.
    """

    def __init__(self, console: Console, *, began: float) -> None:
        self._console = console
        self._began = began
        self._bars = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=10),
            MofNCompleteColumn(),
            TextColumn("{task.fields[note]}", table_column=Column(no_wrap=True, overflow="ellipsis")),
            TimeElapsedColumn(),
            console=console,
            disable=not console.is_terminal,
        )
        self._tasks: dict[str, TaskID] = {}
        self._tallies: dict[int, Tally] = {}
        self._replayed: dict[int, int] = {}
        self._last_line = 0.0
        self._first_tokens_at: float | None = None
        self.first_sample_seconds: float | None = None

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def say(self, line: str) -> None:
        """Print a line above the bars."""
        stamp = Text(f"{time.monotonic() - self._began:6.1f} s  ", style="dim")
        self._console.print(stamp.append(Text(line, style="not dim")), soft_wrap=True)

    def wrote(self, writing_round: int, replied: int, requested: int) -> None:
        """Move the bar of a writing round."""
        name = f"writing, round {writing_round}"
        self._bars.update(self._bar(name), completed=replied, total=requested, note="replies")
        self._line(f"{name}: {replied} of {requested} replies")

    def progressed(self, step: str, done: float, total: float, note: str = "") -> None:
        """Move the bar of a step; ``note`` says in words how far it is."""
        self._bars.update(self._bar(step), completed=done, total=total, note=note)
        self._line(f"{step}: {note or f'{done:.0f} of {total:.0f}'}")

    def sampled(self, shard: int, tally: Tally) -> None:
        """Move the bar of answering, over all shards."""
        self._tallies[shard] = tally
        total = self._sum()
        if self.first_sample_seconds is None and total.samples > total.replayed:
            self._first_tokens_at = time.monotonic()
            self.first_sample_seconds = self._first_tokens_at - self._began
            self.say(f"first sample answered after {self.first_sample_seconds:.1f} s")
        rate = 100 * total.passed / total.judged if total.judged else 0.0
        note = f"{total.samples} samples, {rate:.0f}% passed, {self._tokens_per_second(total):.0f} tok/s"
        self._bars.update(self._bar("answering"), completed=total.settled, total=total.prompts, note=note)
        self._line(f"answering: {total.settled} of {total.prompts} prompts, {note}")

    def _bar(self, name: str) -> TaskID:
        if name not in self._tasks:
            self._tasks[name] = self._bars.add_task(name, total=None, note="")
        return self._tasks[name]

    def _sum(self) -> Tally:
        tallies = self._tallies.values()
        return Tally(
            prompts=sum(one.prompts for one in tallies),
            settled=sum(one.settled for one in tallies),
            samples=sum(one.samples for one in tallies),
            judged=sum(one.judged for one in tallies),
            passed=sum(one.passed for one in tallies),
            tokens=sum(one.tokens for one in tallies),
            replayed=sum(one.replayed for one in tallies),
        )

    def _tokens_per_second(self, total: Tally) -> float:
        if self._first_tokens_at is None:
            return 0.0
        return total.tokens / max(1.0, time.monotonic() - self._first_tokens_at)

    def _line(self, text: str) -> None:
        if not self._console.is_terminal and time.monotonic() - self._last_line > SECONDS_BETWEEN_LINES:
            self._last_line = time.monotonic()
            self.say(text)
