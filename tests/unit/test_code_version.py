"""Two states of the source are told apart, and one is the same wherever it lies."""

import shutil
from pathlib import Path

from stillroom import __version__
from stillroom.code_version import code_version, digest_of


def test_it_begins_with_the_version_and_stays_what_it_was() -> None:
    assert code_version().startswith(f"{__version__}+")
    assert code_version() == code_version()


def test_a_changed_line_or_name_is_other_code_and_another_place_is_not(tmp_path: Path) -> None:
    one = tmp_path / "one"
    one.mkdir()
    (one / "a.py").write_text("x = 1\n")
    (one / "notes.txt").write_text("no code")
    before = digest_of({"p": one})
    assert digest_of({"p": Path(shutil.copytree(one, tmp_path / "two"))}) == before
    (one / "notes.txt").write_text("other words")
    assert digest_of({"p": one}) == before
    (one / "a.py").write_text("x = 2\n")
    changed = digest_of({"p": one})
    (one / "a.py").rename(one / "b.py")
    assert len({before, changed, digest_of({"p": one})}) == 3
