"""Requirements of the sandbox: pins alone, in one form, whatever order and spelling they come in."""

from pathlib import Path

import pytest

from stillroom.errors import RequestError
from stillroom.records.libraries import MAX_LIBRARIES, pinned, read_libraries


def file(folder: Path, text: str) -> Path:
    path = folder / "requirements.txt"
    path.write_text(text, encoding="utf-8")
    return path


def test_pins_are_sorted_and_spelt_alike(tmp_path: Path) -> None:
    found = read_libraries(file(tmp_path, "# arrays\nnumpy==2.1.0\n\nMy_Lib.Two==1.0  # and why\nnumpy==2.1.0\n"))

    assert found == ("my-lib-two==1.0", "numpy==2.1.0")
    assert pinned(found, "the list") == found


@pytest.mark.parametrize("text", ["numpy", "numpy>=2", "-r other.txt", "", "# nothing", "git+https://x/y"])
def test_requirements_that_are_no_pins_are_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(RequestError, match=r"requirements\.txt"):
        read_libraries(file(tmp_path, text))


def test_no_libraries_are_named_by_an_empty_file_where_that_replaces_others(tmp_path: Path) -> None:
    assert read_libraries(file(tmp_path, "# none\n"), may_be_none=True) == ()


def test_line_that_is_no_pin_is_named(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match=r"requirements\.txt:2: found 'numpy>=2', expected `name==version`"):
        read_libraries(file(tmp_path, "six==1.16\nnumpy>=2\n"))


def test_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match=r"absent\.txt cannot be read"):
        read_libraries(tmp_path / "absent.txt")


def test_too_many_are_refused() -> None:
    with pytest.raises(RequestError, match="at most 200"):
        pinned([f"lib{number}==1" for number in range(MAX_LIBRARIES + 1)], "the list")
