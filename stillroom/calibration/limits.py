"""How good a verifier must be before anything that it passed is published."""

from collections.abc import Sequence

from stillroom.calibration.records import Calibration
from stillroom.errors import GateError

MIN_TRUE_PASS = 0.99
MAX_FALSE_PASS = 0.01
SHOWN = 5


def is_within_limits(one: Calibration) -> bool:
    """Whether both rates keep the limits; of a set of cases, not of their mutants.

    A bad case that could not be judged counts as one that it would pass: nobody has seen it refused.
    """
    rejects = one.good_passed < MIN_TRUE_PASS * one.good_cases
    accepts = one.bad_passed + one.undecided > MAX_FALSE_PASS * (one.bad_cases + one.undecided)
    return not rejects and not accepts


def refuse_beyond_limits(calibrations: Sequence[Calibration]) -> None:
    """Refuse to go on with a verifier that misjudges our own cases.

    Raises:
        GateError: says what was measured and which cases were misjudged.
    """
    for one in calibrations:
        if is_within_limits(one):
            continue
        more = f" and {len(one.misjudged) - SHOWN} more" if len(one.misjudged) > SHOWN else ""
        unseen = f", and cannot judge {one.undecided} other wrong ones, which count as passed" if one.undecided else ""
        raise GateError(
            f"{one.verifier} is not fit to judge: of the set {one.case_set!r} it passes {one.good_passed} of "
            f"{one.good_cases} right answers (at least {MIN_TRUE_PASS:.0%} are needed) and {one.bad_passed} of "
            f"{one.bad_cases} wrong ones (at most {MAX_FALSE_PASS:.0%}){unseen}. Misjudged: "
            f"{', '.join(one.misjudged[:SHOWN]) or 'none'}{more}. `stillroom calibrate --again` measures afresh; "
            "`snapshot: {allow_unverified: true}` in the recipe publishes all the same."
        )
