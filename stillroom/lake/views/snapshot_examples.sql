-- The rows of every snapshot: one row per (name, version, example). Two datasets may hold the same example.
CREATE OR REPLACE VIEW lake.snapshot_examples AS
SELECT m.name, m.version, e.* EXCLUDE (dataset)
FROM lake.snapshot_members m
JOIN (SELECT o.dataset, t.* FROM lake.examples t JOIN (SELECT DISTINCT run_id, dataset FROM lake.runs) o ON o.run_id = t.run_id
      QUALIFY row_number() OVER (PARTITION BY o.dataset, t.example_id ORDER BY t.created_at) = 1) e
    ON e.dataset = m.name AND e.example_id = m.example_id;
