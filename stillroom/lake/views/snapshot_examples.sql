-- The rows of every snapshot: one row per (name, version, example), as its dataset had last published the example by then. Two datasets may hold the same example, and one may have taken it out and published it again.
CREATE OR REPLACE VIEW lake.snapshot_examples AS
SELECT m.name, m.version, e.* EXCLUDE (dataset)
FROM lake.snapshot_members m
ASOF JOIN (SELECT o.dataset, t.* FROM lake.examples t JOIN (SELECT DISTINCT run_id, dataset FROM lake.runs) o ON o.run_id = t.run_id) e
    ON e.dataset = m.name AND e.example_id = m.example_id AND m.created_at >= e.created_at;
