"""Calibration: how often a verifier accepts what is right and what is wrong, on known cases."""

from stillroom.calibration.cases import SHIPPED, Case, CaseSet, read_cases, shipped_cases
from stillroom.calibration.intervals import wilson
from stillroom.calibration.limits import MAX_FALSE_PASS, MIN_TRUE_PASS, is_within_limits, refuse_beyond_limits
from stillroom.calibration.measuring import Progress, Say, measure
from stillroom.calibration.mutants import Judges, measure_mutants, mutant_cases
from stillroom.calibration.records import (
    Calibration,
    calibration_id,
    load,
    measured_calibrations,
    named_calibrations,
    newest_of,
    record,
)

__all__ = [
    "MAX_FALSE_PASS",
    "MIN_TRUE_PASS",
    "SHIPPED",
    "Calibration",
    "Case",
    "CaseSet",
    "Judges",
    "Progress",
    "Say",
    "calibration_id",
    "is_within_limits",
    "load",
    "measure",
    "measure_mutants",
    "measured_calibrations",
    "mutant_cases",
    "named_calibrations",
    "newest_of",
    "read_cases",
    "record",
    "refuse_beyond_limits",
    "shipped_cases",
    "wilson",
]
