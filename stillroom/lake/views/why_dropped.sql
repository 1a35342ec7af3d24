-- Why samples were not kept, counted: gate and reason by run.
CREATE OR REPLACE VIEW lake.why_dropped AS
SELECT run_id, gate, reason, count(*) AS samples, any_value(sample_id) AS one_sample_id
FROM lake.current_selections WHERE NOT kept
GROUP BY ALL ORDER BY samples DESC;
