"""Publication: the only writer of examples and snapshots, and their frozen copies."""

from stillroom.publication.comparison import Comparison, compare
from stillroom.publication.frozen import freeze, freeze_missing, manifest
from stillroom.publication.publish import Snapshot, publish, published_but_open, snapshots
from stillroom.publication.reexecution import Reexecuted, StandingVerdict, reexecute, standing_verdicts
from stillroom.publication.retraction import KINDS, affected_members, datasets_of, retract
from stillroom.publication.strengths import strengths_of_run

__all__ = [
    "KINDS",
    "Comparison",
    "Reexecuted",
    "Snapshot",
    "StandingVerdict",
    "affected_members",
    "compare",
    "datasets_of",
    "freeze",
    "freeze_missing",
    "manifest",
    "publish",
    "published_but_open",
    "reexecute",
    "retract",
    "snapshots",
    "standing_verdicts",
    "strengths_of_run",
]
