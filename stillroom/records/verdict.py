"""A verdict: one verifier's conclusion about one sample, and the protocol of who concludes."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from stillroom.records.originals import NO_ORIGINALS, Originals
from stillroom.records.prompt import Check

ARTEFACT = "harness:"  # begins the reasons of answers that fail for their form


class Outcome(StrEnum):
    """Three-valued: "I cannot tell" never counts as either of the others."""

    PASS = "pass"  # noqa: S105 - a verdict, not a password
    FAIL = "fail"
    ABSTAIN = "abstain"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a capability extracted from a sample's text.

    Attributes:
        text: the extracted answer (for code: Python source); "" where nothing could be extracted.
        problem: "" or the reason why extraction failed or the sample cannot be judged on its content:
            ``harness:no-code``, ``truncated``, ``refusal``.
        doubt: "" or why a pass would say nothing, since the answer may have replaced what its tests rest on.
        originals: what ``text`` has of the prompt's own code that has to stay as it was for a pass to say anything.
    """

    text: str
    problem: str = ""
    doubt: str = ""
    originals: Originals = NO_ORIGINALS


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What a verifier says about one answer.

    Attributes:
        outcome: pass, fail or abstain.
        reason: a short word that groups (``wrong-answer``, ``exception:TypeError``, ``timeout``,
            ``harness:wrong-name``); "" for a pass.
        detail: the evidence for a person: the first test that failed, what was expected and found.
        cpu_seconds: CPU time the answer's execution took.
        wall_seconds: wall time the answer's execution took.
        peak_memory_bytes: the largest resident size it reached; 0 where unknown.
    """

    outcome: Outcome
    reason: str = ""
    detail: str = ""
    tests_passed: int = 0
    tests_total: int = 0
    cpu_seconds: float = 0.0
    wall_seconds: float = 0.0
    peak_memory_bytes: int = 0

    @property
    def is_artefact(self) -> bool:
        """Whether the answer failed for its form, which says nothing about its algorithm."""
        return self.reason.startswith(ARTEFACT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A judgement bound to a sample, a check and the exact verifier that made it.

    Attributes:
        verifier: ``name@version``.
        verifier_id: fingerprint of the name, its configuration and the sandbox image digest.
        calibration_id: the calibration it stands on, which is measured before anything is published; "" where
            there are no cases to calibrate with.
    """

    sample_id: str
    check_id: str
    verifier: str
    verifier_id: str
    image_digest: str
    judgement: Judgement
    calibration_id: str = ""


class Verifier(Protocol):
    """Judges answers. A verifier whose logic changes gets a new version in its name."""

    @property
    def name(self) -> str:
        """``name@version``."""
        ...

    @property
    def verifier_id(self) -> str:
        """Fingerprint of name, configuration and image digest."""
        ...

    @property
    def image_digest(self) -> str:
        """Digest of the sandbox image that executes answers; "" where nothing is executed."""
        ...

    async def judge(self, check: Check, answer: Answer) -> Judgement:
        """Judge one answer.

        Raises:
            SandboxError: when the sandbox failed, so that nothing is known about the answer.
        """
        ...
