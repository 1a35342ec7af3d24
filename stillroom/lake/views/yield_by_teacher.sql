-- What each teacher's samples came to: passed and kept, by asked difficulty.
CREATE OR REPLACE VIEW lake.yield_by_teacher AS
SELECT s.teacher_id, p.difficulty_asked, count(*) AS samples,
       count(*) FILTER (coalesce(x.gate <> 'verification', v.outcome = 'pass')) AS passed,
       count(*) FILTER (x.kept) AS kept,
       round(passed / samples, 3) AS pass_rate
FROM lake.samples s
JOIN (SELECT prompt_id, any_value(difficulty_asked) AS difficulty_asked FROM lake.prompts GROUP BY prompt_id) p
    USING (prompt_id)
LEFT JOIN (SELECT * FROM lake.verdicts
           QUALIFY row_number() OVER (PARTITION BY run_id, sample_id ORDER BY created_at DESC) = 1) v USING (run_id, sample_id)
LEFT JOIN lake.current_selections x ON x.sample_id = s.sample_id AND x.run_id = s.run_id
GROUP BY ALL ORDER BY ALL;
