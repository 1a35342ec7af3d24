"""What a build and a reverification say of written tasks that could not be judged, whichever run wrote them."""

_WHY = "`stillroom sql \"select run_id, detail from current_proposals where reason = 'unjudged'\"`"


def tasks_left(unjudged: int, waiting: int, dataset: str) -> str:
    """How many there are, and what has to come before they are ruled on again.

    Args:
        unjudged: how many.
        waiting: of these, at how many a verifier had a defect: another one has to count.
        dataset: theirs.
    """
    again = f"builds whose recipe has `seeding`, and `stillroom reverify {dataset}`,"
    fates: list[str] = []
    if lost := unjudged - waiting:
        fates.append(f"At {lost:,} the sandbox was lost: {again} try these each time.")
    if waiting:
        what = "another version of it, other limits or another image"
        fates.append(f"At {waiting:,} the verifier had a defect: {again} rule on these once there is {what}.")
    return f"{unjudged:,} written tasks could not be judged: {_WHY} says why. {' '.join(fates)} No teacher is asked."
