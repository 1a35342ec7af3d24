"""Answers that fail for their form: where they dominate, the extraction is at fault and not the teacher.

No code block, a function of another name, an import that is not there: ``Judgement.is_artefact``. Such an answer says
nothing about whether its author can solve the task.
"""

MANY = 0.5  # of the answers that were judged


def artefacts_dominate(artefacts: int, judged: int) -> bool:
    """Whether more answers failed for their form than all others together."""
    return artefacts > MANY * judged


def artefacts_warning(artefacts: int, judged: int) -> str:
    """What to tell a person where artefacts dominate; "" where they do not."""
    if not artefacts_dominate(artefacts, judged):
        return ""
    return (
        f"{artefacts:,} of {judged:,} answers failed for their form (no code, a wrong name, a missing import). "
        "Where most do, the prompt or the extraction is at fault, not the model."
    )
