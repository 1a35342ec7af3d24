-- What changed from snapshot a to snapshot b, each NAME@N or NAME for the newest: one row per example that was added, removed or changed (the same sample in another form).
CREATE OR REPLACE MACRO lake.snapshot_diff(a, b) AS TABLE
WITH newest AS (
    SELECT name, max(version) AS version FROM lake.snapshots GROUP BY name
), one AS (
    SELECT e.* FROM lake.snapshot_examples e JOIN newest n USING (name)
    WHERE e.name = split_part(a, '@', 1)
      AND e.version = coalesce(TRY_CAST(nullif(split_part(a, '@', 2), '') AS INTEGER), n.version)
), other AS (
    SELECT e.* FROM lake.snapshot_examples e JOIN newest n USING (name)
    WHERE e.name = split_part(b, '@', 1)
      AND e.version = coalesce(TRY_CAST(nullif(split_part(b, '@', 2), '') AS INTEGER), n.version)
)
SELECT CASE WHEN one.sample_id IS NULL THEN 'added' WHEN other.sample_id IS NULL THEN 'removed' ELSE 'changed' END
           AS change,
       CASE WHEN one.sample_id IS NULL THEN 'kept by run ' || other.run_id
            WHEN other.sample_id IS NULL THEN 'no longer a member'
            ELSE 'the same sample in another form' END AS reason,
       coalesce(other.example_id, one.example_id) AS example_id,
       coalesce(other.sample_id, one.sample_id) AS sample_id,
       coalesce(other.prompt_id, one.prompt_id) AS prompt_id,
       coalesce(other.origin, one.origin) AS origin,
       one.example_id AS example_id_before
FROM one FULL JOIN other ON one.sample_id = other.sample_id
WHERE one.example_id IS DISTINCT FROM other.example_id
ORDER BY change, reason, example_id;
