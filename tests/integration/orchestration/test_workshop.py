"""What a teacher says of its coming up is a bar where it knows its share; what writes is not left alone."""

import asyncio
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from stillroom.sampling import Tally
from stillroom.teachers.progress import Share
from tasks import workshop
from tasks.workshop import Workshop
from tests.fakes.prompts import recipe


class Seen:
    """Remembers what it was shown."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.bars: list[tuple[str, float, float, str]] = []

    def say(self, line: str) -> None:
        self.lines.append(line)

    def wrote(self, writing_round: int, replied: int, requested: int) -> None: ...

    def progressed(self, step: str, done: float, total: float, note: str = "") -> None:
        self.bars.append((step, done, total, note))

    def sampled(self, shard: int, tally: Tally) -> None: ...


async def connect(_: Any, say: Any) -> Any:
    say("Downloading Owner/Tiny")
    say(Share("Downloading the model: 3 of 9 MB", done=3, total=9))
    say("tiny answers")

    async def close() -> None: ...

    return SimpleNamespace(client=SimpleNamespace(close=close))


async def test_a_teacher_that_comes_up_has_a_bar(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workshop, "connect", connect)
    lake: Any = None
    seen = Seen()
    shop = Workshop(lake, seen)

    await shop.teacher(recipe(tmp_path), "fake")

    await shop.close()

    assert seen.lines == ["Downloading Owner/Tiny", "tiny answers"]
    assert seen.bars == [
        ("teacher fake", 3, 9, "Downloading the model: 3 of 9 MB"),
        ("teacher fake", 1, 1, "connected"),
    ]


async def test_what_writes_into_the_lake_is_waited_for_where_it_is_cancelled() -> None:
    lake: Any = None
    shop = Workshop(lake, Seen())
    begun, may_end, done = threading.Event(), threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        may_end.wait(30)
        done.set()

    writing = asyncio.create_task(shop.write(work))
    await asyncio.to_thread(begun.wait, 30)
    writing.cancel()
    await asyncio.sleep(0.05)
    assert not writing.done(), "the lake would be closed under it"
    may_end.set()
    with pytest.raises(asyncio.CancelledError):
        await writing
    assert done.is_set()
