-- What depends on a seed, prompt, teacher (name or name@revision), verifier (name@version or verifier_id) or image (digest): one row per prompt of a dataset, and per sample, verdict (named by its sample) and example of a run; of an example with when it was last published so; and per snapshot with the number of its members that do.
CREATE OR REPLACE MACRO lake.blast_radius(kind, id) AS TABLE
WITH RECURSIVE datasets AS MATERIALIZED (
    SELECT DISTINCT run_id, dataset FROM lake.runs
), there AS MATERIALIZED (  -- one dataset may have written what another was given
    SELECT o.dataset, t.run_id, t.prompt_id, t.origin, t.writer_teacher, t.parents
    FROM lake.prompts t JOIN datasets o ON o.run_id = t.run_id
), edges AS MATERIALIZED (
    SELECT DISTINCT dataset, prompt_id, unnest(parents) AS parent FROM there
), descent AS (  -- UNION and not UNION ALL: each prompt once, so that a circle ends
    SELECT dataset, prompt_id FROM there
    WHERE (kind = 'prompt' AND prompt_id = id) OR (kind = 'seed' AND prompt_id = id AND origin = 'seed')
       OR (kind = 'teacher' AND id <> '' AND id IN (writer_teacher, split_part(writer_teacher, '@', 1)))
    UNION
    SELECT edges.dataset, edges.prompt_id
    FROM edges JOIN descent ON edges.dataset = descent.dataset AND edges.parent = descent.prompt_id
), descended AS MATERIALIZED (  -- for each run that may have answered one
    SELECT o.run_id, d.prompt_id FROM descent d JOIN datasets o ON o.dataset = d.dataset
), answered AS MATERIALIZED (
    SELECT run_id, sample_id FROM lake.samples SEMI JOIN descended USING (run_id, prompt_id)
    UNION
    SELECT run_id, sample_id FROM lake.samples
    WHERE kind = 'teacher' AND id IN (teacher_id, split_part(teacher_id, '@', 1))
), judged AS MATERIALIZED (
    SELECT run_id, sample_id, verifier_id FROM lake.verdicts
    WHERE (kind = 'verifier' AND (verifier = id OR verifier_id = id)) OR (kind = 'image' AND image_digest = id)
), verdicts AS (
    SELECT run_id, sample_id FROM judged
    UNION ALL
    SELECT v.run_id, v.sample_id FROM lake.verdicts v SEMI JOIN answered USING (run_id, sample_id)
), curations AS MATERIALIZED (  -- where several verifiers judge, an example names one, and its curation all of them
    SELECT curation_id, bool_or(len(verifier_ids) > 0) AS names_verifiers,
           bool_or(list_has_any(verifier_ids, (SELECT list(DISTINCT verifier_id) FROM judged))) AS counts_judged
    FROM lake.selections WHERE kind IN ('verifier', 'image') GROUP BY curation_id
), examples AS MATERIALIZED (
    SELECT DISTINCT e.run_id, e.example_id, e.created_at FROM lake.examples e LEFT JOIN curations c USING (curation_id)
    WHERE (e.run_id, e.prompt_id) IN (SELECT (run_id, prompt_id) FROM descended)
       OR (kind = 'teacher' AND id IN (e.teacher_id, split_part(e.teacher_id, '@', 1)))
       OR e.verifier_id IN (SELECT verifier_id FROM judged) OR c.counts_judged
       OR (coalesce(e.verifier_id, '') = '' AND (c.names_verifiers IS NULL OR NOT c.names_verifiers)  -- as an earlier Stillroom wrote them
           AND (e.run_id, e.sample_id) IN (SELECT (run_id, sample_id) FROM judged))
), held AS (  -- by each version, as its own dataset had last published the example by then
    SELECT m.name, m.version, e.example_id, max(e.created_at) AS created_at
    FROM lake.snapshot_members m
    JOIN lake.examples e ON e.example_id = m.example_id AND e.created_at <= m.created_at
    JOIN datasets o ON o.run_id = e.run_id AND o.dataset = m.name
    WHERE e.example_id IN (SELECT example_id FROM examples)
    GROUP BY m.name, m.version, e.example_id
), members AS (
    SELECT name, version, count(*) AS rows FROM held SEMI JOIN examples USING (example_id, created_at)
    GROUP BY name, version
)
SELECT 'prompt' AS what, prompt_id AS item, min(run_id) AS run_id, 1 AS rows, NULL::TIMESTAMP AS published_at
FROM there SEMI JOIN descent USING (dataset, prompt_id) GROUP BY dataset, prompt_id
UNION ALL SELECT 'sample', sample_id, run_id, 1, NULL FROM (FROM answered UNION SELECT run_id, sample_id FROM judged)
UNION ALL SELECT 'verdict', sample_id, run_id, 1, NULL FROM verdicts
UNION ALL SELECT 'example', example_id, run_id, 1, max(created_at) FROM examples GROUP BY run_id, example_id
UNION ALL SELECT 'snapshot', m.name || '@' || m.version, s.run_id, m.rows, NULL
FROM members m JOIN lake.snapshots s USING (name, version);
