-- What each dataset has published, in whichever version, and not taken out since: one row per dataset and example, with when it was published first and last.
CREATE OR REPLACE VIEW lake.published_members AS
SELECT m.name, m.example_id, x.sample_id, x.prompt_id, x.since, x.published_at, max(m.version) AS version
FROM lake.snapshot_members m
JOIN (SELECT o.dataset, t.example_id, any_value(t.sample_id) AS sample_id, any_value(t.prompt_id) AS prompt_id,
             min(t.created_at) AS since, max(t.created_at) AS published_at
      FROM lake.examples t JOIN (SELECT DISTINCT run_id, dataset FROM lake.runs) o ON o.run_id = t.run_id
      GROUP BY o.dataset, t.example_id) x ON x.dataset = m.name AND x.example_id = m.example_id
LEFT JOIN (SELECT name, example_id, max(version) AS version FROM lake.removals GROUP BY name, example_id) r
    ON r.name = m.name AND r.example_id = m.example_id
GROUP BY m.name, m.example_id, x.sample_id, x.prompt_id, x.since, x.published_at, r.version
HAVING max(m.version) > coalesce(r.version, 0);
