"""Turns records into rows of the lake, and rows back into records."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from stillroom.lake import Row
from stillroom.recipe import Price, Recipe
from stillroom.records import (
    Answer,
    Check,
    Completion,
    FinishReason,
    Judgement,
    Origin,
    Outcome,
    Prompt,
    Request,
    Sample,
    Verdict,
)
from stillroom.sampling import ShardResult
from stillroom.sampling.entries import SampleEntry, VerdictEntry, verdict_key
from stillroom.seeding import Refusal
from stillroom.seeding.admission import Ruling
from stillroom.seeding.plan import WritingRequest
from stillroom.teachers.identity import Identity

REFUSED = "refused"  # the reason of a proposal that never came


def prompt_row(prompt: Prompt) -> Row:
    """A row of ``prompts``."""
    return {
        "prompt_id": prompt.prompt_id,
        "check_id": prompt.check_id,
        "capability": prompt.capability,
        "task": prompt.task,
        "tests": prompt.check.tests,
        "entry_point": prompt.check.entry_point,
        "reference": prompt.reference,
        "origin": prompt.origin.value,
        "topic": prompt.topic,
        "difficulty_asked": prompt.difficulty_asked,
        "form": prompt.form,
        "parents": list(prompt.parents),
        "writer_teacher": prompt.writer_teacher,
        "nearest_prompt_id": prompt.nearest_prompt_id,
        "nearest_score": prompt.nearest_score,
        "writing_round": prompt.writing_round,
        "writing_request": prompt.writing_request,
    }


def prompt_from(row: Mapping[str, Any]) -> Prompt:
    """The prompt of a row of ``prompts``."""
    return Prompt(
        capability=row["capability"],
        task=row["task"],
        check=Check(tests=row["tests"], entry_point=row["entry_point"]),
        reference=row["reference"],
        origin=Origin(row["origin"]),
        topic=row["topic"],
        difficulty_asked=row["difficulty_asked"],
        form=row["form"],
        parents=tuple(row["parents"]),
        writer_teacher=row["writer_teacher"],
        nearest_prompt_id=row["nearest_prompt_id"],
        nearest_score=row["nearest_score"],
        writing_round=row["writing_round"],
        writing_request=row["writing_request"],
    )


def sample_entry_from(row: Mapping[str, Any]) -> SampleEntry:
    """The journal's record of a row of ``samples``."""
    completion = Completion(
        text=row["response"],
        finish_reason=FinishReason(row["finish_reason"]),
        prompt_tokens=row["prompt_tokens"],
        completion_tokens=row["completion_tokens"],
        cached_tokens=row["cached_tokens"],
        latency_seconds=row["latency_seconds"],
    )
    sample = Sample(
        sample_id=row["sample_id"],
        prompt_id=row["prompt_id"],
        request_id=row["request_id"],
        teacher_id=row["teacher_id"],
        index=row["sample_index"],
        completion=completion,
    )
    return SampleEntry(sample, row["answered_at"].replace(tzinfo=UTC))


def verdict_entry_from(row: Mapping[str, Any]) -> VerdictEntry:
    """The journal's record of a row of ``verdicts``."""
    judgement = Judgement(
        outcome=Outcome(row["outcome"]),
        **{name: row[name] for name in ("reason", "detail", "tests_passed", "tests_total")},
        **{name: row[name] for name in ("cpu_seconds", "wall_seconds", "peak_memory_bytes")},
    )
    names = ("sample_id", "check_id", "verifier", "verifier_id", "image_digest", "calibration_id")
    return VerdictEntry(Verdict(judgement=judgement, **{name: row[name] for name in names}))


def proposal_row(ruling: Ruling, number: int) -> Row:
    """A row of ``proposals``."""
    proposed = ruling.proposed
    return {
        "writing_round": number,
        "writing_request": proposed.position,
        "teacher_id": proposed.asked.teacher_id,
        "parents": list(proposed.asked.parents),
        "request_text": proposed.asked.text,
        "response": proposed.completion.text,
        "admitted": ruling.prompt is not None,
        "reason": ruling.reason,
        "detail": ruling.detail,
        "prompt_id": ruling.prompt.prompt_id if ruling.prompt else "",
        "prompt_tokens": proposed.completion.prompt_tokens,
        "completion_tokens": proposed.completion.completion_tokens,
        "verifier_ids": list(ruling.verifier_ids),
        **_wanted(proposed.asked),
    }


def refusal_row(refusal: Refusal, number: int) -> Row:
    """A row of ``proposals`` for a request that was refused: no reply, nothing paid."""
    return {
        "writing_round": number,
        "writing_request": refusal.position,
        "teacher_id": refusal.asked.teacher_id,
        "parents": list(refusal.asked.parents),
        "request_text": refusal.asked.text,
        "response": "",
        "admitted": False,
        "reason": REFUSED,
        "detail": refusal.message,
        "prompt_id": "",
        "prompt_tokens": 0,
        "completion_tokens": 0,
        "verifier_ids": [],
        **_wanted(refusal.asked),
    }


def _wanted(asked: WritingRequest) -> Row:
    """What kind of task a writing request asks for."""
    return {"topic": asked.topic, "difficulty_asked": asked.difficulty, "form": asked.form}


def teacher_row(identity: Identity, recipe: Recipe, *, licence: str, template_sha256: str) -> Row:
    """A row of ``teachers``."""
    teacher = next(one for one in recipe.teachers if one.name == identity.name)
    return {
        "teacher_id": identity.teacher_id,
        "name": identity.name,
        "revision": identity.revision,
        "revision_source": identity.revision_source,
        "model": identity.model,
        "architecture": identity.architecture,
        "engine": identity.engine,
        "licence": teacher.licence or licence,
        "template_sha256": template_sha256,
        "input_price_per_million": teacher.price.input_per_million,
        "output_price_per_million": teacher.price.output_per_million,
        "currency": teacher.price.currency,
    }


def shard_rows(result: ShardResult, *, recipe: Recipe) -> dict[str, list[Row]]:
    """Rows of ``samples``, ``verdicts`` and ``costs`` of one finished shard; what it adopted costs it nothing."""
    paid = [entry for entry in result.samples if entry.sample.sample_id not in result.adopted]
    judged = [one for one in result.verdicts if verdict_key(one) not in result.adopted_verdicts]
    return {
        "samples": [
            _sample_row(entry, result.requests[entry.sample.request_id], result.answers[entry.sample.sample_id])
            for entry in result.samples
        ],
        "verdicts": [verdict_row(verdict) for verdict in result.verdicts],
        "costs": [*sampling_costs(paid, recipe), _verification_cost(judged)],
    }


def verdict_row(verdict: Verdict) -> Row:
    """A row of ``verdicts``."""
    judgement = verdict.judgement
    return {
        "sample_id": verdict.sample_id,
        "check_id": verdict.check_id,
        "verifier": verdict.verifier,
        "verifier_id": verdict.verifier_id,
        "image_digest": verdict.image_digest,
        "calibration_id": verdict.calibration_id,
        "outcome": judgement.outcome.value,
        "reason": judgement.reason,
        "detail": judgement.detail,
        "tests_passed": judgement.tests_passed,
        "tests_total": judgement.tests_total,
        "cpu_seconds": judgement.cpu_seconds,
        "wall_seconds": judgement.wall_seconds,
        "peak_memory_bytes": judgement.peak_memory_bytes,
    }


def writing_costs(rulings: Sequence[Ruling], recipe: Recipe) -> list[Row]:
    """What a round of writing cost, as rows of ``costs``; none where nothing was replied."""
    completions = [ruling.proposed.completion for ruling in rulings]
    return [
        _cost(
            "writing",
            teacher_id,
            recipe,
            samples=len(completions),
            prompt_tokens=sum(one.prompt_tokens for one in completions),
            cached_tokens=sum(one.cached_tokens for one in completions),
            completion_tokens=sum(one.completion_tokens for one in completions),
            seconds=_request_seconds((ruling.proposed.asked.text, ruling.proposed.completion) for ruling in rulings),
        )
        for teacher_id in {ruling.proposed.asked.teacher_id for ruling in rulings}  # a round has one writer
    ]


def _sample_row(entry: SampleEntry, request: Request, answer: Answer) -> Row:
    sample = entry.sample
    completion = sample.completion
    params = request.params
    return {
        "sample_id": sample.sample_id,
        "prompt_id": sample.prompt_id,
        "request_id": sample.request_id,
        "teacher_id": sample.teacher_id,
        "sample_index": sample.index,
        "epoch": request.epoch,
        "request_text": request.text,
        "response": completion.text,
        "answer": answer.text,
        "extraction_problem": answer.problem,
        "finish_reason": completion.finish_reason.value,
        "temperature": params.temperature,
        "top_p": params.top_p,
        "top_k": params.top_k,
        "min_p": params.min_p,
        "repetition_penalty": params.repetition_penalty,
        "max_new_tokens": params.max_new_tokens,
        "stop": list(params.stop),
        "prompt_tokens": completion.prompt_tokens,
        "completion_tokens": completion.completion_tokens,
        "cached_tokens": completion.cached_tokens,
        "latency_seconds": completion.latency_seconds,
        "answered_at": _naive_utc(entry.answered_at),
    }


def sampling_costs(entries: Iterable[SampleEntry], recipe: Recipe) -> list[Row]:
    """What samples cost, as rows of ``costs``, one for each teacher."""
    by_teacher: dict[str, list[SampleEntry]] = {}
    for entry in entries:
        by_teacher.setdefault(entry.sample.teacher_id, []).append(entry)
    return [
        _cost(
            "sampling",
            teacher_id,
            recipe,
            samples=len(theirs),
            prompt_tokens=sum(one.sample.completion.prompt_tokens for one in theirs),
            cached_tokens=sum(one.sample.completion.cached_tokens for one in theirs),
            completion_tokens=sum(one.sample.completion.completion_tokens for one in theirs),
            seconds=_request_seconds((one.sample.request_id, one.sample.completion) for one in theirs),
        )
        for teacher_id, theirs in by_teacher.items()
    ]


def money(price: Price, prompt_tokens: int, completion_tokens: int) -> float:
    """What tokens cost, in the price's currency."""
    return (prompt_tokens * price.input_per_million + completion_tokens * price.output_per_million) / 1e6


def _request_seconds(answered: Iterable[tuple[str, Completion]]) -> float:
    """Seconds of request time, each reply once: all of its samples carry its latency."""
    return sum(seconds for _, seconds in {(request, one.latency_seconds) for request, one in answered})


def _verification_cost(verdicts: Sequence[Verdict]) -> Row:
    return {
        "stage": "verification",
        "teacher_id": "",
        "samples": len(verdicts),
        "prompt_tokens": 0,
        "cached_tokens": 0,
        "completion_tokens": 0,
        "seconds": sum(verdict.judgement.cpu_seconds for verdict in verdicts),
        "money": 0.0,
        "currency": "",
    }


def _cost(
    stage: str,
    teacher_id: str,
    recipe: Recipe,
    *,
    samples: int,
    prompt_tokens: int,
    cached_tokens: int,
    completion_tokens: int,
    seconds: float,
) -> Row:
    price = next(one.price for one in recipe.teachers if one.name == teacher_id.partition("@")[0])
    return {
        "stage": stage,
        "teacher_id": teacher_id,
        "samples": samples,
        "prompt_tokens": prompt_tokens,
        "cached_tokens": cached_tokens,
        "completion_tokens": completion_tokens,
        "seconds": seconds,
        "money": money(price, prompt_tokens, completion_tokens),
        "currency": price.currency,
    }


def _naive_utc(moment: datetime) -> datetime:
    """The lake's TIMESTAMP columns are UTC without a zone."""
    return moment.astimezone(UTC).replace(tzinfo=None)
