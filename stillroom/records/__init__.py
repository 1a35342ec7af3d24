"""The words of the domain as frozen records, and the protocols by which the floors meet."""

from stillroom.records.model_client import ModelClient
from stillroom.records.originals import NO_ORIGINALS, Originals
from stillroom.records.prompt import ID_DIGITS, Check, Origin, Prompt
from stillroom.records.sample import Completion, FinishReason, Request, Sample, SamplingParams, teacher_name
from stillroom.records.verdict import Answer, Judgement, Outcome, Verdict, Verifier

__all__ = [
    "ID_DIGITS",
    "NO_ORIGINALS",
    "Answer",
    "Check",
    "Completion",
    "FinishReason",
    "Judgement",
    "ModelClient",
    "Origin",
    "Originals",
    "Outcome",
    "Prompt",
    "Request",
    "Sample",
    "SamplingParams",
    "Verdict",
    "Verifier",
    "teacher_name",
]
