"""Everything that a text says as words: as it stands, and without what writing adds to it."""

import polars as pl

from stillroom.curation.formulas import formula_readings, may_have_formulas
from stillroom.curation.markup import readings
from stillroom.curation.text_columns import rows_with
from stillroom.curation.typesetting import may_be_typeset, without_typesetting

_MAY_BE_WRITTEN = (  # for Rust's regular expressions
    r"\\(?:[nrtu]|[A-Za-z]{2})",
    r"<[!/<A-Za-z]",
    r"&[#A-Za-z]",
    "%(?:20|[C-Fc-f][0-9A-Fa-f]%)",
)


def readings_of_words(text: str) -> list[str]:
    """A text, then what it says without markup, without commands of formulas and without typesetting, each once."""
    found = readings(text)
    found += formula_readings(_plain(found))
    return [*dict.fromkeys((*found, *map(without_typesetting, found)))]


def all_readings(texts: pl.Series) -> tuple[list[int], list[str]]:
    """``readings_of_words`` of each text, sooner: by whole columns it is asked first which of them may have any.

    Returns:
        The row that each reading is of, and the readings; those of a row may be parted.
    """
    places = rows_with(texts, _MAY_BE_WRITTEN, beyond_ascii="")
    found: list[str] = texts.to_list()
    of_places = [readings(found[row]) for row in places]
    for at in may_have_formulas(pl.Series([*map(_plain, of_places)], dtype=pl.String)):
        of_places[at] = [*dict.fromkeys((*of_places[at], *formula_readings(_plain(of_places[at]))))]
    written = [(row, one) for row, of_row in zip(places, of_places, strict=True) for one in of_row[1:]]
    rows, further = [row for row, _ in written], [reading for _, reading in written]
    again = pl.Series(further, dtype=pl.String)
    typeset = [(row, found[row]) for row in may_be_typeset(texts)] + [written[at] for at in may_be_typeset(again)]
    spoken = [(row, reading, without_typesetting(reading)) for row, reading in typeset]
    changed = [(row, plain) for row, reading, plain in spoken if plain != reading]
    rows = [*range(len(found)), *rows, *(row for row, _ in changed)]
    return rows, [*found, *further, *(plain for _, plain in changed)]


def _plain(of_text: list[str]) -> str:
    """Of the readings of a text the one without markup."""
    return of_text[min(1, len(of_text) - 1)]
