"""What integration tests stand on: a folder with a recipe, a lake, and the command line as a person runs it."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stillroom.cli.output import plain
from stillroom.lake.reading import opened
from tests.fakes.tokenizer import make_tokenizer

ROOT = Path(__file__).resolve().parents[2]
SEEDS = ROOT / "data" / "seeds" / "python_functions.jsonl"
BUILD_SECONDS = 600.0
JOURNALLED_SAMPLE = b'"type":"sample"'

RECIPE = """
dataset: {dataset}
capability: code
seeding:
  seeds: {seeds}
  seed_prompts: {seed_prompts}
  new_prompts: {new_prompts}
  requests_per_round: 8
  max_rounds: 3
teachers:
  - name: teacher
    urls: [{url}]
    model: {model}
    in_flight: 16
    patience_seconds: {patience}
sampling: {{samples: {samples}, wave: 2, max_new_tokens: 384, epoch: {epoch}}}
execution: {{prompts_per_shard: {prompts_per_shard}}}
"""


@dataclass(frozen=True)
class Done:
    """A finished command."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Workbench:
    """A folder of its own with a recipe for the teacher at ``url``."""

    def __init__(self, folder: Path, url: str, *, lake: Path | None = None) -> None:
        self.folder = folder
        self.lake = lake or folder / "lake"
        self.dataset = "functions"
        self.recipe = folder / "recipe.yaml"
        self.url = url
        self.environment: dict[str, str] = {}
        self.model = make_tokenizer(folder / "tiny-coder")
        self.write_recipe()

    def write_recipe(self, **changes: Any) -> None:
        values: dict[str, Any] = {
            "dataset": "functions",
            "seeds": SEEDS,
            "seed_prompts": 6,
            "new_prompts": 4,
            "url": self.url,
            "model": self.model,
            "patience": 3,
            "samples": 4,
            "prompts_per_shard": 3,
            "epoch": 0,
        }
        given = {**values, **changes}
        self.dataset = given["dataset"]
        self.recipe.write_text(RECIPE.format(**given), encoding="utf-8")

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "stillroom", "--lake", str(self.lake), *arguments]

    def run(self, *arguments: str) -> Done:
        done = subprocess.run(
            self.command(*arguments),
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=BUILD_SECONDS,
            check=False,
            env={**os.environ, **self.environment},
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def build(self, *arguments: str) -> Done:
        return self.run("build", str(self.recipe), *arguments)

    @contextmanager
    def started_build(self, *, folder: Path = ROOT) -> Generator[subprocess.Popen[str]]:
        """A build in the background, in ``folder``; ended with the block where it has not ended by itself."""
        with subprocess.Popen(
            self.command("build", str(self.recipe), "--json"),
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **self.environment},
        ) as process:
            try:
                yield process
            finally:
                process.kill()

    @property
    def journalled_samples(self) -> int:
        """How many samples the journals hold, asked while a build writes them."""
        journals = (self.lake / "journal").rglob("shard-*.jsonl")
        return sum(path.read_bytes().count(JOURNALLED_SAMPLE) for path in journals)

    def measured_build(self) -> tuple[Done, int]:
        """A build that runs to its end, and the most memory that its own process held in RAM, in bytes."""
        with self.started_build() as process, watched_memory(process.pid) as peaks:
            done = finish(process)
        return done, max(peaks)

    def sql(self, query: str) -> list[dict[str, Any]]:
        """What `stillroom sql QUERY --json` prints, asked by this process: another one takes a second to start."""
        with opened(self.lake) as lake:
            return json.loads(json.dumps(plain(lake.rows(query))))


@contextmanager
def watched_memory(pid: int) -> Generator[list[int]]:
    """What the kernel says of a process's peak (VmHWM), in bytes, ten times a second while the block runs.

    ``wait4`` would count in what the process was forked from and what it has waited for itself.
    """
    peaks: list[int] = [0]
    is_over = threading.Event()

    def watch() -> None:
        while not is_over.wait(0.1):
            try:
                lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
            except OSError:  # it has ended
                return
            peaks.extend(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield peaks
    finally:
        is_over.set()
        watcher.join()


def wait_until(condition: Callable[[], bool], process: subprocess.Popen[str], *, seconds: float = 300.0) -> None:
    """Wait for something that a running process does; what it said stands in the failure where it does not."""
    deadline = time.monotonic() + seconds
    while not condition():
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            raise AssertionError(f"waited in vain for a process that said:\n{process.communicate()[1]}")
        time.sleep(0.02)


def finish(process: subprocess.Popen[str]) -> Done:
    out, err = process.communicate(timeout=BUILD_SECONDS)
    return Done(process.returncode, out, err)
