"""Further kinds of duplicates: one walk through all of them keeps what comparing all pairs in order would keep."""

import random

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stillroom.curation.duplicates import Duplicates, find_duplicates
from stillroom.curation.settings import DedupSettings
from stillroom.curation.structural import Structural
from stillroom.curation.structures import Structure
from stillroom.errors import RequestError
from stillroom.fingerprint import normalise_text
from tests.lake.curation.test_duplicates import SENTENCES, as_old, documents, representatives_of, similarity

QUICK = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
WORDS = ["list", "tuple", "string", "number", "sorted", "reverse", "empty", "file", "graph", "node", "tree", "matrix"]


def last_word(text: str) -> str:
    """A structure that has nothing to do with how similar texts are; none where the last word is the first of all."""
    word = text.split(" ")[-1]
    return "" if word == WORDS[0] else word


STRUCTURE = Structure(method="last-word@1", but_for="all but its last word", of=last_word)
SURE = {"recall": 0.999999}


@st.composite
def corpora(draw: st.DrawFn, most: int = 16) -> pl.DataFrame:
    generator = random.Random(draw(st.integers(0, 2**32)))
    texts = [" ".join(generator.choices(WORDS, k=generator.randint(0, 30))) for _ in range(draw(st.integers(1, 5)))]
    for _ in range(draw(st.integers(0, most - len(texts)))):
        words = generator.choice(texts).split(" ")
        for _ in range(generator.randint(0, 3)):
            words[generator.randrange(len(words))] = generator.choice(WORDS)
        texts.append(" ".join([*words[:-1], generator.choice([words[-1], *WORDS])]))
    generator.shuffle(texts)
    return documents(texts, [generator.randint(0, 3) for _ in texts])


def ways(one: str, other: str, how: DedupSettings) -> set[str]:
    """In which ways two texts are duplicates, straight from the definitions."""
    left, right = normalise_text(one), normalise_text(other)
    if left == right:
        return {"exact"} if how.exact else set()
    found = {"near"} if how.near and similarity(one, other) >= how.threshold else set()
    structure = last_word(left)
    return found | ({"structural"} if structure and structure == last_word(right) else set())


def brute_force(new: pl.DataFrame, how: DedupSettings) -> dict[str, tuple[str, set[str]]]:
    kept: list[tuple[str, str]] = []
    dropped: dict[str, tuple[str, set[str]]] = {}
    for id_, text in new.sort("rank", "id").select("id", "text").iter_rows():
        found = next(((other, is_) for other, old in kept if (is_ := ways(text, old, how))), None)
        if found is None:
            kept.append((id_, text))
        else:
            dropped[id_] = found
    return dropped


@pytest.mark.parametrize(
    "how",
    [
        pytest.param(DedupSettings(**SURE), id="all"),
        pytest.param(DedupSettings(near=False, **SURE), id="without-near"),
        pytest.param(DedupSettings(exact=False, **SURE), id="without-exact"),
        pytest.param(DedupSettings(exact=False, near=False, **SURE), id="structure-alone"),
    ],
)
@QUICK
@given(corpora())
def test_drops_are_those_of_brute_force(how: DedupSettings, new: pl.DataFrame):
    found = find_duplicates(new, None, how, [Structural(STRUCTURE)])
    expected = brute_force(new, how)
    assert representatives_of(found) == {id_: representative for id_, (representative, _) in expected.items()}
    texts = dict(new.select("id", "text").iter_rows())
    for id_, representative, score, method in found.drops.iter_rows():
        equal_to_dropped = method != "exact" and normalise_text(texts[id_]) == normalise_text(texts[representative])
        assert method in expected[id_][1] or equal_to_dropped
        if method == "near":
            assert score == similarity(texts[id_], texts[representative])
        else:
            assert score == 1.0


@pytest.mark.parametrize("is_exact", [True, False])
@QUICK
@given(corpora(), st.integers(1, 4))
def test_runs_one_after_another_keep_what_one_batch_keeps(is_exact: bool, corpus: pl.DataFrame, runs: int):
    how = DedupSettings(exact=is_exact, **SURE)
    corpus = corpus if is_exact else corpus.unique("text", maintain_order=True)
    size = -(-len(corpus) // runs)
    in_order = [
        corpus[start : start + size].with_columns(rank=pl.col("rank") + 10 * start)
        for start in range(0, len(corpus), size)
    ]
    batch = find_duplicates(pl.concat(in_order), None, how, [Structural(STRUCTURE)])
    signatures, keys = batch.signatures.clear(), Structural(STRUCTURE).computed
    drops: dict[str, str] = {}
    for run in in_order:
        kind = Structural(STRUCTURE, keys)
        found = find_duplicates(run, as_old(corpus, signatures), how, [kind])
        drops |= representatives_of(found)
        signatures = pl.concat([signatures, found.signatures.filter(~pl.col("id").is_in(list(drops)))])
        keys = pl.concat([keys, kind.computed])
    assert drops == representatives_of(batch)


def of_structure(texts: list[str], ranks: list[int] | None = None) -> Duplicates:
    return find_duplicates(documents(texts, ranks), kinds=[Structural(STRUCTURE)])


def test_nothing_is_dropped_in_favour_of_what_is_itself_dropped():
    """The second is like the first by structure, the third like the second by its words, and unlike the first."""
    texts = [f"{SENTENCES[2]} end", f"{SENTENCES[0]} end", f"{SENTENCES[0]} other"]
    assert representatives_of(find_duplicates(documents(texts))) == {"d002": "d001"}
    assert representatives_of(of_structure(texts)) == {"d001": "d000"}


def test_a_document_goes_to_the_earliest_kept_one_in_whatever_way():
    texts = [f"{SENTENCES[0]} one", f"{SENTENCES[2]} two", f"{SENTENCES[0]} two"]
    assert of_structure(texts).drops.rows()[0][:2] == ("d002", "d000")
    assert of_structure(texts, [1, 0, 2]).drops.rows() == [("d002", "d001", 1.0, "structural")]


def test_old_documents_without_a_key_are_refused():
    old = find_duplicates(documents(SENTENCES[:1], prefix="old"))
    with pytest.raises(RequestError, match="'old000', have no last-word@1"):
        find_duplicates(
            documents(SENTENCES),
            as_old(documents(SENTENCES[:1], prefix="old"), old.signatures),
            None,
            [Structural(STRUCTURE)],
        )


def test_a_hundred_thousand_of_one_structure_take_one_walk():
    texts = [f"{number} word" for number in range(100_000)]
    found = find_duplicates(documents(texts), None, DedupSettings(near=False), [Structural(STRUCTURE)])
    assert set(found.drops["representative_id"]) == {"d000"}
    assert len(found.drops) == 99_999
