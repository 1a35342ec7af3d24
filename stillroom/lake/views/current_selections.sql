-- Selections of every run's newest curation: what `why` answers from.
CREATE OR REPLACE VIEW lake.current_selections AS
SELECT * FROM lake.selections
WHERE curation_id IN (
    SELECT arg_max(curation_id, created_at) FROM lake.selections GROUP BY run_id
);
