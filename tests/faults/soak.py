"""The long campaign of kills, which ``make soak`` runs on each catalogue: ``python -m tests.faults.soak --kills N``."""

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.fakes.teacher import teacher_process
from tests.faults.campaign import IN_FLIGHT, campaign
from tests.faults.grounds import KINDS, ground
from tests.integration.workbench import SEEDS, Workbench

KILLS_THAT_HIT_ALL = 100
SEED_PROMPTS = 6
TEACHER = ("--tasks", str(SEEDS), "--delay", "0.05", "--repeat", "0.3", "--bills-at-once")


def bench_with_duplicates(folder: Path, url: str) -> Workbench:
    """A recipe whose every seed stands in its file twice, in almost the same words: both are sampled."""
    lines = SEEDS.read_text(encoding="utf-8").splitlines()[: SEED_PROMPTS // 2]
    seeds = [json.loads(line) for line in lines]
    again = [{**one, "id": f"{one['id']}-again", "task": f"Once more: {one['task']}"} for one in seeds]
    file = folder / "seeds-twice.jsonl"
    file.write_text("".join(json.dumps(one) + "\n" for one in (*seeds, *again)), encoding="utf-8")
    bench = Workbench(folder, url)
    bench.write_recipe(seeds=file, seed_prompts=SEED_PROMPTS)
    return bench


def main() -> None:
    """Run the campaign and print what it did; an AssertionError names what was lost, doubled or never hit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--catalogue", choices=KINDS, default=KINDS[0])
    parser.add_argument("--seed", type=int, default=int(time.time()), help="repeats a campaign")
    options = parser.parse_args()
    started = time.monotonic()
    _say(f"{options.kills} kills on {options.catalogue}, seed {options.seed}")
    with tempfile.TemporaryDirectory(prefix="stillroom-soak-") as name:
        folder = Path(name)
        with ground(options.catalogue, folder) as below, teacher_process(folder / "ledger", *TEACHER) as teacher:
            bench = bench_with_duplicates(folder, teacher.url)
            report = campaign(bench, teacher, below, kills=options.kills, seed=options.seed, say=_say)
            paid = len(teacher.paid)
    minutes = (time.monotonic() - started) / 60
    _say(f"{report.kills.total()} kills in {minutes:.0f} minutes; under way was: {_counted(report.stages)}")
    _say(f"the last commit before them was of: {_counted(report.kills)}")
    _say(
        f"{paid} answers paid for, {report.lost.total()} of them in flight at a kill "
        f"(at most {report.most_lost_at_once} of {IN_FLIGHT} at one)"
    )
    _say(f"{report.published} builds finished; 0 lost, 0 doubled, 0 half visible")
    _say(f"{report.duplicates} samples that passed were dropped, since another prompt asks the same")
    assert report.duplicates, "no prompt was the duplicate of another"
    missed = report.missed if options.kills >= KILLS_THAT_HIT_ALL else []
    assert not missed, (
        f"no kill of {options.kills} hit: {', '.join(missed)}. Seed {options.seed} shows nothing of them."
    )


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{what} {count}" for what, count in counts.most_common())


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
