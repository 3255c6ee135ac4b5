-- The newest words of all customers, page by page, for the page of consents and the proof.
CREATE INDEX consent_history_at ON consent_history (at DESC, event_id DESC);
