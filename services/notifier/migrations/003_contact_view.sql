-- Who was shown how to reach whom, for ever: which of phone and mail, never the values.

CREATE TABLE contact_view (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    agent        text        NOT NULL REFERENCES agent,
    alert        uuid        NOT NULL REFERENCES alert,
    customer_ref text        NOT NULL,
    shown        text[]      NOT NULL CHECK (cardinality(shown) > 0 AND shown <@ ARRAY ['phone', 'mail']),
    at           timestamptz NOT NULL
);
CREATE INDEX contact_view_customer ON contact_view (customer_ref, at);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END $$;

CREATE TRIGGER contact_view_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON contact_view
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
