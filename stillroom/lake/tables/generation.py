"""Tables of what is generated: who answers, what is asked, and what came back."""

from stillroom.lake.table import Table, columns_from

GENERATION = (
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
        "Every reply to a writing request, admitted or not, with the reason; and requests that were refused. "
        "Of a reply that was ruled on again the newest row counts (`current_proposals`).",
        columns_from("""
        writing_round INTEGER | seeding round
        writing_request INTEGER | request in that round
        teacher_id VARCHAR | the writer
        parents VARCHAR[] | prompt ids shown
        request_text VARCHAR | the exact text sent
        response VARCHAR | the raw reply
        admitted BOOLEAN | whether a prompt came of it
        reason VARCHAR | withheld, invalid-json, tests:..., reference:..., duplicate, too-similar, unjudged, refused
        detail VARCHAR | evidence; what the server said where it refused
        prompt_id VARCHAR | the prompt that came of it, or empty
        prompt_tokens INTEGER | counted by the server
        completion_tokens INTEGER | counted by the server
        topic VARCHAR | subject asked for
        difficulty_asked VARCHAR | difficulty asked for
        form VARCHAR | how the task was to be put
        verifier_ids VARCHAR[] | whose word the ruling rests on; none where no program ran, or the sandbox was lost
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
)
