"""Tables of the work itself: the runs, what each does in which shard, what has been committed, and what it cost."""

from stillroom.lake.table import Table, columns_from

WORK = (
    Table(
        "runs",
        "Builds of a recipe. A change of state is a new row with a higher version.",
        columns_from("""
        version INTEGER | counts the rows of one run, from 1
        dataset VARCHAR | the recipe's dataset
        state VARCHAR | opened, published or empty (nothing new came)
        capability VARCHAR | the recipe's capability
        recipe VARCHAR | the recipe as JSON
        sections VARCHAR | the fields each stage read, as JSON
        stages VARCHAR | fingerprint of each stage, as JSON
        code_version VARCHAR | Stillroom's version
        note VARCHAR | for a person
        """),
    ),
    Table(
        "shards",
        "Which prompts a shard answers, planned once.",
        columns_from("""
        prompt_id VARCHAR | the prompt
        position INTEGER | its place in the shard, from 0
        teacher VARCHAR | name of the teacher that answers it
        writing_round INTEGER | the seeding round whose commit it was planned from
        """),
    ),
    Table(
        "commits",
        "One row per unit of work, in the transaction that wrote it: a second commit of a key does nothing.",
        columns_from("""
        key VARCHAR | idempotency key
        row_counts VARCHAR | rows by table, as JSON
        code_version VARCHAR | Stillroom's version
        """),
        sorted_by="key",
    ),
    Table(
        "costs",
        "What was spent, by stage and teacher.",
        columns_from("""
        stage VARCHAR | writing, sampling or verification
        teacher_id VARCHAR | the teacher, empty for verification
        samples BIGINT | replies or programs
        prompt_tokens BIGINT | tokens read
        cached_tokens BIGINT | of these, not computed
        completion_tokens BIGINT | tokens written
        seconds DOUBLE | of teacher time over all replies, or of sandbox CPU time
        money DOUBLE | by the teacher's price
        currency VARCHAR | ISO 4217
        """),
        sorted_by="run_id",
    ),
)
