"""Publication: the only writer of examples and snapshots, and their frozen copies."""

from stillroom.publication.frozen import freeze, freeze_missing, manifest
from stillroom.publication.publish import Snapshot, publish, snapshots
from stillroom.publication.strengths import strengths_of_run

__all__ = ["Snapshot", "freeze", "freeze_missing", "manifest", "publish", "snapshots", "strengths_of_run"]
