"""Where on this machine environments, models and the state of servers live, whichever checkout uses them."""

import os
from pathlib import Path


def home() -> Path:
    """``$STILLROOM_HOME``, by default ``~/.local/share/stillroom``."""
    return Path(os.environ.get("STILLROOM_HOME") or Path.home() / ".local" / "share" / "stillroom").expanduser()
