"""Answers that fail for their form: where they dominate, the extraction is at fault and not the teacher.

No code block, a function of another name, an import that is not there: ``Judgement.is_artefact``. Such an answer says
nothing about whether its author can solve the task.
"""

from collections.abc import Mapping, Sequence
from typing import Any

MANY = 0.5  # of the answers that were judged


def artefacts_dominate(artefacts: int, judged: int) -> bool:
    """Whether more answers failed for their form than all others together."""
    return artefacts > MANY * judged


def warning_by_teacher(rows: Sequence[Mapping[str, Any]]) -> str:
    """The same of answers of several teachers, since one may be read wrongly where the others are not.

    Args:
        rows: of each teacher its ``teacher_id``, how many of its samples were ``answered``, and the ``artefacts``.
    """
    whole = artefacts_warning(sum(row["artefacts"] for row in rows), sum(row["answered"] for row in rows))
    if whole:
        return whole
    found = ((row["teacher_id"], artefacts_warning(row["artefacts"], row["answered"])) for row in rows)
    return " ".join(f"Of {teacher}: {warning}" for teacher, warning in found if warning)


def artefacts_warning(artefacts: int, judged: int) -> str:
    """What to tell a person where artefacts dominate; "" where they do not."""
    if not artefacts_dominate(artefacts, judged):
        return ""
    return (
        f"{artefacts:,} of {judged:,} answers failed for their form (no code, a wrong name, a missing import). "
        "Where most do, the prompt or the extraction is at fault, not the model."
    )
