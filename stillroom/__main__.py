"""``python -m stillroom`` is the same as ``stillroom``."""

from stillroom.cli import main

main()
