"""A calibration as a record, in the lake and out of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from stillroom.calibration.cases import CaseSet
from stillroom.calibration.intervals import wilson
from stillroom.fingerprint import fingerprint
from stillroom.lake import Lake, Row
from stillroom.records import ID_DIGITS, Verifier

NO_RUN = ""  # calibrations belong to a verifier, not to a run
_COUNTS = ("good_cases", "good_passed", "bad_cases", "bad_passed", "set_aside", "undecided")
_NAMES = ("calibration_id", "verifier", "verifier_id", "case_set", "set_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """How one verifier did on one set of cases.

    Attributes:
        set_id: identity of the cases' content.
        good_passed: good cases that passed: true passes.
        bad_passed: bad cases that passed: false passes.
        set_aside: cases that were left out, since nobody can tell whether they are good.
        undecided: bad cases that were left out, since the verifier came to no verdict: those that it cannot judge, and
            of mutants those on which it abstains, or whose original it does not let pass.
        misjudged: ids of good cases that did not pass and bad ones that did.
    """

    calibration_id: str
    verifier: str
    verifier_id: str
    case_set: str
    set_id: str
    good_cases: int
    good_passed: int
    bad_cases: int
    bad_passed: int
    set_aside: int = 0
    undecided: int = 0
    misjudged: tuple[str, ...] = ()

    @property
    def true_pass(self) -> tuple[float, float]:
        """95 % interval of the share of good cases that pass."""
        return wilson(self.good_passed, self.good_cases)

    @property
    def false_pass(self) -> tuple[float, float]:
        """95 % interval of the share of bad cases that pass."""
        return wilson(self.bad_passed, self.bad_cases)

    def row(self) -> dict[str, Any]:
        """A row of ``calibrations``."""
        return {
            **{name: getattr(self, name) for name in (*_NAMES, *_COUNTS)},
            "misjudged": list(self.misjudged),
            "true_pass_low": self.true_pass[0],
            "true_pass_high": self.true_pass[1],
            "false_pass_low": self.false_pass[0],
            "false_pass_high": self.false_pass[1],
        }


def calibration_id(verifier_id: str, cases: CaseSet) -> str:
    """Identity of a measurement, known before it is made: the verifier and the content of the cases."""
    return fingerprint(["calibration", verifier_id, cases.set_id], length=ID_DIGITS)


def load(lake: Lake, id_: str) -> Calibration | None:
    """The newest measurement of this identity, or None."""
    rows = lake.rows("SELECT * FROM lake.calibrations WHERE calibration_id = ? ORDER BY created_at DESC LIMIT 1", [id_])
    return _from(rows[0]) if rows else None


def newest_of(lake: Lake, verifier_ids: Sequence[str], *, at: datetime | None = None) -> list[Calibration]:
    """All calibrations of these verifiers, the newest measurement of each; ``at``: as it was then (UTC), else now."""
    rows = lake.rows(
        "SELECT * FROM lake.calibrations WHERE verifier_id IN (SELECT unnest($ids)) "
        "AND ($at IS NULL OR created_at <= $at) "
        "QUALIFY row_number() OVER (PARTITION BY calibration_id ORDER BY created_at DESC) = 1 "
        "ORDER BY verifier, verifier_id, case_set",
        {"ids": list(verifier_ids), "at": at},
    )
    return [_from(row) for row in rows]


def record(lake: Lake, calibrations: Sequence[Calibration], *, again: bool = False) -> None:
    """Commit measurements, each once; ``again`` adds a newer one beside what there is."""
    for one in calibrations:
        rows: dict[str, list[Row]] = {"calibrations": [one.row()]}
        before = lake.rows("SELECT count(*) AS n FROM lake.calibrations WHERE calibration_id = ?", [one.calibration_id])
        number = before[0]["n"] if again else 0
        lake.commit(f"calibration:{one.calibration_id}:{number}", rows, run_id=NO_RUN)


def named_calibrations(lake: Lake, verifiers: Sequence[Verifier], cases: CaseSet | None) -> dict[str, str]:
    """By verifier_id, the calibration that its verdicts stand on: that on ``cases``, else the newest there is.

    The former is named before it is measured; nothing is published before it was.
    """
    if cases is not None:
        return {one.verifier_id: calibration_id(one.verifier_id, cases) for one in verifiers}
    rows = lake.rows(
        "SELECT verifier_id, arg_max(calibration_id, created_at) AS newest FROM lake.calibrations "
        "WHERE good_cases > 0 AND bad_cases > 0 AND verifier_id IN (SELECT unnest($ids)) GROUP BY verifier_id",
        {"ids": [one.verifier_id for one in verifiers]},
    )
    return {row["verifier_id"]: row["newest"] for row in rows}


def measured_calibrations(lake: Lake, verifiers: Sequence[Verifier], cases: CaseSet | None) -> dict[str, str]:
    """By verifier_id, the calibration that the lake has of it: that on ``cases`` where there is one, else the newest.

    Verifiers that were not measured are left out.
    """
    named = named_calibrations(lake, verifiers, cases) if cases is not None else {}
    on_cases = {verifier_id: id_ for verifier_id, id_ in named.items() if load(lake, id_) is not None}
    return named_calibrations(lake, verifiers, None) | on_cases


def _from(row: Mapping[str, Any]) -> Calibration:
    values: dict[str, Any] = {name: row[name] or "" for name in _NAMES}
    values |= {name: row[name] or 0 for name in _COUNTS}  # columns that came later are null in older rows
    return Calibration(**values, misjudged=tuple(row["misjudged"] or ()))
