-- What changed from snapshot a to snapshot b, each NAME@N or NAME for the newest: one row per example that was added, removed or changed (the same sample in another form); `cause` names what a retracted one depends on. Where b is the earlier version, the reasons are what happened later. A name or version that is not there is an error.
CREATE OR REPLACE MACRO lake.snapshot_diff(a, b) AS TABLE
WITH newest AS (
    SELECT name, max(version) AS version, list(DISTINCT version) AS versions FROM lake.snapshots GROUP BY name
), named AS (
    SELECT split_part(a, '@', 1) AS a_name, split_part(b, '@', 1) AS b_name,
           coalesce(TRY_CAST(nullif(split_part(a, '@', 2), '') AS INTEGER),
                    (SELECT version FROM newest WHERE name = split_part(a, '@', 1))) AS a_version,
           coalesce(TRY_CAST(nullif(split_part(b, '@', 2), '') AS INTEGER),
                    (SELECT version FROM newest WHERE name = split_part(b, '@', 1))) AS b_version
), ends AS (
    SELECT *, a_name = b_name AND a_version > b_version AS is_back FROM named
), one AS (
    SELECT e.* FROM lake.snapshot_examples e JOIN ends ON e.name = ends.a_name AND e.version = ends.a_version
), other AS (
    SELECT e.* FROM lake.snapshot_examples e JOIN ends ON e.name = ends.b_name AND e.version = ends.b_version
), taken_out AS (  -- the newest reason up to the later one, which may have no rows left
    SELECT r.example_id, r.kind, r.cause_id,
           CASE WHEN r.kind = 'verdict' THEN 'no longer passes: ' || r.reason ELSE r.reason END AS reason
    FROM lake.removals r JOIN ends ON r.name = ends.b_name
        AND r.version <= CASE WHEN ends.is_back THEN ends.a_version ELSE ends.b_version END
    QUALIFY row_number() OVER (PARTITION BY r.example_id ORDER BY r.version DESC) = 1
), asked AS (
    SELECT label, split_part(label, '@', 1) AS name, substr(label, length(split_part(label, '@', 1)) + 2) AS number
    FROM (SELECT unnest([a::VARCHAR, b::VARCHAR]) AS label)
), refused AS (  -- why a label names no snapshot; null where it names one
    SELECT CASE
        WHEN label IS NULL OR (contains(label, '@') AND NOT regexp_full_match(number, '[0-9]+'))
            THEN coalesce('''' || label || '''', 'null') || ' is no snapshot; expected NAME or NAME@N with a number'
        WHEN n.name IS NULL
            THEN 'there is no dataset ''' || asked.name || '''; published so far: '
                || coalesce((SELECT string_agg(name, ', ' ORDER BY name) FROM newest), 'none')
        WHEN contains(label, '@') AND NOT coalesce(list_contains(n.versions, TRY_CAST(number AS INTEGER)), false)
            THEN n.name || ' has no version ' || number || '; it has ' || array_to_string(list_sort(n.versions), ', ')
        END AS reason
    FROM asked LEFT JOIN newest n ON n.name = asked.name
)
SELECT CASE WHEN one.sample_id IS NULL THEN 'added' WHEN other.sample_id IS NULL THEN 'removed' ELSE 'changed' END
           AS change,
       CASE WHEN one.sample_id IS NOT NULL AND other.sample_id IS NOT NULL THEN 'the same sample in another form'
            WHEN ends.is_back AND one.sample_id IS NULL THEN 'taken out later: ' || coalesce(t.reason, 'no longer a member')
            WHEN ends.is_back THEN 'kept later, by run ' || one.run_id
            WHEN one.sample_id IS NULL THEN 'kept by run ' || other.run_id
            ELSE coalesce(t.reason, 'no longer a member') END AS reason,
       coalesce(other.example_id, one.example_id) AS example_id,
       coalesce(other.sample_id, one.sample_id) AS sample_id,
       coalesce(other.prompt_id, one.prompt_id) AS prompt_id,
       coalesce(other.origin, one.origin) AS origin,
       one.example_id AS example_id_before,
       CASE WHEN (one.sample_id IS NULL OR other.sample_id IS NULL) AND t.kind <> 'verdict'
            THEN t.kind || ' ' || t.cause_id ELSE '' END AS cause
FROM one FULL JOIN other ON one.sample_id = other.sample_id CROSS JOIN ends
LEFT JOIN taken_out t ON t.example_id = CASE WHEN ends.is_back THEN other.example_id ELSE one.example_id END
WHERE one.example_id IS DISTINCT FROM other.example_id
UNION ALL SELECT error(reason)::VARCHAR, '', '', '', '', '', '', '' FROM refused WHERE reason IS NOT NULL
ORDER BY change, reason, cause, example_id;
