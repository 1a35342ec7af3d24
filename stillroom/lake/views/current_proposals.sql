-- The newest ruling on every reply to a writing request, and the requests that were refused.
CREATE OR REPLACE VIEW lake.current_proposals AS
SELECT p.* FROM lake.proposals p
ANTI JOIN lake.proposals newer
    ON newer.run_id = p.run_id AND newer.writing_round = p.writing_round
   AND newer.writing_request = p.writing_request AND newer.created_at > p.created_at;
