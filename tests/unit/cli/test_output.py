"""What leaves the command line as JSON leaves it while it comes."""

import json
from collections.abc import Iterator

import pytest

from stillroom.cli.output import ROWS_AT_ONCE, print_json_rows


def numbers(until: int) -> Iterator[dict[str, object]]:
    """Rows that end in an error, as those of a file that is torn in its midst."""
    yield from ({"n": number} for number in range(until))
    raise OSError("torn")


def test_rows_are_written_before_the_last_one_is_known(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(OSError, match="torn"):
        print_json_rows(numbers(2 * ROWS_AT_ONCE + 1))

    printed = capsys.readouterr().out
    assert json.loads(printed + "]") == [{"n": number} for number in range(2 * ROWS_AT_ONCE)]


def test_nothing_is_written_where_no_row_can_be_had(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(OSError, match="torn"):
        print_json_rows(numbers(0))
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("count", [0, 1, ROWS_AT_ONCE, ROWS_AT_ONCE + 1])
def test_whatever_their_number_they_are_one_line_of_json(capsys: pytest.CaptureFixture[str], count: int) -> None:
    print_json_rows({"n": number} for number in range(count))
    printed = capsys.readouterr().out
    assert json.loads(printed) == [{"n": number} for number in range(count)]
    assert printed.count("\n") == 1
