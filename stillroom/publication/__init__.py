"""Publication: the only writer of examples and snapshots, and their frozen copies."""

from stillroom.publication.frozen import freeze, freeze_missing, manifest
from stillroom.publication.publish import Snapshot, publish, snapshots

__all__ = ["Snapshot", "freeze", "freeze_missing", "manifest", "publish", "snapshots"]
