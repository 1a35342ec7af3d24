-- What each dataset has published, in whichever version, and not taken out since: one row per dataset and example.
CREATE OR REPLACE VIEW lake.published_members AS
SELECT m.name, m.example_id, x.sample_id, x.prompt_id, x.since, max(m.version) AS version
FROM lake.snapshot_members m
JOIN (SELECT example_id, any_value(sample_id) AS sample_id, any_value(prompt_id) AS prompt_id, min(created_at) AS since
      FROM lake.examples GROUP BY example_id) x USING (example_id)
LEFT JOIN (SELECT name, example_id, max(version) AS version FROM lake.removals GROUP BY name, example_id) r
    ON r.name = m.name AND r.example_id = m.example_id
GROUP BY m.name, m.example_id, x.sample_id, x.prompt_id, x.since, r.version
HAVING max(m.version) > coalesce(r.version, 0);
