-- Who sets the pace of the numbering: one sequencer looks often, the others only now and then, or each change
-- would cost as many looks as there are replicas. Only a hint: whoever finds changes numbers them.
ALTER TABLE alert_sequence ADD COLUMN pace_by uuid;
ALTER TABLE alert_sequence ADD COLUMN paced_at timestamptz;

-- Number what was committed and has no number, in one round trip. The lock is held until the transaction ends, and
-- each statement of the function sees what is committed by then: so the next sequencer sees everything this one did.
CREATE FUNCTION number_changes(me uuid, most integer, OUT numbered integer, OUT paces boolean)
LANGUAGE plpgsql AS $$
DECLARE
    ids    bigint[];
    newest bigint;
BEGIN
    numbered := 0;
    IF NOT pg_try_advisory_xact_lock(hashtext('hikitome sequencer ' || current_schema())) THEN
        RETURN;  -- another is at it: nothing is known of the pace
    END IF;
    ids := ARRAY(SELECT id FROM alert_change WHERE seq IS NULL ORDER BY id LIMIT most);
    numbered := cardinality(ids);
    IF numbered = 0 THEN
        SELECT COALESCE(pace_by = me, false) INTO paces FROM alert_sequence;
        RETURN;
    END IF;
    UPDATE alert_sequence SET last = last + numbered,
           pace_by = CASE WHEN paced_at > clock_timestamp() - interval '1 second' THEN pace_by ELSE me END
     RETURNING last, pace_by = me INTO newest, paces;
    IF paces THEN
        UPDATE alert_sequence SET paced_at = clock_timestamp();
    END IF;
    UPDATE alert_change AS c SET seq = newest - numbered + fresh.place
      FROM unnest(ids) WITH ORDINALITY AS fresh (id, place) WHERE c.id = fresh.id;
    -- Only a hint, and only the number: equal payloads are merged and long ones refused.
    PERFORM pg_notify('hikitome_alerts', CAST(newest AS text));
END
$$;
