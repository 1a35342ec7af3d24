-- The rows of every snapshot: one row per (name, version, example). Two datasets may hold the same example.
CREATE OR REPLACE VIEW lake.snapshot_examples AS
SELECT m.name, m.version, e.*
FROM lake.snapshot_members m
JOIN (SELECT * FROM lake.examples QUALIFY row_number() OVER (PARTITION BY example_id ORDER BY created_at) = 1) e
    USING (example_id);
