-- The prompts behind a prompt in each dataset that has it: itself, its parents, their parents, and so on to the seeds, each once. Datasets may have one task from different places.
CREATE OR REPLACE MACRO lake.ancestry(id) AS TABLE
WITH RECURSIVE there AS MATERIALIZED (
    SELECT o.dataset, t.prompt_id, t.parents
    FROM lake.prompts t JOIN (SELECT DISTINCT run_id, dataset FROM lake.runs) o ON o.run_id = t.run_id
), ascent AS (  -- UNION and not UNION ALL: each prompt once, so that a circle ends
    SELECT dataset, prompt_id FROM there WHERE prompt_id = id
    UNION
    SELECT there.dataset, unnest(there.parents)
    FROM there JOIN ascent ON there.dataset = ascent.dataset AND there.prompt_id = ascent.prompt_id
)
SELECT prompt_id, dataset FROM ascent;
