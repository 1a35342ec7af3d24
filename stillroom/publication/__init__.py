"""Publication: the only writer of examples and snapshots, and their frozen copies."""

from stillroom.publication.comparison import Comparison, compare
from stillroom.publication.frozen import freeze, freeze_missing, manifest
from stillroom.publication.publish import Snapshot, publish, published_but_open, snapshots
from stillroom.publication.strengths import strengths_of_run

__all__ = [
    "Comparison",
    "Snapshot",
    "compare",
    "freeze",
    "freeze_missing",
    "manifest",
    "publish",
    "published_but_open",
    "snapshots",
    "strengths_of_run",
]
