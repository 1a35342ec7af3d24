import random
from collections.abc import Sequence
from pathlib import Path

import duckdb
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stillroom.curation import signed
from stillroom.curation.candidates import Arrivals
from stillroom.curation.duplicates import Duplicates, find_duplicates
from stillroom.curation.near import OldDocuments
from stillroom.curation.pair_tables import PairTables
from stillroom.curation.settings import DedupSettings
from stillroom.errors import LakeError, RequestError
from stillroom.fingerprint import normalise_text

QUICK = settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
SENTENCES = [
    "Write a function that returns the sum of all even numbers in a list.",
    "Write a function that returns the sum of all odd numbers in a list.",
    "Given a string, count how often each of its letters occurs.",
    "Reverse the words of a sentence without using the split method.",
    "Parse a date such as 2024-02-29 and say whether it exists.",
    "Merge two sorted linked lists into one, in place.",
]
WORDS = ["list", "tuple", "string", "number", "sorted", "reverse", "empty", "file", "graph", "node", "tree", "matrix"]


@st.composite
def corpora(draw: st.DrawFn, most: int = 14) -> pl.DataFrame:
    """Documents among which many are small edits of one another."""
    generator = random.Random(draw(st.integers(0, 2**32)))
    texts = [" ".join(generator.choices(WORDS, k=generator.randint(0, 40))) for _ in range(draw(st.integers(1, 4)))]
    for _ in range(draw(st.integers(0, most - len(texts)))):
        words = generator.choice(texts).split(" ")
        for _ in range(generator.randint(0, 4)):
            words[generator.randrange(len(words))] = generator.choice(WORDS)
        texts.append(" ".join(words))
    generator.shuffle(texts)
    return documents(texts, [generator.randint(0, 3) for _ in texts])


def documents(texts: list[str], ranks: list[int] | None = None, *, prefix: str = "d") -> pl.DataFrame:
    return pl.DataFrame(
        {
            "id": [f"{prefix}{index:03}" for index in range(len(texts))],
            "text": texts,
            "rank": ranks or [0] * len(texts),
        },
        schema={"id": pl.String(), "text": pl.String(), "rank": pl.Int64()},
    )


def shingles(text: str) -> set[str]:
    text = normalise_text(text)
    return {text[start : start + 5] for start in range(max(len(text) - 4, min(len(text), 1)))}


def similarity(one: str, other: str) -> float:
    left, right = shingles(one), shingles(other)
    if normalise_text(one) == normalise_text(other):
        return 1.0
    return len(left & right) / len(left | right) if left | right else 0.0


def brute_force(new: pl.DataFrame, threshold: float = 0.7) -> dict[str, str]:
    """Representatives by dropped id, from all pairs, one document after another."""
    kept: list[tuple[str, str]] = []
    representatives: dict[str, str] = {}
    for id_, text in new.sort("rank", "id").select("id", "text").iter_rows():
        match = next((other for other, kept_text in kept if similarity(text, kept_text) >= threshold), None)
        if match is None:
            kept.append((id_, text))
        else:
            representatives[id_] = match
    return representatives


def walk(new: pl.DataFrame, bounds: DedupSettings) -> dict[str, str]:
    """Representatives, from one document after another beside the first and the latest kept ones of its buckets."""
    bands = dict(find_duplicates(new, settings=bounds).signatures.select("id", "bands").iter_rows())
    in_order = new.sort("rank", "id")["id"].to_list()
    texts = dict(new.select("id", "text").iter_rows())
    first = bounds.bucket_peers // 2
    latest = bounds.bucket_peers - first
    kept: dict[tuple[int, int], list[str]] = {}
    representatives: dict[str, str] = {}
    for id_ in in_order:
        buckets = [*enumerate(bands[id_])] if texts[id_] else []
        met = {other for one in buckets for other in (*kept.get(one, ())[:first], *kept.get(one, ())[-latest:])}
        alike = [one for one in met if similarity(texts[id_], texts[one]) >= bounds.threshold]
        if alike:
            representatives[id_] = min(alike, key=in_order.index)
            continue
        for one in buckets:
            kept.setdefault(one, []).append(id_)
    return representatives


def representatives_of(found: Duplicates) -> dict[str, str]:
    return dict(found.drops.select("id", "representative_id").iter_rows())


def as_old(all_documents: pl.DataFrame, signatures: pl.DataFrame) -> OldDocuments:
    return OldDocuments(
        signatures=signatures,
        texts=lambda ids: [all_documents.filter(pl.col("id").is_in(ids)).select("id", "text")],
    )


@QUICK
@given(corpora())
def test_drops_are_those_of_brute_force(new: pl.DataFrame):
    found = find_duplicates(new, settings=DedupSettings(recall=0.999999))
    assert representatives_of(found) == brute_force(new)
    texts = dict(new.select("id", "text").iter_rows())
    for id_, representative, score, method in found.drops.iter_rows():
        assert score == similarity(texts[id_], texts[representative])
        assert method == ("exact" if normalise_text(texts[id_]) == normalise_text(texts[representative]) else "near")


@pytest.mark.parametrize("threshold", [0.5, 0.7, 0.9])
@QUICK
@given(corpora(most=60), st.integers(2, 4))
def test_drops_are_those_of_a_walk_that_meets_few_of_a_bucket(threshold: float, new: pl.DataFrame, peers: int):
    new = new.unique("text", maintain_order=True)
    bounds = DedupSettings(threshold=threshold, bucket_peers=peers, recall=0.9)
    assert representatives_of(find_duplicates(new, settings=bounds)) == walk(new, bounds)


def test_buckets_are_paired_again_only_where_it_changed_who_is_kept(monkeypatch: pytest.MonkeyPatch):
    generator = random.Random(11)
    words = generator.choices(WORDS, k=40)
    texts: list[str] = []
    for _ in range(80):
        changed = list(words)
        for _ in range(generator.randint(0, 9)):
            changed[generator.randrange(40)] = generator.choice(WORDS)
        texts.append(" ".join(changed))
    new = documents([*dict.fromkeys(texts)])
    bounds = DedupSettings(bucket_peers=2, recall=0.9)
    paired: list[int] = []
    forget = PairTables.forget_pairs

    def counted(tables: PairTables, buckets: Arrivals) -> None:
        paired.append(len(buckets))
        forget(tables, buckets)

    monkeypatch.setattr(PairTables, "forget_pairs", counted)
    found = find_duplicates(new, settings=bounds)

    assert found.crowded_buckets == paired[0]
    assert len(paired) > 2
    assert paired[-1] < paired[0] / 2
    assert representatives_of(found) == walk(new, bounds)


@QUICK
@given(corpora(), st.randoms())
def test_the_order_of_rows_does_not_matter(new: pl.DataFrame, generator: random.Random):
    order = list(range(len(new)))
    generator.shuffle(order)
    one, other = find_duplicates(new), find_duplicates(new[order])
    assert one.drops.equals(other.drops)
    assert one.clusters.equals(other.clusters)
    assert one.signatures.equals(other.signatures)


@QUICK
@given(corpora(), st.integers(1, 4))
def test_runs_one_after_another_keep_what_one_batch_keeps(corpus: pl.DataFrame, runs: int):
    size = -(-len(corpus) // runs)
    batches = [corpus[start : start + size] for start in range(0, len(corpus), size)]
    in_order = [batch.with_columns(rank=pl.col("rank") + 10 * number) for number, batch in enumerate(batches)]
    batch = find_duplicates(pl.concat(in_order))
    published = pl.DataFrame(schema=batch.signatures.schema)
    drops: dict[str, str] = {}
    for run in in_order:
        found = find_duplicates(run, as_old(corpus, published))
        drops |= representatives_of(found)
        published = pl.concat([published, found.signatures.filter(~pl.col("id").is_in(list(drops)))])
    assert drops == representatives_of(batch)


@pytest.mark.parametrize(
    "narrow",
    [
        pytest.param(DedupSettings(bucket_peers=2, recall=0.9), id="few-peers"),
        pytest.param(DedupSettings(most_compared=1), id="few-comparisons"),
        pytest.param(DedupSettings(bucket_peers=2, most_compared=1, recall=0.9), id="few-of-both"),
    ],
)
@QUICK
@given(corpora(most=24), st.integers(1, 4))
def test_narrow_bounds_find_the_same_in_runs_as_in_one_batch(narrow: DedupSettings, corpus: pl.DataFrame, runs: int):
    corpus = corpus.unique("text", maintain_order=True)
    size = -(-len(corpus) // runs)
    in_order = [
        corpus[start : start + size].with_columns(rank=pl.col("rank") + 10 * start)
        for start in range(0, len(corpus), size)
    ]
    batch = find_duplicates(pl.concat(in_order), settings=narrow)
    published = pl.DataFrame(schema=batch.signatures.schema)
    drops: dict[str, str] = {}
    for run in in_order:
        found = find_duplicates(run, as_old(corpus, published), narrow)
        drops |= representatives_of(found)
        published = pl.concat([published, found.signatures.filter(~pl.col("id").is_in(list(drops)))])
    assert drops == representatives_of(batch)


def test_a_dropped_document_takes_no_kept_ones_place_among_those_compared():
    kept, dropped = "abcdefghijklmnopqrstuvwxyz0123456789", "abcdefghijklmnopqrstuvwxyz01234!"
    last = "cdefghijklmnopqrstuvwxyz01234!"
    assert similarity(last, dropped) > similarity(last, kept) >= 0.7
    one_each = DedupSettings(most_compared=1)
    batch = find_duplicates(documents([kept, dropped, last], [0, 1, 2]), settings=one_each)
    first = find_duplicates(documents([kept]), settings=one_each)
    later = find_duplicates(documents([last], prefix="w"), as_old(documents([kept]), first.signatures), one_each)
    assert representatives_of(batch) == {"d001": "d000", "d002": "d000"}
    assert representatives_of(later) == {"w000": "d000"}


def test_without_near_only_equal_texts_are_duplicates():
    same_shingles = ["aaaaaa", "aaaaaaa", "aaaaaa"]
    assert representatives_of(find_duplicates(documents(same_shingles))) == {"d001": "d000", "d002": "d000"}
    for threshold in (0.7, 1.0):
        found = find_duplicates(documents(same_shingles), settings=DedupSettings(near=False, threshold=threshold))
        assert found.drops.rows() == [("d002", "d000", 1.0, "exact")]


def test_without_exact_equal_texts_stay_and_similar_ones_go():
    only_near = DedupSettings(exact=False)
    texts = [SENTENCES[0], SENTENCES[0], SENTENCES[1], SENTENCES[2], SENTENCES[1]]
    found = find_duplicates(documents(texts), settings=only_near)
    assert representatives_of(found) == {"d002": "d000", "d004": "d000"}
    assert set(found.drops["method"]) == {"near"}
    old = as_old(documents(texts[:1], prefix="old"), find_duplicates(documents(texts[:1], prefix="old")).signatures)
    later = find_duplicates(documents(texts), old, only_near)
    assert representatives_of(later) == {"d002": "old000", "d004": "old000"}


def test_a_lazy_frame_over_parquet_gives_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    new = documents([*SENTENCES, *(text.replace("the", "teh") for text in SENTENCES)], [3, 1, 2] * 4)
    new.write_parquet(tmp_path / "new.parquet")
    monkeypatch.setattr("stillroom.curation.budget.Budget.documents", 5)
    lazy, eager = find_duplicates(pl.scan_parquet(tmp_path / "new.parquet")), find_duplicates(new)
    assert lazy.drops.equals(eager.drops)
    assert lazy.signatures.equals(eager.signatures)


def test_a_text_of_megabytes_among_small_ones():
    generator = random.Random(5)
    giant = " ".join(generator.choices(WORDS, k=600_000))
    found = find_duplicates(documents([giant, "small", giant[:-1_000], giant + " "]))
    assert representatives_of(found) == {"d002": "d000", "d003": "d000"}


def test_no_room_to_spill_is_an_error_of_the_lake(monkeypatch: pytest.MonkeyPatch):
    def full(_: object, __: float) -> pl.DataFrame:
        raise duckdb.OutOfMemoryException("disk full")

    monkeypatch.setattr(PairTables, "matches", full)
    with pytest.raises(LakeError, match=r"disk full.*MB free.*Free space"):
        find_duplicates(documents(SENTENCES))


@pytest.mark.parametrize("name", ["missing", "a-file"])
def test_no_folder_to_spill_to_is_an_error_of_the_lake(tmp_path: Path, name: str):
    (tmp_path / "a-file").touch()
    with pytest.raises(LakeError, match=rf"{name}.*no such folder"):
        find_duplicates(documents(SENTENCES), settings=DedupSettings(spill_directory=tmp_path / name))


def test_nothing_is_left_where_it_spilled(tmp_path: Path):
    find_duplicates(documents(SENTENCES), settings=DedupSettings(spill_directory=tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_an_old_document_wins_over_any_newcomer():
    first = find_duplicates(documents([SENTENCES[0]], [99], prefix="old"))
    old = as_old(documents([SENTENCES[0]], prefix="old"), first.signatures)
    found = find_duplicates(documents([SENTENCES[1], SENTENCES[0], SENTENCES[2]], [-5, -9, 0]), old)
    assert representatives_of(found) == {"d000": "old000", "d001": "old000"}
    assert set(found.drops["method"]) == {"exact", "near"}
    assert found.clusters.rows() == [("old000", "old000", True), ("old000", "d001", False), ("old000", "d000", False)]


def test_rank_decides_among_newcomers():
    found = find_duplicates(documents([SENTENCES[0], SENTENCES[1], SENTENCES[3]], [2, 1, 3]))
    assert representatives_of(found) == {"d000": "d001"}


def test_unicode_that_normalises_to_the_same_is_an_exact_duplicate():
    found = find_duplicates(
        documents(["ﬁnd the café", "find the cafe\u0301", "find  the caf\u00e9 \r\n", "find the cafes"])
    )
    assert found.drops.filter(pl.col("method") == "exact")["id"].to_list() == ["d001", "d002"]


def test_a_power_an_index_or_a_fraction_is_no_digit_on_the_line():
    tasks = [
        "What is 12²?",
        "What is 122?",
        "Is 10⁻³ a prime?",
        "Is 10\u22123 a prime?",
        "Find f(x₁).",
        "Find f(x1).",
        "1½",
        "11\u20442",
    ]
    assert not len(find_duplicates(documents(tasks)).drops)
    assert representatives_of(find_duplicates(documents(["12²", "122", "12² "]))) == {"d002": "d000"}


def test_texts_too_short_to_shingle_are_duplicates_only_when_equal():
    found = find_duplicates(documents(["", "  \n", "ab", "ab", "abc", "abcd", "a", "\x00"]))
    assert representatives_of(found) == {"d001": "d000", "d003": "d002"}
    assert set(found.drops["method"]) == {"exact"}


def test_no_documents_are_no_duplicates():
    found = find_duplicates(documents([]))
    assert (len(found.drops), len(found.clusters), len(found.signatures)) == (0, 0, 0)
    assert found.signatures.schema == find_duplicates(documents(["x"])).signatures.schema


def test_identical_rows_cost_no_pairs():
    found = find_duplicates(documents([SENTENCES[0]] * 20_000))
    assert len(found.drops) == 19_999
    assert set(found.drops["representative_id"]) == {"d000"}
    assert len(found.signatures) == 1


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        pytest.param(documents(["a"]).drop("rank"), "no column 'rank'", id="missing-column"),
        pytest.param(documents(["a"]).with_columns(id=pl.lit(1)), "column 'id'", id="wrong-type"),
        pytest.param(documents(["a"]).with_columns(text=pl.lit(None, pl.String())), "empty values", id="null-text"),
        pytest.param(documents(["a"]).with_columns(rank=pl.lit(float("nan"))), "empty values", id="nan-rank"),
        pytest.param(documents(["a", "b"]).with_columns(id=pl.lit("x")), "occurs twice", id="repeated-id"),
    ],
)
def test_bad_frames_are_refused(frame: pl.DataFrame, message: str):
    with pytest.raises(RequestError, match=message):
        find_duplicates(frame)


def test_old_signatures_of_other_settings_are_refused():
    signatures = find_duplicates(documents(SENTENCES, prefix="old")).signatures
    with pytest.raises(RequestError, match="sign the old documents again"):
        find_duplicates(
            documents(SENTENCES), as_old(documents(SENTENCES, prefix="old"), signatures), DedupSettings(threshold=0.9)
        )


def test_a_published_document_is_not_new():
    signatures = find_duplicates(documents(SENTENCES)).signatures
    with pytest.raises(RequestError, match="both new and old"):
        find_duplicates(documents(SENTENCES), as_old(documents(SENTENCES), signatures))


@pytest.mark.parametrize("arrivals", [[0, 1, 2], [2, 0, 1], [70, 5, 900], [1 << 40, 5, 1 << 33]])
def test_old_documents_come_in_any_order_with_any_arrivals(arrivals: list[int]):
    old = documents(["", *SENTENCES[2:4]], prefix="old")
    signatures = find_duplicates(old).signatures.with_columns(arrival=pl.Series(arrivals))
    new = documents([SENTENCES[5], SENTENCES[3] + "!", SENTENCES[2], SENTENCES[5] + "?", ""])
    found = find_duplicates(new, as_old(old, signatures))
    assert representatives_of(found) == {"d001": "old002", "d002": "old001", "d003": "d000", "d004": "old000"}
    assert found.signatures["arrival"].to_list() == [max(arrivals) + 1 + row for row in range(5)]
    with pytest.raises(RequestError, match="same arrival"):
        find_duplicates(new, as_old(old, signatures.with_columns(arrival=pl.lit(7, pl.Int64))))


def test_missing_old_texts_are_an_error():
    signatures = find_duplicates(documents(SENTENCES[:1], prefix="old")).signatures
    with pytest.raises(LakeError, match="old000"):
        find_duplicates(documents(SENTENCES[1:2]), as_old(documents([], prefix="old"), signatures))


def test_kernels_are_loaded_while_old_signatures_are_read(monkeypatch: pytest.MonkeyPatch):
    new = documents(SENTENCES)
    old = as_old(new, find_duplicates(new).signatures)
    began: list[str] = []

    def watched(signatures: pl.DataFrame, _: DedupSettings) -> None:
        began.append(f"{len(signatures)} old signatures")

    def loading(kernels: Sequence[object]) -> None:
        began.append(f"{len(kernels)} kernels")

    monkeypatch.setattr(signed, "load", loading)
    monkeypatch.setattr(signed, "check_signatures", watched)
    find_duplicates(documents(["Something else."], prefix="n"), old)
    assert began == ["3 kernels", "6 old signatures"]
