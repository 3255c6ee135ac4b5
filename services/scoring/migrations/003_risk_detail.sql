-- What was told, whole: kind, band, priority, reasons and strengths with their facts; for whoever asks later.
ALTER TABLE risk_event ADD COLUMN detail jsonb;
