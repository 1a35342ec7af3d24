"""Judging anybody's rows: reading them one by one, and running verifiers over them in order."""

from stillroom.judging.artefacts import artefacts_warning, warning_by_teacher
from stillroom.judging.reading import ReadRow, open_rows, read_rows
from stillroom.judging.stream import BAD_ROW, JudgedRow, judge_rows

__all__ = [
    "BAD_ROW",
    "JudgedRow",
    "ReadRow",
    "artefacts_warning",
    "judge_rows",
    "open_rows",
    "read_rows",
    "warning_by_teacher",
]
