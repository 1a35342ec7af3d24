-- The prompts behind a prompt: itself, its parents, their parents, and so on to the seeds, each once.
CREATE OR REPLACE MACRO lake.ancestry(id) AS TABLE
WITH RECURSIVE edges AS MATERIALIZED (
    SELECT prompt_id, parents FROM lake.prompts WHERE len(parents) > 0
), ascent AS (  -- UNION and not UNION ALL: each prompt once, so that a circle ends
    SELECT id AS prompt_id
    UNION
    SELECT unnest(edges.parents) FROM edges JOIN ascent USING (prompt_id)
)
SELECT prompt_id FROM ascent;
