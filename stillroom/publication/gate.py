"""What stops a publication: kept samples whose verdict cannot be trusted."""

from collections.abc import Sequence
from typing import Any

from stillroom.calibration import Calibration, is_within_limits, newest_of
from stillroom.errors import GateError
from stillroom.lake import Lake

CALIBRATED_CAPABILITIES = ("code", "math")


def refuse_unverified(lake: Lake, kept: Sequence[dict[str, Any]], *, allow_unverified: bool) -> None:
    """Refuse kept samples that did not pass, or that no calibrated verifier passed.

    Args:
        lake: knows the calibrations.
        kept: rows with sample_id, capability and a verdict's outcome, verifier and verifier_id; one for each verifier.
        allow_unverified: let pass what a verifier that is not calibrated has passed.

    Raises:
        GateError: nothing must be published; names a sample and what is wrong with its verdict.
    """
    if wrong := [row for row in kept if row["outcome"] != "pass"]:
        raise GateError(
            f"sample {wrong[0]['sample_id']} was selected but its verdict is {wrong[0]['outcome']!r}, "
            "so nothing is published. This is a defect in selection; please report it with the run."
        )
    if allow_unverified:
        return
    calibrated = calibrated_verifiers(newest_of(lake, sorted({str(row["verifier_id"]) for row in kept})))
    trusted = {row["sample_id"] for row in kept if row["verifier_id"] in calibrated}
    for row in kept:
        if row["capability"] in CALIBRATED_CAPABILITIES and row["sample_id"] not in trusted:
            raise GateError(
                f"sample {row['sample_id']} was passed by {row['verifier']} alone, whose rates "
                "of true and false passes were not measured or are beyond the limits, so nothing is published. "
                "Measure it with `stillroom calibrate`, or write `snapshot: {allow_unverified: true}` into the recipe."
            )


def calibrated_verifiers(calibrations: Sequence[Calibration]) -> set[str]:
    """The verifier_ids of which a measurement on right and wrong cases keeps the limits."""
    return {one.verifier_id for one in calibrations if one.good_cases and one.bad_cases and is_within_limits(one)}
