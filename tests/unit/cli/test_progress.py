"""What a person sees while something takes long, on a terminal of 80 columns and where there is none."""

import io
import time

import pytest
from rich.console import Console

from stillroom.cli import provisioning, watching
from stillroom.cli.provisioning import Steps
from stillroom.cli.watching import TerminalWatcher
from stillroom.sampling import Tally
from stillroom.teachers.progress import Share


def terminal() -> Console:
    return Console(file=io.StringIO(), force_terminal=True, width=80, color_system=None)


def seen(console: Console) -> str:
    file = console.file
    assert isinstance(file, io.StringIO)
    return file.getvalue()


def test_a_build_shows_a_bar_for_each_step_with_its_share() -> None:
    console = terminal()
    with TerminalWatcher(console, began=time.monotonic()) as watcher:
        watcher.wrote(1, 18, 36)
        watcher.sampled(0, Tally(prompts=20, settled=5, samples=44, judged=40, passed=10, tokens=900))
        watcher.progressed("measuring tests", 7, 18)
    shown = seen(console)
    for words in (
        "writing, round 1",
        "18/36",
        "answering",
        " 5/20",
        "44 samples, 25% passed",
        "measuring tests",
        " 7/18",
    ):
        assert words in shown, words
    assert "first sample answered after" in shown
    assert all(len(line) <= 80 for line in shown.replace("\r", "\n").split("\n") if "\x1b" not in line)


def test_without_a_terminal_a_build_prints_a_line_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "SECONDS_BETWEEN_LINES", -1.0)
    console = Console(file=io.StringIO(), width=80)
    with TerminalWatcher(console, began=time.monotonic()) as watcher:
        watcher.progressed("measuring tests", 7, 18)
        watcher.wrote(2, 3, 6)
    assert "measuring tests: 7 of 18" in seen(console)
    assert "writing, round 2: 3 of 6 replies" in seen(console)


def test_a_build_shows_a_bar_while_a_teacher_comes_up_and_no_line_for_each_share() -> None:
    console = terminal()
    with TerminalWatcher(console, began=time.monotonic()) as watcher:
        for second in range(30):
            note = f"Starting SGLang: {second} s, usually about 40"
            watcher.progressed("teacher qwen-coder", second, 40, note)
    shown = seen(console)
    assert "29/40" in shown
    assert "Starting SGLang: 29 s" in shown
    assert shown.count("\n") < 10


def test_set_up_shows_names_whole_and_how_far_a_download_is() -> None:
    console = terminal()
    steps = Steps(console)

    def work(say: provisioning.Say) -> str:
        say("Making the SGLang environment in a folder whose name is far too long for a terminal of eighty columns")
        say(Share("SGLang: fetching torch", done=52, total=104))
        steps.bars.refresh()
        return "environment is there"

    with steps.bars:
        steps.run("SGLang", work)
    shown = seen(console)
    assert "SGLang" in shown
    assert "SGLang: fetching torch" in shown
    assert "━" in shown
    assert "environment is there" in shown


def test_set_up_without_a_terminal_prints_lines_and_not_every_share(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    steps = Steps(Console(file=io.StringIO()))
    monkeypatch.setattr(provisioning, "ASIDE_SECONDS", -1.0)

    def work(say: provisioning.Say) -> str:
        say("Making it")
        for done in range(100):
            say(Share(f"{done} of 100", done=done, total=100))
        return "there"

    steps.run("model", work)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].split() == ["model", "Making", "it"]
    assert len(lines) == 3
    assert lines[2].endswith("there (0 s)")
