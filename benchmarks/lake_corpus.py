"""A lake of any size, of rows as builds write them: runs of one dataset, shards, curations, cumulative versions."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from stillroom.lake import Lake
from stillroom.recipe.model import FewShot

Rows = dict[str, list[dict[str, object]]]
SEEDS, PROMPTS_PER_SHARD, SAMPLES_PER_PROMPT = 100, 125, 8
SHARD = PROMPTS_PER_SHARD * SAMPLES_PER_PROMPT  # samples
SHARDS_PER_RUN = 50
TEACHER, VERIFIER, VERIFIER_ID, IMAGE = "teacher@" + "a" * 40, "python-tests@1", "b" * 32, "c" * 64
REASONS = ("wrong-answer", "exception:TypeError", "exception:IndexError", "timeout", "truncated", "harness:no-code")
ANSWERED = datetime(2026, 1, 1)
_WORDS = 20_000


def identity(kind: str, number: int) -> str:
    """An id that looks like any other: nothing of it can be pruned."""
    return hashlib.sha256(f"{kind}{number}".encode()).hexdigest()[:24]


class Texts:
    """Texts of random words, none like another."""

    def __init__(self, seed: int) -> None:
        self._chance = np.random.default_rng(seed)
        letters = self._chance.integers(97, 123, size=(_WORDS, 7), dtype=np.uint8)
        self._words: list[str] = [bytes(row).decode() for row in letters]

    def __call__(self, words: int) -> str:
        """A text of so many words."""
        chosen: list[int] = self._chance.integers(0, _WORDS, size=words).tolist()
        return " ".join([self._words[at] for at in chosen])


@dataclass(frozen=True, slots=True)
class Made:
    """What is in the lake, to ask for."""

    example_id: str
    sample_id: str
    seed_id: str
    samples: int
    examples: int
    members: int


def fill(lake: Lake, samples: int, say: Callable[[str], None]) -> Made:
    """Commit run after run, each as a build does: prompts and plan, shards, curation, publication."""
    texts = Texts(7)
    runs = max(1, samples // (SHARD * SHARDS_PER_RUN))
    seeds = [_prompt(texts, number, origin="seed", parents=[]) for number in range(SEEDS)]
    published: list[str] = []
    members = 0
    for number in range(runs):
        run_id = f"benchmark-r{number + 1}"
        numbers = range(number * SHARDS_PER_RUN, (number + 1) * SHARDS_PER_RUN)
        _open_run(lake, run_id, seeds if number == 0 else [])
        for shard, place in enumerate(numbers):
            lake.commit(f"shard:{run_id}:{shard}", shard_rows(texts, place), run_id=run_id, shard=shard)
        _curate(lake, run_id, numbers)
        published += _publish(lake, run_id, numbers, texts, published, version=number + 1)
        members += len(published)
        say(f"{(number + 1) * SHARDS_PER_RUN * SHARD:,} samples")
    middle = len(published) // 2
    return Made(
        example_id=published[middle],
        sample_id=identity("sample", 1),
        seed_id=identity("prompt", 0),
        samples=runs * SHARDS_PER_RUN * SHARD,
        examples=len(published),
        members=members,
    )


def shard_rows(texts: Texts, place: int, *, prompts: int = PROMPTS_PER_SHARD) -> Rows:
    """All that the commit of one shard writes, and the prompts it answers; ``place`` counts the shards of all runs."""
    first = SEEDS + place * PROMPTS_PER_SHARD
    asked = [
        _prompt(texts, number, origin="written", parents=_parents(number)) for number in range(first, first + prompts)
    ]
    rows: Rows = {"prompts": asked, "samples": [], "verdicts": [], "test_strengths": [], "proposals": []}
    for number, prompt in enumerate(asked, first):
        rows["test_strengths"].append(_strength(prompt))
        rows["proposals"].append(_proposal(texts, prompt))
        for index in range(SAMPLES_PER_PROMPT):
            sample = number * SAMPLES_PER_PROMPT + index
            rows["samples"].append(_sample(texts, sample, str(prompt["prompt_id"]), index))
            rows["verdicts"].append(_verdict(sample, str(prompt["check_id"])))
    total = prompts * SAMPLES_PER_PROMPT
    rows["costs"] = [_cost("sampling", TEACHER, total), _cost("verification", "", total)]
    return rows


def sample_rows(texts: Texts, first: int, rows: int) -> list[dict[str, object]]:
    """Rows of ``samples`` alone."""
    return [_sample(texts, first + at, identity("prompt", first + at), 0) for at in range(rows)]


def _open_run(lake: Lake, run_id: str, seeds: list[dict[str, object]]) -> None:
    names = ("sections", "stages", "code_version", "note", "recipe")
    run = {"version": 1, "dataset": "benchmark", "state": "opened", "capability": "code", **dict.fromkeys(names, "{}")}
    teacher = {
        **dict.fromkeys(("name", "model", "architecture", "engine", "licence", "template_sha256", "currency"), "x"),
        "teacher_id": TEACHER,
        "revision": "a" * 40,
        "revision_source": "server",
        "input_price_per_million": 0.1,
        "output_price_per_million": 0.2,
    }
    lake.commit(f"run:{run_id}:1", {"runs": [run], "teachers": [teacher], "prompts": seeds}, run_id=run_id)


def _numbered(numbers: range) -> Iterator[tuple[int, int, int, int]]:
    """Shard, prompt and sample numbers, and the sample's index, of the shards of one run."""
    for shard, place in enumerate(numbers):
        for prompt in range(SEEDS + place * PROMPTS_PER_SHARD, SEEDS + (place + 1) * PROMPTS_PER_SHARD):
            for index in range(SAMPLES_PER_PROMPT):
                yield shard, prompt, prompt * SAMPLES_PER_PROMPT + index, index


def _is_kept(sample: int) -> bool:
    return sample % 4 == 0


def _curate(lake: Lake, run_id: str, numbers: range) -> None:
    curation = f"{run_id}-curation"
    rows = [_selection(curation, *numbered) for numbered in _numbered(numbers)]
    lake.commit(f"curation:{curation}", {"selections": rows}, run_id=run_id)


def _publish(lake: Lake, run_id: str, numbers: range, texts: Texts, published: list[str], *, version: int) -> list[str]:
    curation = f"{run_id}-curation"
    examples = [_example(texts, curation, *one) for one in _numbered(numbers) if _is_kept(one[2])]
    new = [str(example["example_id"]) for example in examples]
    snapshot = {
        "name": "benchmark",
        "version": version,
        "curation_id": curation,
        "parent_version": version - 1,
        "mode": "cumulative",
        "rows": len(published) + len(new),
        "new_rows": len(new),
        "content_hash": identity("snapshot", version),
        "path": f"snapshots/benchmark/{version}",
    }
    members = [{"name": "benchmark", "version": version, "example_id": one} for one in [*published, *new]]
    tables = {"examples": examples, "snapshots": [snapshot], "snapshot_members": members}
    lake.commit(f"publish:{curation}", tables, run_id=run_id)
    return new


def _parents(number: int) -> list[str]:
    """As many seeds and earlier prompts as a writing request shows by default."""
    chance = np.random.default_rng(number)
    seeds = chance.choice(SEEDS, size=FewShot().seeds, replace=False)
    earlier = chance.integers(SEEDS, number, size=FewShot().generated) if number > SEEDS else ()
    return [identity("prompt", int(one)) for one in (*seeds, *earlier)]


def _prompt(texts: Texts, number: int, *, origin: str, parents: list[str]) -> dict[str, object]:
    return {
        "prompt_id": identity("prompt", number),
        "check_id": identity("check", number),
        "capability": "code",
        "task": texts(40),
        "tests": texts(40),
        "entry_point": "solve",
        "reference": texts(40),
        "origin": origin,
        "topic": f"topic {number % 40}",
        "difficulty_asked": "easy",
        "form": "function",
        "parents": parents,
        "writer_teacher": TEACHER if parents else "",
        "nearest_prompt_id": identity("prompt", number // 2),
        "nearest_score": 0.4,
        "writing_round": 1 if parents else 0,
        "writing_request": number,
    }


def _proposal(texts: Texts, prompt: dict[str, object]) -> dict[str, object]:
    return {
        **{name: prompt[name] for name in ("writing_round", "writing_request", "parents", "prompt_id")},
        "teacher_id": TEACHER,
        "request_text": texts(150),
        "response": texts(80),
        "admitted": True,
        "reason": "",
        "detail": "",
        "prompt_tokens": 900,
        "completion_tokens": 200,
        "verifier_ids": [],
        **{name: prompt[name] for name in ("topic", "difficulty_asked", "form")},
    }


def _strength(prompt: dict[str, object]) -> dict[str, object]:
    return {
        "check_id": prompt["check_id"],
        "prompt_id": prompt["prompt_id"],
        **dict.fromkeys(("measure", "measure_id", "solution_from", "trivial_pass", "problem"), ""),
        "strength": 0.9,
        **dict.fromkeys(("mutants", "killed", "set_aside", "undecided", "inputs", "trivial_passes", "programs"), 1),
        "survivors": [],
        "cpu_seconds": 0.1,
    }


def _sample(texts: Texts, sample: int, prompt_id: str, index: int) -> dict[str, object]:
    response = texts(100)
    return {
        "sample_id": identity("sample", sample),
        "prompt_id": prompt_id,
        "request_id": identity("request", sample // SAMPLES_PER_PROMPT),
        "teacher_id": TEACHER,
        "sample_index": index,
        "epoch": 0,
        "request_text": texts(60),
        "response": response,
        "answer": response[:400],
        "extraction_problem": "",
        "finish_reason": "stop",
        "temperature": 0.7,
        "top_p": 1.0,
        "top_k": -1,
        "min_p": 0.0,
        "repetition_penalty": 1.0,
        "max_new_tokens": 320,
        "stop": [],
        "prompt_tokens": 120,
        "completion_tokens": 150,
        "cached_tokens": 100,
        "latency_seconds": 1.5,
        "answered_at": ANSWERED,
    }


def _verdict(sample: int, check_id: str) -> dict[str, object]:
    passed = sample % 4 < 2
    return {
        "sample_id": identity("sample", sample),
        "check_id": check_id,
        "verifier": VERIFIER,
        "verifier_id": VERIFIER_ID,
        "image_digest": IMAGE,
        "calibration_id": "d" * 32,
        "outcome": "pass" if passed else "fail",
        "reason": "" if passed else REASONS[sample // 4 % len(REASONS)],
        "detail": "" if passed else "expected 3, got 4",
        "tests_passed": 3 if passed else 1,
        "tests_total": 3,
        "cpu_seconds": 0.01,
        "wall_seconds": 0.02,
        "peak_memory_bytes": 10_000_000,
    }


def _selection(curation: str, shard: int, prompt: int, sample: int, _index: int) -> dict[str, object]:
    kept = _is_kept(sample)
    gate = "kept" if kept else "rank" if sample % 4 == 1 else "verification"
    return {
        "curation_id": curation,
        "verifier_ids": [VERIFIER_ID],
        "measure_id": "",
        "sample_id": identity("sample", sample),
        "prompt_id": identity("prompt", prompt),
        "kept": kept,
        "gate": gate,
        "reason": REASONS[sample // 4 % len(REASONS)] if gate == "verification" else gate,
        "evidence": "" if kept else "expected 3, got 4",
        "matched_id": "",
        "similarity": 0.0,
        "shard": shard,
    }


def _example(texts: Texts, curation: str, shard: int, prompt: int, sample: int, _index: int) -> dict[str, object]:
    return {
        "example_id": identity("example", sample),
        "sample_id": identity("sample", sample),
        "prompt_id": identity("prompt", prompt),
        "capability": "code",
        "messages": [{"role": "user", "content": texts(40)}, {"role": "assistant", "content": texts(60)}],
        "answer": texts(60),
        "topic": f"topic {prompt % 40}",
        "difficulty_asked": "easy",
        "origin": "written",
        "teacher_id": TEACHER,
        "verifier": VERIFIER,
        "verifier_id": VERIFIER_ID,
        "curation_id": curation,
        "shard": shard,
    }


def _cost(stage: str, teacher_id: str, samples: int) -> dict[str, object]:
    return {
        "stage": stage,
        "teacher_id": teacher_id,
        "samples": samples,
        "prompt_tokens": 120 * samples,
        "cached_tokens": 100 * samples,
        "completion_tokens": 150 * samples,
        "seconds": 1.5 * samples,
        "money": 0.01,
        "currency": "USD",
    }
