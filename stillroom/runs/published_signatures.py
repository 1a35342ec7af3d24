"""The signatures of what a dataset has published, in the order in which it was: all, or those that meet some texts."""

from collections.abc import Mapping, Sequence

import polars as pl

from stillroom.curation.settings import DedupSettings
from stillroom.curation.signatures import SIGNATURE_SCHEMA
from stillroom.curation.sought import Sought
from stillroom.lake import Lake

_MEMBERS = (
    "min(since) AS since FROM lake.published_members WHERE name = $dataset "
    "AND example_id NOT IN (SELECT unnest($leaving::VARCHAR[])) GROUP BY id"
)
_OWNERS = {
    "answer": f"SELECT sample_id AS id, {_MEMBERS}",
    "prompt": f"SELECT prompt_id AS id, {_MEMBERS}",
}
_COLUMNS = {"answer": "sample_id", "prompt": "prompt_id"}  # of a table of examples
_OF_DATASET = "run_id IN (SELECT run_id FROM lake.runs WHERE dataset = $dataset)"
_SOME_OWNERS = f"""
WITH asked AS MATERIALIZED (
    SELECT {{column}} AS id, example_id, run_id, created_at FROM lake.examples
    WHERE {{column}} IN (SELECT unnest($ids)) AND {_OF_DATASET}
    AND example_id NOT IN (SELECT unnest($leaving::VARCHAR[]))
)
SELECT x.id, min(x.since) AS since
FROM (SELECT o.dataset, t.example_id, any_value(t.id) AS id, min(t.created_at) AS since
      FROM asked t JOIN (SELECT DISTINCT run_id, dataset FROM lake.runs) o ON o.run_id = t.run_id
      GROUP BY o.dataset, t.example_id) x
JOIN (SELECT name, example_id, max(version) AS version FROM lake.snapshot_members
      WHERE example_id IN (SELECT example_id FROM asked) GROUP BY name, example_id) m
    ON m.name = x.dataset AND m.example_id = x.example_id
LEFT JOIN (SELECT name, example_id, max(version) AS version FROM lake.removals GROUP BY name, example_id) r
    ON r.name = m.name AND r.example_id = m.example_id
WHERE m.version > coalesce(r.version, 0)
GROUP BY x.id
"""  # noqa: S608 - constants; what `published_members` says of these, which would put together all to say it
_UNSIGNED = f"""
SELECT DISTINCT {{column}} AS id FROM lake.examples
WHERE {_OF_DATASET} AND {{column}} NOT IN (
    SELECT owner_id FROM lake.dedup_signatures
    WHERE kind = $kind AND scheme = $scheme AND owner_id IS NOT NULL AND {_OF_DATASET}
)
"""  # noqa: S608 - constants
_RUNS = "SELECT DISTINCT run_id FROM lake.runs WHERE dataset = $dataset"
_SIGNED = """
SELECT owner_id AS id, arrival, created_at, text_hash, characters, bands, scheme FROM lake.dedup_signatures
WHERE kind = $kind AND len(bands) > 0 AND list_contains($runs, run_id)
"""  # a join with the runs would be read by one thread alone
_AT_A_TIME = 50_000


def scoped(query: str, kind: str, *, elsewhere: bool) -> str:
    """The query about the dataset's own texts, or about those of all others; ``{owners}`` are their ids and ages."""
    own = query.format(owners=_OWNERS[kind], column=_COLUMNS[kind])
    return own.replace("= $dataset", "<> $dataset") if elsewhere else own


def published_signatures(
    lake: Lake,
    dataset: str,
    kind: str,
    settings: DedupSettings,
    *,
    without: Sequence[str] = (),
    elsewhere: bool = False,
    sought: Sought | None = None,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What is published and signed, in its order, and what is published and lacks a signature (id, arrival).

    Args:
        lake: as ``published`` has it, and so all others.
        dataset: likewise.
        kind: likewise.
        settings: likewise.
        without: likewise.
        elsewhere: likewise.
        sought: likewise. Signatures are read some at a time, and only those that it meets are held; arrivals count
            what comes of it.

    Returns:
        A frame of ``SIGNATURE_SCHEMA``, and one of id, arrival: each ascending.
    """

    def asked(query: str, **parameters: object) -> tuple[str, Mapping[str, object]]:
        return scoped(query, kind, elsewhere=elsewhere), {"dataset": dataset, **parameters}

    if sought is None:  # before signatures are read: nothing that comes in between lacks one then
        owners = lake.query(*asked("{owners}", leaving=[*without]))
        runs = lake.query(*asked(_RUNS))["run_id"].to_list()
        signed, places = _signed(lake, {"kind": kind, "runs": runs}, settings, None)
    else:
        unsigned = lake.query(*asked(_UNSIGNED, kind=kind, scheme=settings.scheme))["id"].to_list()
        runs = lake.query(*asked(_RUNS))["run_id"].to_list()
        signed, places = _signed(lake, {"kind": kind, "runs": runs}, settings, sought)
        ids = [*unsigned, *signed["id"]]
        owners = lake.query(*asked(_SOME_OWNERS, ids=ids, leaving=[*without]))
    ordered = owners.join(places, on="id", how="left").sort("since", "arrival", "id", nulls_last=True)
    numbered = ordered.select("id", pl.int_range(pl.len(), dtype=pl.Int64).alias("arrival"))
    found = numbered.join(signed, on="id", how="inner", maintain_order="left")
    return found.select(SIGNATURE_SCHEMA.names()), numbered.join(signed, on="id", how="anti", maintain_order="left")


def _signed(
    lake: Lake, which: Mapping[str, object], settings: DedupSettings, sought: Sought | None
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Of each id the newest signature that counts and is sought, without its arrival; and the newest arrival of any."""
    schema = pl.Schema({**SIGNATURE_SCHEMA, "created_at": pl.Datetime("us")})
    placing = ["id", "arrival", "created_at"]
    comparable, others = [schema.to_frame()], [schema.to_frame().select(placing)]
    for batch in lake.batches(_SIGNED, which, rows=_AT_A_TIME):
        is_comparable = batch["scheme"] == settings.scheme
        others.append(batch.select(placing).filter(~is_comparable))
        some = batch if is_comparable.all() else batch.filter(is_comparable)  # which copies all keys
        some = some.select(schema.names()).cast(schema)
        comparable.append(some if sought is None else some.filter(pl.Series(sought.met_by(some))))
    signed = _newest(pl.concat(comparable))
    arrivals = _newest(pl.concat([signed.select(placing), *others])).select("id", "arrival")
    return signed.drop("arrival", "created_at"), arrivals


def _newest(rows: pl.DataFrame) -> pl.DataFrame:
    """Of each id the newest row; of those that came together the first to arrive."""
    newest = rows.sort("created_at", "arrival", descending=[True, False])
    return newest.unique("id", keep="first", maintain_order=True)
