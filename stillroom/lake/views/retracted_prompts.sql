-- Prompts that are retracted, were written by a retracted teacher, or descend from such a prompt: one row per prompt and cause.
CREATE OR REPLACE VIEW lake.retracted_prompts AS
WITH RECURSIVE edges AS MATERIALIZED (
    SELECT DISTINCT prompt_id, unnest(parents) AS parent FROM lake.prompts
), descent AS (  -- UNION and not UNION ALL: each pair once, so that a circle ends
    SELECT p.prompt_id, r.kind, r.cause_id FROM lake.prompts p JOIN lake.retractions r ON p.prompt_id = r.cause_id
    WHERE r.kind = 'prompt' OR (r.kind = 'seed' AND p.origin = 'seed')
    UNION
    SELECT p.prompt_id, r.kind, r.cause_id FROM lake.prompts p
    JOIN lake.retractions r ON r.cause_id IN (p.writer_teacher, split_part(p.writer_teacher, '@', 1))
    WHERE r.kind = 'teacher'
    UNION
    SELECT edges.prompt_id, descent.kind, descent.cause_id FROM edges JOIN descent ON edges.parent = descent.prompt_id
)
SELECT prompt_id, kind, cause_id FROM descent;
