-- Where every example comes from, as its dataset last published it: selection, sample, the verdict and tests by which it was published, scores, prompt, parents, teacher, run, code version, and what it cost; `ancestry` goes on from its prompt to the seeds.
CREATE OR REPLACE VIEW lake.lineage AS
SELECT
    e.example_id, e.sample_id, e.prompt_id, e.run_id, e.shard, e.curation_id,
    p.origin, p.task, p.topic, p.difficulty_asked, p.form, p.parents, p.writer_teacher,
    p.nearest_prompt_id, p.nearest_score, p.writing_round, p.writing_request, p.tests,
    s.teacher_id, s.sample_index, s.epoch, s.request_text, s.response, s.answer,
    s.temperature, s.top_p, s.top_k, s.min_p, s.repetition_penalty, s.max_new_tokens, s.stop,
    s.prompt_tokens, s.completion_tokens, s.latency_seconds, s.answered_at,
    v.verifier, v.verifier_id, v.outcome, v.detail, v.tests_passed, v.tests_total, v.image_digest, v.calibration_id,
    v.cpu_seconds, y.scores, x.gate, x.reason, x.evidence, coalesce(d.stands_for, []) AS stands_for,
    e.met.revision, e.met.revision_source, e.met.model, e.met.licence, e.met.template_sha256,
    (s.prompt_tokens * e.met.input_price_per_million + s.completion_tokens * e.met.output_price_per_million) / 1e6
        AS money,
    e.met.currency, c.created_at AS committed_at, c.code_version
FROM (SELECT x.*, coalesce(of_run.met, of_dataset.met, of_any.met) AS met
      FROM (SELECT o.dataset, t.* FROM lake.examples t
            LEFT JOIN (SELECT DISTINCT run_id, dataset FROM lake.runs) o ON o.run_id = t.run_id
            QUALIFY row_number() OVER (
                PARTITION BY o.dataset, t.example_id, t.sample_id, t.prompt_id ORDER BY t.created_at DESC) = 1) x
      -- Its teacher as the run met it, since prices and licences are the recipe's: else as another run of the dataset did.
      LEFT JOIN (SELECT run_id, teacher_id, arg_max(m, created_at) AS met FROM lake.teachers m GROUP BY ALL) of_run
          ON of_run.run_id = x.run_id AND of_run.teacher_id = x.teacher_id
      LEFT JOIN (SELECT o.dataset, m.teacher_id, arg_max(m, m.created_at) AS met FROM lake.teachers m
                 JOIN (SELECT DISTINCT run_id, dataset FROM lake.runs) o ON o.run_id = m.run_id GROUP BY ALL) of_dataset
          ON of_dataset.dataset = x.dataset AND of_dataset.teacher_id = x.teacher_id
      LEFT JOIN (SELECT teacher_id, arg_max(m, created_at) AS met FROM lake.teachers m GROUP BY ALL) of_any
          ON of_any.teacher_id = x.teacher_id) e
JOIN lake.samples s ON s.sample_id = e.sample_id AND s.run_id = e.run_id AND s.shard = e.shard
LEFT JOIN lake.verdicts v  -- not those that came after its publication
    ON v.sample_id = e.sample_id AND v.run_id = e.run_id AND v.created_at <= e.created_at
LEFT JOIN (SELECT o.dataset, t.* FROM lake.prompts t JOIN (SELECT DISTINCT run_id, dataset FROM lake.runs) o USING (run_id)
           QUALIFY row_number() OVER (PARTITION BY o.dataset, t.check_id ORDER BY t.created_at) = 1) p
    ON p.dataset = e.dataset AND p.check_id = v.check_id  -- another dataset may have the task from elsewhere
LEFT JOIN (SELECT * FROM lake.selections
           QUALIFY row_number() OVER (PARTITION BY run_id, curation_id, sample_id ORDER BY created_at) = 1) x
    ON x.sample_id = e.sample_id AND x.run_id = e.run_id AND x.curation_id = e.curation_id
LEFT JOIN (SELECT run_id, curation_id, matched_id, list(DISTINCT sample_id ORDER BY sample_id) AS stands_for
           FROM lake.selections WHERE matched_id <> '' GROUP BY ALL) d
    ON d.matched_id = e.sample_id AND d.run_id = e.run_id AND d.curation_id = e.curation_id
LEFT JOIN (SELECT run_id, sample_id, map_from_entries(list((scorer, value) ORDER BY scorer)) AS scores
           FROM (SELECT run_id, sample_id, scorer, arg_max(value, created_at) AS value FROM lake.scores GROUP BY ALL)
           GROUP BY ALL) y
    ON y.sample_id = e.sample_id AND y.run_id = e.run_id
LEFT JOIN lake.commits c
    ON c.run_id = s.run_id AND c.shard = s.shard AND c.created_at = s.created_at AND starts_with(c.key, 'shard:')
-- The newest by the verifier that it names; by any where a row of an earlier Stillroom names none. All ids are among
-- what parts the rows, since a condition on another column would have every verdict of the lake ordered first.
QUALIFY row_number() OVER (
    PARTITION BY e.example_id, e.sample_id, e.prompt_id, e.run_id, e.shard, e.curation_id, e.created_at
    ORDER BY (v.verifier_id = e.verifier_id) DESC NULLS LAST, v.created_at DESC) = 1;
