"""Checks the docs: docs/tables.md is what the schema says, and every relative link leads to a file."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from stillroom.cli.schema_page import markdown_page

ROOT = Path(__file__).resolve().parents[1]
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
PAGES = (
    *ROOT.glob("*.md"),
    *ROOT.glob("docs/**/*.md"),
    *ROOT.glob("data/*.md"),
    *ROOT.glob("deployments/**/README.md"),
)


def mistakes() -> Iterator[str]:
    """One line for each thing that is wrong."""
    if (ROOT / "docs" / "tables.md").read_text(encoding="utf-8") != markdown_page():
        yield "docs/tables.md is not what the schema says; run: uv run stillroom schema --markdown > docs/tables.md"
    for page in PAGES:
        for link in LINK.findall(page.read_text(encoding="utf-8")):
            target = link.partition("#")[0]
            if target and "://" not in target and not (page.parent / target).exists():
                yield f"{page.relative_to(ROOT)} links to {target}, which does not exist"


if __name__ == "__main__":
    found = list(mistakes())
    print(*found, sep="\n")
    sys.exit(bool(found))
