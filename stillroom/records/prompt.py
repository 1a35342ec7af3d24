"""A prompt: one task put to a teacher, the means to check its answer, and where it came from."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from functools import cached_property

from stillroom.fingerprint import fingerprint, normalise_text

ID_DIGITS = 24  # hex digits of an identity in the lake: 96 bits, collisions out of reach at 10^12 rows


class Origin(StrEnum):
    """Who wrote a prompt."""

    SEED = "seed"
    WRITTEN = "written"
    USER = "user"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """The means to check an answer; which fields are set depends on the capability.

    Attributes:
        tests: Python source with asserts (capability ``code``).
        entry_point: the name that the tests call (capability ``code``).
    """

    tests: str = ""
    entry_point: str = ""


@dataclass(frozen=True, kw_only=True)  # without slots, since its identities are kept once they were asked for
class Prompt:
    """One task.

    Attributes:
        task: what the teacher is asked, as a person would read it.
        reference: a solution known to satisfy ``check``, or "".
        parents: prompt ids that were shown when this one was written, in order; empty for seeds.
        nearest_prompt_id: the most similar prompt in the pool when this one was admitted, or "".
        nearest_score: its ROUGE-L F1, 0 to 1.
        writer_teacher: teacher id of the writer; "" for people.
        writing_round: the seeding round that admitted it; 0 for seeds and users' prompts.
        writing_request: position of the writing request in its round; -1 for seeds and users' prompts.
    """

    capability: str
    task: str
    check: Check
    reference: str = ""
    origin: Origin
    topic: str
    difficulty_asked: str
    form: str
    parents: tuple[str, ...] = ()
    writer_teacher: str = ""
    nearest_prompt_id: str = ""
    nearest_score: float = 0.0
    writing_round: int = 0
    writing_request: int = -1

    @cached_property
    def prompt_id(self) -> str:
        """Identity of the task: capability and normalised task text, nothing else."""
        return fingerprint(["prompt", self.capability, normalise_text(self.task)], length=ID_DIGITS)

    @cached_property
    def check_id(self) -> str:
        """Identity of the task with its checking spec: tests may change without sampling again."""
        spec = {name: value for name, value in asdict(self.check).items() if value}
        return fingerprint(["check", self.prompt_id, spec], length=ID_DIGITS)
