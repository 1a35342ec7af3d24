-- What a kept example cost in each run, in tokens, seconds and money, failed attempts included.
CREATE OR REPLACE VIEW lake.cost_per_example AS
WITH spent AS (
    SELECT run_id, sum(prompt_tokens) AS prompt_tokens, sum(completion_tokens) AS completion_tokens,
           sum(seconds) FILTER (stage <> 'verification') AS teacher_seconds,
           sum(seconds) FILTER (stage = 'verification') AS verification_cpu_seconds,
           sum(money) AS money
    FROM lake.costs GROUP BY run_id
), kept AS (  -- one that was taken out and came back has two rows, and was paid for once
    SELECT run_id, count(DISTINCT example_id) AS examples FROM lake.examples GROUP BY run_id
)
SELECT run_id, examples, prompt_tokens / examples AS prompt_tokens, completion_tokens / examples AS completion_tokens,
       teacher_seconds / examples AS teacher_seconds,
       verification_cpu_seconds / examples AS verification_cpu_seconds, money / examples AS money
FROM spent JOIN kept USING (run_id);
