"""A lake that has published documents, and what a curation does with new ones in it: read, compare, decide, commit."""

import time
from pathlib import Path

import polars as pl

from stillroom.curation.selection import Candidate, Published, curate
from stillroom.curation.settings import Room
from stillroom.lake import Lake
from stillroom.recipe import Recipe
from stillroom.runs.compared import compared_with, rows_of

DATASET, RUN, NEXT = "documents", "documents-r1", "documents-r2"
RECIPE = Recipe.model_validate(
    {
        "dataset": DATASET,
        "capability": "code",
        "prompts": "prompts.jsonl",
        "teachers": [{"name": "one", "urls": ["http://127.0.0.1:9"], "model": "some/model"}],
        "curation": {"near_prompts": None, "near_answers": {"threshold": 0.7}},
    }
)


def publish(root: Path, texts: pl.LazyFrame, signatures: pl.DataFrame) -> None:
    """Make a lake whose dataset holds these answers (id, text), with their signatures."""
    lake = Lake.open(root, create=True)
    try:
        told = ("state", "capability", "recipe", "sections", "stages", "code_version", "note")
        run = {"version": 1, "dataset": DATASET, **dict.fromkeys(told, "{}")}
        lake.commit("runs", {"runs": [{**run, "run_id": RUN}]}, run_id=RUN)
        lake.commit("next", {"runs": [{**run, "run_id": NEXT}]}, run_id=NEXT)
        signed = signatures.rename({"id": "owner_id"}).with_columns(curation_id=pl.lit("c"), kind=pl.lit("answer"))
        lake.commit("signatures", {"dedup_signatures": [signed]}, run_id=RUN)
        same = ("capability", "topic", "difficulty_asked", "origin", "teacher_id", "verifier", "verifier_id")
        kept = texts.join(signatures.lazy().select("id"), on="id", how="semi")
        for number, batch in enumerate(kept.collect_batches(chunk_size=100_000)):
            examples = batch.select(
                pl.col("id").alias("example_id"),
                pl.col("id").alias("sample_id"),
                pl.concat_str(pl.lit("p"), "id").alias("prompt_id"),
                pl.lit([]).cast(pl.List(pl.Struct({"role": pl.String, "content": pl.String}))).alias("messages"),
                pl.col("text").alias("answer"),
                pl.lit("c").alias("curation_id"),
                *(pl.lit("some").alias(name) for name in same),
            )
            members = batch.select(pl.lit(DATASET).alias("name"), pl.lit(1).alias("version"), example_id="id")
            lake.commit(f"examples:{number}", {"examples": [examples], "snapshot_members": [members]}, run_id=RUN)
    finally:
        lake.close()


def curated(root: Path, new: pl.DataFrame) -> tuple[float, int]:
    """Curate new answers (id, text, rank) in it; returns the seconds, and how many were dropped as duplicates."""
    lake = Lake.open(root)
    try:
        start = time.perf_counter()
        with lake.within(RECIPE.execution.memory_bytes):
            answers, signed = compared_with(lake, RECIPE, "answer", texts=new["text"].to_list())
            found = curate(
                [_candidate(*row) for row in new.select("id", "text", "rank").iter_rows()],
                selection=RECIPE.selection,
                curation=RECIPE.curation,
                answers=answers,
                prompts=Published(texts=lambda _: ()),
                room=Room(memory_bytes=RECIPE.execution.memory_bytes, spill_directory=root / "tmp"),
            )
            rows = [*signed["dedup_signatures"], *rows_of("answer", found.duplicates["answer"])["dedup_signatures"]]
            frames = [part.with_columns(curation_id=pl.lit("d")) for part in rows if isinstance(part, pl.DataFrame)]
            lake.commit("curation:d", {"dedup_signatures": frames}, run_id=NEXT)
        seconds = time.perf_counter() - start
    finally:
        lake.close()
    return seconds, sum("duplicate" in one.gate.value for one in found.decisions)


def _candidate(id_: str, text: str, rank: int) -> Candidate:
    return Candidate(
        sample_id=id_,
        prompt_id=f"of {id_}",
        sample_index=0,
        task=id_,
        answer=text,
        outcome="pass",
        reason="",
        evidence="",
        prompt_rank=rank,
        is_published=False,
    )
