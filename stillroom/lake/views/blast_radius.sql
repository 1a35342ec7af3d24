-- What depends on a seed, prompt, teacher (name or name@revision), verifier (name@version or verifier_id) or image (digest): one row per prompt, sample, verdict (named by its sample) and example, and per snapshot with the number of its members that do.
CREATE OR REPLACE MACRO lake.blast_radius(kind, id) AS TABLE
WITH RECURSIVE edges AS MATERIALIZED (
    SELECT DISTINCT prompt_id, unnest(parents) AS parent FROM lake.prompts
), descent AS (  -- UNION and not UNION ALL: each prompt once, so that a circle ends
    SELECT prompt_id FROM lake.prompts
    WHERE (kind = 'prompt' AND prompt_id = id) OR (kind = 'seed' AND prompt_id = id AND origin = 'seed')
       OR (kind = 'teacher' AND id <> '' AND id IN (writer_teacher, split_part(writer_teacher, '@', 1)))
    UNION
    SELECT edges.prompt_id FROM edges JOIN descent ON edges.parent = descent.prompt_id
), answered AS MATERIALIZED (
    SELECT run_id, sample_id FROM lake.samples WHERE prompt_id IN (SELECT prompt_id FROM descent)
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
    SELECT DISTINCT e.run_id, e.example_id FROM lake.examples e LEFT JOIN curations c USING (curation_id)
    WHERE e.prompt_id IN (SELECT prompt_id FROM descent)
       OR (kind = 'teacher' AND id IN (e.teacher_id, split_part(e.teacher_id, '@', 1)))
       OR e.verifier_id IN (SELECT verifier_id FROM judged) OR c.counts_judged
       OR (coalesce(e.verifier_id, '') = '' AND (c.names_verifiers IS NULL OR NOT c.names_verifiers)  -- as an earlier Stillroom wrote them
           AND (e.run_id, e.sample_id) IN (SELECT (run_id, sample_id) FROM judged))
), members AS (  -- of a snapshot, by the example that its own dataset published: another may share its id
    SELECT m.name, m.version, count(DISTINCT m.example_id) AS rows
    FROM lake.snapshot_members m JOIN examples e USING (example_id)
    JOIN (SELECT DISTINCT run_id, dataset FROM lake.runs) r ON r.run_id = e.run_id AND r.dataset = m.name
    GROUP BY m.name, m.version
)
SELECT 'prompt' AS what, p.prompt_id AS item, min(p.run_id) AS run_id, 1 AS rows
FROM lake.prompts p SEMI JOIN descent USING (prompt_id) GROUP BY p.prompt_id
UNION ALL SELECT 'sample', sample_id, run_id, 1 FROM (FROM answered UNION SELECT run_id, sample_id FROM judged)
UNION ALL SELECT 'verdict', sample_id, run_id, 1 FROM verdicts
UNION ALL SELECT 'example', example_id, run_id, 1 FROM examples
UNION ALL SELECT 'snapshot', m.name || '@' || m.version, s.run_id, m.rows
FROM members m JOIN lake.snapshots s USING (name, version);
