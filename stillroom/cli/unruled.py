"""What a build and a reverification say of written tasks that could not be judged, whichever run wrote them."""

_WHY = "`stillroom sql \"select run_id, detail from current_proposals where reason = 'unjudged'\"`"


def tasks_left(unjudged: int, waiting: int, dataset: str) -> str:
    """How many there are, and what has to come before they are ruled on again.

    Args:
        unjudged: how many.
        waiting: of these, at how many a verifier had a defect: one has to count that had none there.
        dataset: theirs.
    """
    again = f"builds whose recipe has `seeding`, and `stillroom reverify {dataset}`,"
    fates: list[str] = []
    if lost := unjudged - waiting:
        fates.append(f"At {lost:,} the sandbox was lost: {again} try these each time.")
    if waiting:
        other = "which another version of it, other limits or another image make it"
        fates.append(f"At {waiting:,} a verifier had a defect: {again} try these by one that had none there, {other}.")
    return f"{unjudged:,} written tasks could not be judged: {_WHY} says why. {' '.join(fates)} No teacher is asked."
