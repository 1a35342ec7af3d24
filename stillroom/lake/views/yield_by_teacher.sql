-- What each teacher's samples came to: passed and kept, by asked difficulty. A sample that several runs of a dataset have, since later ones take over what they ask for too, counts once, by the newest decision.
CREATE OR REPLACE VIEW lake.yield_by_teacher AS
SELECT s.teacher_id, p.difficulty_asked, count(*) AS samples,
       count(*) FILTER (coalesce(s.gate <> 'verification', v.outcome = 'pass')) AS passed,
       count(*) FILTER (s.kept) AS kept,
       round(passed / samples, 3) AS pass_rate
FROM (SELECT r.dataset, t.run_id, t.sample_id, t.prompt_id, t.teacher_id, x.gate, x.kept
      FROM lake.samples t
      JOIN (SELECT DISTINCT run_id, dataset FROM lake.runs) r ON r.run_id = t.run_id
      LEFT JOIN lake.current_selections x ON x.sample_id = t.sample_id AND x.run_id = t.run_id
      QUALIFY row_number() OVER (
          PARTITION BY r.dataset, t.sample_id ORDER BY x.created_at DESC NULLS LAST, t.created_at DESC) = 1) s
JOIN (SELECT o.dataset, t.prompt_id, arg_min(t.difficulty_asked, t.created_at) AS difficulty_asked FROM lake.prompts t
      JOIN (SELECT DISTINCT run_id, dataset FROM lake.runs) o ON o.run_id = t.run_id GROUP BY ALL) p
    ON p.dataset = s.dataset AND p.prompt_id = s.prompt_id
LEFT JOIN (SELECT * FROM lake.verdicts
           QUALIFY row_number() OVER (PARTITION BY run_id, sample_id ORDER BY created_at DESC) = 1) v
    ON v.sample_id = s.sample_id AND v.run_id = s.run_id
GROUP BY ALL ORDER BY ALL;
