"""Tables of what is published, and of what is so no more."""

from stillroom.lake.table import ROW_GROUP, Table, columns_from

PUBLICATION = (
    Table(
        "examples",
        "Kept samples as they stand in datasets. Written by publication only.",
        columns_from("""
        example_id VARCHAR | sample and message form
        sample_id VARCHAR | the sample
        prompt_id VARCHAR | its prompt
        capability VARCHAR | kind of training data
        messages STRUCT(role VARCHAR, content VARCHAR)[] | chat format
        answer VARCHAR | the verified answer alone
        topic VARCHAR | of the prompt
        difficulty_asked VARCHAR | of the prompt
        origin VARCHAR | of the prompt
        teacher_id VARCHAR | who answered
        verifier VARCHAR | who passed it
        verifier_id VARCHAR | the same with limits and image
        curation_id VARCHAR | the curation that kept it
        """),
        sorted_by="example_id",
    ),
    Table(
        "snapshots",
        "Named, numbered, immutable sets of examples.",
        columns_from("""
        name VARCHAR | the dataset
        version INTEGER | from 1
        curation_id VARCHAR | what it was published from
        parent_version INTEGER | the version it continues, 0 where none
        mode VARCHAR | cumulative or delta
        rows BIGINT | members
        new_rows BIGINT | members that were published with it
        content_hash VARCHAR | sha256 over the sorted rows
        path VARCHAR | folder of the frozen copy, below the lake
        """),
    ),
    Table(
        "snapshot_members",
        "Which examples a snapshot holds.",
        columns_from("""
        name VARCHAR | the dataset
        version INTEGER | the snapshot's version
        example_id VARCHAR | the member
        """),
        sorted_by="example_id",
        row_group=10 * ROW_GROUP,
    ),
    Table(
        "retirements",
        "Versions whose frozen copy and state of the catalogue were let go. Their rows stay.",
        columns_from("""
        name VARCHAR | the dataset
        version INTEGER | the snapshot's version
        """),
    ),
    Table(
        "retractions",
        "What is not published any more, nor anything that depends on it.",
        columns_from("""
        kind VARCHAR | seed, prompt, teacher, verifier or image
        cause_id VARCHAR | its id or name, as `blast_radius` takes it
        """),
    ),
    Table(
        "removals",
        "Members of a version that the next one lacks, with the reason. Written by publication only.",
        columns_from("""
        name VARCHAR | the dataset
        version INTEGER | the first version that lacks it
        example_id VARCHAR | the example
        sample_id VARCHAR | its sample
        prompt_id VARCHAR | its prompt
        kind VARCHAR | seed, prompt, teacher, verifier or image: retracted; verdict: verified again
        cause_id VARCHAR | what was retracted, or the verifier_id that does not pass it
        reason VARCHAR | retracted, or the verdict's reason
        """),
        sorted_by="example_id",
    ),
)
