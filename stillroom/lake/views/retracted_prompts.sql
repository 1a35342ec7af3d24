-- Prompts that are retracted, were written by a retracted teacher, or descend from such a prompt in their dataset: one row per dataset, prompt and cause.
CREATE OR REPLACE VIEW lake.retracted_prompts AS
WITH RECURSIVE there AS MATERIALIZED (  -- one dataset may have written what another was given
    SELECT o.dataset, t.prompt_id, t.origin, t.writer_teacher, t.parents
    FROM lake.prompts t JOIN (SELECT DISTINCT run_id, dataset FROM lake.runs) o ON o.run_id = t.run_id
), edges AS MATERIALIZED (
    SELECT DISTINCT dataset, prompt_id, unnest(parents) AS parent FROM there
), descent AS (  -- UNION and not UNION ALL: each once, so that a circle ends
    SELECT p.dataset, p.prompt_id, r.kind, r.cause_id FROM there p JOIN lake.retractions r ON p.prompt_id = r.cause_id
    WHERE r.kind = 'prompt' OR (r.kind = 'seed' AND p.origin = 'seed')
    UNION
    SELECT p.dataset, p.prompt_id, r.kind, r.cause_id FROM there p
    JOIN lake.retractions r ON r.cause_id IN (p.writer_teacher, split_part(p.writer_teacher, '@', 1))
    WHERE r.kind = 'teacher'
    UNION
    SELECT edges.dataset, edges.prompt_id, descent.kind, descent.cause_id
    FROM edges JOIN descent ON edges.dataset = descent.dataset AND edges.parent = descent.prompt_id
)
SELECT dataset, prompt_id, kind, cause_id FROM descent;
