-- The newest row of every run.
CREATE OR REPLACE VIEW lake.current_runs AS
SELECT * FROM lake.runs QUALIFY version = max(version) OVER (PARTITION BY run_id);
