"""Publication: the only writer of examples and snapshots, and their frozen copies."""

from stillroom.publication.comparison import DATA_FILES, compare
from stillroom.publication.frozen import freeze, freeze_missing
from stillroom.publication.publish import Snapshot, publish, published_by_build, published_unnoted, snapshots
from stillroom.publication.reexecution import Reexecuted, not_judged, reexecute
from stillroom.publication.retraction import KINDS, affected_members, datasets_of, retract
from stillroom.publication.sealing import Comparison
from stillroom.publication.standing import (
    StandingVerdict,
    Unjudgeable,
    by_verification,
    standing_verdicts,
    unjudgeable,
)
from stillroom.publication.stating import manifest
from stillroom.publication.strengths import strengths_of_run

__all__ = [
    "DATA_FILES",
    "KINDS",
    "Comparison",
    "Reexecuted",
    "Snapshot",
    "StandingVerdict",
    "Unjudgeable",
    "affected_members",
    "by_verification",
    "compare",
    "datasets_of",
    "freeze",
    "freeze_missing",
    "manifest",
    "not_judged",
    "publish",
    "published_by_build",
    "published_unnoted",
    "reexecute",
    "retract",
    "snapshots",
    "standing_verdicts",
    "strengths_of_run",
    "unjudgeable",
]
