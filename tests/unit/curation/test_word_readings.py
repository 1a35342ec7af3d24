"""Many texts at once are read as each is by itself."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from stillroom.curation.word_readings import all_readings, readings_of_words

WRITTEN = st.sampled_from(
    [
        *(
            "1",
            "12",
            "000",
            ",",
            "_",
            "{,}",
            "\\,",
            ",\\!",
            " ",
            "\n",
            "x",
            "dog",
            "chil",
            "-\n",
            "- \t\r\n",
            "\u2010\n",
            "-\u2028",
            "\u00ad",
            "# ",
            "**",
            "[1]",
            "[^2]",
            "](",
        ),
        *(
            "http://a.b/c",
            ")",
            "[",
            "¹",
            "²",
            "\uff0c",
            "\u202f",
            "٬",
            ".",
            "<b>",
            "</b>",
            "<sup>1</sup>",
            "&lt;",
            "\\n",
        ),
        *(
            "\\u4e2d",
            "%20",
            "%C3%A9",
            "\\frac",
            "\\pi",
            "_2",
            "π",
            "ß",
            "i\u0307",
            "<<",
            "=1>>",
            "\\",
            "&nbsp ",
            "∑",
            "°",
        ),
    ]
)


@given(st.lists(st.lists(WRITTEN, max_size=12).map("".join), max_size=5))
def test_what_is_asked_of_whole_columns_leaves_no_reading_out(texts: list[str]) -> None:
    rows, found = all_readings(pl.Series(texts, dtype=pl.String))
    of_rows = [{reading for row, reading in zip(rows, found, strict=True) if row == at} for at in range(len(texts))]
    assert found[: len(texts)] == texts
    assert of_rows == [set(readings_of_words(text)) for text in texts]
