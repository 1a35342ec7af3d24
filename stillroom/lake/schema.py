"""The tables of the lake, declared once: DuckLake is created, rows are typed and docs are written from here.

All tables are append-only. Every row carries run_id, shard (-1 where a row belongs to no shard) and
created_at (UTC), which ``commit`` fills in.
"""

from stillroom.lake.table import Table, columns_from

SCHEMA_VERSION = 3

TABLES = {
    table.name: table
    for table in (
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
            "teachers",
            "Models as they were met by a run.",
            columns_from("""
            teacher_id VARCHAR | name@revision
            name VARCHAR | name in the recipe
            revision VARCHAR | of the weights
            revision_source VARCHAR | server (it says so itself) or declared (the recipe says so)
            model VARCHAR | what the server says it serves
            architecture VARCHAR | what the server says
            engine VARCHAR | engine and version
            licence VARCHAR | the recipe's, else the catalogue's
            template_sha256 VARCHAR | of the chat template
            input_price_per_million DOUBLE | money per million prompt tokens
            output_price_per_million DOUBLE | money per million completion tokens
            currency VARCHAR | ISO 4217
            """),
        ),
        Table(
            "prompts",
            "Tasks, with the means to check an answer and where they came from.",
            columns_from("""
            prompt_id VARCHAR | capability and normalised task
            check_id VARCHAR | prompt_id and checking spec
            capability VARCHAR | kind of training data
            task VARCHAR | what the teacher is asked
            tests VARCHAR | Python source with asserts (code)
            entry_point VARCHAR | the name the tests call (code)
            reference VARCHAR | a solution that satisfies the check, or empty
            origin VARCHAR | seed, written or user
            topic VARCHAR | subject
            difficulty_asked VARCHAR | what the writer was asked for
            form VARCHAR | how the task is put
            parents VARCHAR[] | prompt ids shown to the writer
            writer_teacher VARCHAR | teacher_id of the writer, empty for people
            nearest_prompt_id VARCHAR | most similar prompt in the pool when it was admitted
            nearest_score DOUBLE | its ROUGE-L F1
            writing_round INTEGER | seeding round, 0 for seeds and users' prompts
            writing_request INTEGER | request in that round, -1 for seeds and users' prompts
            """),
            sorted_by="prompt_id",
        ),
        Table(
            "proposals",
            "Every reply to a writing request, admitted or not, with the reason; and requests that were refused.",
            columns_from("""
            writing_round INTEGER | seeding round
            writing_request INTEGER | request in that round
            teacher_id VARCHAR | the writer
            parents VARCHAR[] | prompt ids shown
            request_text VARCHAR | the exact text sent
            response VARCHAR | the raw reply
            admitted BOOLEAN | whether a prompt came of it
            reason VARCHAR | why not: withheld, invalid-json, tests:..., reference:..., duplicate, too-similar, refused
            detail VARCHAR | evidence; what the server said where it refused
            prompt_id VARCHAR | the prompt that came of it, or empty
            prompt_tokens INTEGER | counted by the server
            completion_tokens INTEGER | counted by the server
            """),
            sorted_by="prompt_id",
        ),
        Table(
            "samples",
            "Everything teachers answered, kept or not.",
            columns_from("""
            sample_id VARCHAR | prompt, teacher, exact request, parameters, epoch and index
            prompt_id VARCHAR | the prompt
            request_id VARCHAR | all that is common to the samples of one request
            teacher_id VARCHAR | name@revision
            sample_index INTEGER | from 0
            epoch INTEGER | of the recipe
            request_text VARCHAR | the exact text sent
            response VARCHAR | the exact text that came back
            answer VARCHAR | what the capability extracted
            extraction_problem VARCHAR | why nothing could be extracted, or empty
            finish_reason VARCHAR | stop or length
            temperature DOUBLE | sampling parameter
            top_p DOUBLE | sampling parameter
            top_k INTEGER | sampling parameter
            min_p DOUBLE | sampling parameter
            repetition_penalty DOUBLE | sampling parameter
            max_new_tokens INTEGER | sampling parameter
            stop VARCHAR[] | texts at which the teacher was to stop
            prompt_tokens INTEGER | counted by the server
            completion_tokens INTEGER | counted by the server
            cached_tokens INTEGER | prompt tokens the server did not compute
            latency_seconds DOUBLE | from request to reply
            answered_at TIMESTAMP | when the reply was journalled, UTC
            """),
            partitioned_by=("run_id",),
            sorted_by="sample_id",
        ),
        Table(
            "verdicts",
            "One verifier's conclusion about one sample.",
            columns_from("""
            sample_id VARCHAR | the sample
            check_id VARCHAR | the check it was judged by
            verifier VARCHAR | name@version
            verifier_id VARCHAR | name, configuration and image digest
            image_digest VARCHAR | of the sandbox's root file system
            calibration_id VARCHAR | the calibration it stands on, or empty
            outcome VARCHAR | pass, fail or abstain
            reason VARCHAR | a word that groups, empty for a pass
            detail VARCHAR | the evidence
            tests_passed INTEGER | tests that held
            tests_total INTEGER | tests there are
            cpu_seconds DOUBLE | of the execution
            wall_seconds DOUBLE | of the execution
            peak_memory_bytes BIGINT | of the execution
            """),
            partitioned_by=("run_id",),
            sorted_by="sample_id",
        ),
        Table(
            "test_strengths",
            "How strong a check's tests are: which wrong programs they let through. The newest row of a check counts.",
            columns_from("""
            check_id VARCHAR | the check
            prompt_id VARCHAR | its prompt
            measure VARCHAR | name@version
            measure_id VARCHAR | name, configuration and image digest
            solution_from VARCHAR | whose mutants were tried: reference, or a sample_id
            strength DOUBLE | killed / (mutants - set_aside); 0 where a trivial solution passes, null where unknown
            mutants INTEGER | mutants of the solution that the tests judged
            undecided INTEGER | mutants on which the tests came to no verdict; left out of the strength
            killed INTEGER | of those that were judged, failed
            set_aside INTEGER | likewise, equal to the solution on all generated inputs, at least 200
            inputs INTEGER | generated inputs on which behaviour was compared, 0 where no mutant passed
            trivial_passes INTEGER | solutions that understand nothing and pass
            trivial_pass VARCHAR | the first of them, or empty
            survivors VARCHAR[] | mutants that pass: line, operator and change
            problem VARCHAR | why nothing could be measured, or empty
            programs BIGINT | programs that were run for it
            cpu_seconds DOUBLE | that they took
            """),
            sorted_by="prompt_id",
        ),
        Table(
            "scores",
            "A number that a scorer gave a sample.",
            columns_from("""
            sample_id VARCHAR | the sample
            scorer VARCHAR | name@version
            value DOUBLE | the score
            """),
            partitioned_by=("run_id",),
            sorted_by="sample_id",
        ),
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
            reason VARCHAR | the gate's word
            evidence VARCHAR | the test that failed, the duplicate it matches, the text it shares, the place of a secret
            matched_id VARCHAR | sample, prompt or table:row it lost against, benchmark:item of shared text, or empty
            similarity DOUBLE | with that sample, 0 where none
            """),
            partitioned_by=("run_id",),
            sorted_by="sample_id",
        ),
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
        Table(
            "calibrations",
            "How good verifiers were measured to be, on cases whose verdict is known. The newest row of an id counts.",
            columns_from("""
            calibration_id VARCHAR | identity of the measurement: verifier_id and set_id
            verifier VARCHAR | name@version
            verifier_id VARCHAR | name, configuration and image digest
            case_set VARCHAR | which cases: shipped, a file, or the mutants of either
            set_id VARCHAR | identity of the cases' content
            good_cases BIGINT | answers it must accept
            good_passed BIGINT | of these, accepted
            bad_cases BIGINT | answers it must reject
            bad_passed BIGINT | of these, accepted
            true_pass_low DOUBLE | Wilson interval
            true_pass_high DOUBLE | Wilson interval
            false_pass_low DOUBLE | Wilson interval
            false_pass_high DOUBLE | Wilson interval
            set_aside BIGINT | mutants that pass and cannot be told from their originals; not counted
            undecided BIGINT | mutants on which there was no verdict, or whose original does not pass; not counted
            misjudged VARCHAR[] | ids of good cases that did not pass and of bad ones that did
            """),
        ),
    )
}
