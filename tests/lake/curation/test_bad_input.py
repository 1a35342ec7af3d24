"""What a corpus may hold: nothing, binary, characters that cannot be seen, a million equal rows."""

import numpy as np
import polars as pl
import pytest

from stillroom.curation import find_duplicates
from stillroom.curation.benchmark_search import SEARCHES
from stillroom.curation.filters.chosen import content_filters, length_filters
from stillroom.curation.filters.finding import first_finding
from stillroom.curation.selection import Published, curate
from stillroom.embedding.packaged import PackagedEmbedder
from stillroom.recipe import Curation, Filters, Selection
from tests.lake.curation.test_selection import candidate, gates
from tests.unit.curation.test_contamination import items

BINARY = bytes(range(256)).decode("latin-1") * 8
ODD = {
    "empty": "",
    "blank": " \t\n ",
    "binary": BINARY,
    "binary-again": BINARY[:-1] + "!",
    "undecodable": bytes(range(256)).decode("utf-8", "replace"),
    "invisible": "\u200b\u2060\ufeff",
    "marks": "e" + "\u0301" * 5_000,
    "composed": "caf\u00e9 " * 40,
    "decomposed": "cafe\u0301 " * 40,
    "wide": "\uff43\uff41\uff46\u00e9 " * 40,
    "one-line": "x" * 300_000,
    "deep": "(" * 5_000 + ")" * 5_000,
}
GRAM = "thirteen words in a row that stand at the very end of it all"


def test_odd_texts_pass_through_every_gate():
    """Each is a prompt with itself as its answer; all kinds of duplicates are looked for at once."""
    curated = curate(
        [candidate(id_, prompt=f"of {id_}", task=f"{text} {id_}", answer=text) for id_, text in ODD.items()],
        selection=Selection(),
        curation=Curation.model_validate(
            {
                "near_answers": {"threshold": 0.7},
                "near_prompts": None,
                "structural_answers": True,
                "structural_prompts": True,
                "semantic_answers": {"threshold": 0.999},
            }
        ),
        answers=Published(texts=lambda _: ()),
        prompts=Published(texts=lambda _: ()),
        embedder=PackagedEmbedder(),
    )

    found = gates(curated)
    dropped = {one.sample_id: one.matched_id for one in curated.decisions if one.gate.value == "exact-duplicate"}
    assert found.keys() == ODD.keys()
    assert dropped == {"empty": "blank", "decomposed": "composed", "wide": "composed"}
    assert (found["blank"], found["composed"], found["binary"]) == ("kept", "kept", "kept")
    assert found["binary-again"] == "near-duplicate"


def test_odd_texts_are_clean_and_no_filter_stumbles_over_them():
    languages = {"allowed": ["en"]}
    section = Filters.model_validate({"secrets": {}, "personal_data": {}, "languages": languages, "length": {}})
    filters = [*content_filters(section), *length_filters(section, [1] * 20, [1] * 20)[0]]
    frame = pl.DataFrame({"id": [*ODD], "text": [*ODD.values()]})
    benchmark = items(*ODD.values(), GRAM)
    for search in SEARCHES:
        assert "d" not in search(benchmark).find(frame)["item_id"]
        assert search(items(GRAM)).find(frame).is_empty()
    for text in ODD.values():
        first_finding(filters, text)


@pytest.mark.slow
def test_a_million_identical_rows():
    new = pl.DataFrame({"id": pl.Series(np.arange(1_000_000)).cast(pl.String), "rank": np.arange(1_000_000)})
    found = find_duplicates(new.with_columns(text=pl.lit("def f(x):\n    return x + 1  # one and the same answer\n")))

    assert (len(found.drops), len(found.signatures), found.crowded_buckets) == (999_999, 1, 0)
    assert found.drops["representative_id"].unique().to_list() == ["0"]
    assert found.drops["method"].unique().to_list() == ["exact"]
