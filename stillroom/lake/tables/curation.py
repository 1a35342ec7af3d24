"""Tables of what was kept and why, and of what was compared and measured for it."""

from stillroom.lake.table import Table, columns_from

CURATION = (
    Table(
        "selections",
        "Exactly one row per curation and sample: kept, or the first gate that stopped it.",
        columns_from("""
        curation_id VARCHAR | run, section fingerprints and input
        verifier_ids VARCHAR[] | whose verdicts counted
        measure_id VARCHAR | whose measure of the tests' strength counted, or empty
        sample_id VARCHAR | the sample
        prompt_id VARCHAR | its prompt
        kept BOOLEAN | whether it becomes an example
        gate VARCHAR | kept, verification, retracted, filter, contamination, rank, exact-duplicate, ...
        reason VARCHAR | the gate's word; unjudged where a verifier cannot judge it: dropped, or a member that stays
        evidence VARCHAR | the test that failed, the duplicate it matches, the text it shares, the place of a secret
        matched_id VARCHAR | sample, prompt or table:row it lost against, benchmark:item of shared text, or empty
        similarity DOUBLE | with that sample, 0 where none
        """),
        partitioned_by=("run_id",),
        sorted_by="sample_id",
    ),
    Table(
        "dedup_signatures",
        "Signatures of texts that were compared, so that later runs compare without computing them again.",
        columns_from("""
        curation_id VARCHAR | the curation
        kind VARCHAR | prompt or answer
        owner_id VARCHAR | prompt_id or sample_id
        arrival BIGINT | order among all texts of the kind in the dataset; earlier ones win
        text_hash VARCHAR | of the normalised text, or of its structure; empty where it has none
        characters BIGINT | of the normalised text; 0 in a row of a structure
        bands UINTEGER[] | one key per MinHash-LSH band; none in a row of a structure
        scheme VARCHAR | identity of the parameters; only equal schemes compare
        """),
        partitioned_by=("run_id",),
    ),
    Table(
        "embeddings",
        "Vectors of texts that were compared by meaning, so that later runs need not compute them again.",
        columns_from("""
        curation_id VARCHAR | the curation
        kind VARCHAR | prompt or answer; sample: prompt and answer of one that leads a cluster of meaning
        owner_id VARCHAR | prompt_id or sample_id
        embedder VARCHAR | model and version; only vectors of one compare
        vector FLOAT[] | of unit length, so that products are cosine similarities
        """),
        partitioned_by=("run_id",),
    ),
    Table(
        "dedup_clusters",
        "Which texts were found to be the same, and which one stands for them; and where samples lie by meaning.",
        columns_from("""
        curation_id VARCHAR | the curation
        kind VARCHAR | prompt or answer; sample: one that passed, in its cluster of meaning
        method VARCHAR | exact, near, structural or semantic; of clusters of meaning, how they were made
        member_id VARCHAR | prompt_id or sample_id that was dropped; of a cluster of meaning, that lies in it
        representative_id VARCHAR | the one that stays, NAME:id for a row of a table; of a cluster, its leader
        similarity DOUBLE | verified Jaccard similarity, 1 for exact and structural, cosine for all others
        """),
    ),
    Table(
        "contamination_hits",
        "Text that prompts and answers share with benchmarks, one row per side, item and method.",
        columns_from("""
        curation_id VARCHAR | the curation
        sample_id VARCHAR | the sample, empty for a prompt
        prompt_id VARCHAR | the prompt, or the sample's
        side VARCHAR | prompt, answer, or "prompt+answer" for what begins in the one and ends in the other
        benchmark VARCHAR | the benchmark
        item_id VARCHAR | the item in it: file, and there its id, line or row
        method VARCHAR | how it was found
        overlap VARCHAR | the longest text that both share
        score DOUBLE | words of the overlap; of renamed-code, tokens
        """),
    ),
    Table(
        "metrics",
        "Measures of a snapshot candidate.",
        columns_from("""
        snapshot VARCHAR | the candidate's curation_id
        risk VARCHAR | which risk it measures
        metric VARCHAR | name
        slice VARCHAR | what it is measured over: empty for all, NAME@SHA256 for a benchmark, a teacher, a draw
        value DOUBLE | the figure
        low DOUBLE | lower bound of the interval, null for an exact figure
        high DOUBLE | upper bound of the interval
        method VARCHAR | name@version
        threshold DOUBLE | the recipe's, null where none
        """),
    ),
)
