-- The rows of every snapshot: one row per (name, version, example).
CREATE VIEW lake.snapshot_examples AS
SELECT m.name, m.version, e.*
FROM lake.snapshot_members m JOIN lake.examples e USING (example_id);
