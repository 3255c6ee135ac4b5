-- The desk for other programs: tokens that let them in, and webhooks that go out to them.

-- Only the hash of a token: who reads this table cannot use one. `hint` is its end, to tell tokens apart.
CREATE TABLE api_token (
    id           uuid PRIMARY KEY,
    name         text        NOT NULL,
    token_hash   bytea       NOT NULL UNIQUE,
    hint         text        NOT NULL,
    scopes       text[]      NOT NULL,
    created_by   text        NOT NULL REFERENCES agent,
    created_at   timestamptz NOT NULL,
    last_used_at timestamptz,
    expires_at   timestamptz,
    revoked_at   timestamptz
);

-- Where webhooks go. `after_seq` is the last numbered change of an alert that has become deliveries.
-- Secrets are kept as they are, for each message is signed with them; the former one signs too until its time.
-- `off_because`: switched off by a person, gone (410), or failing for days; NULL is on.
CREATE TABLE endpoint (
    id            uuid PRIMARY KEY,
    name          text        NOT NULL,
    url           text        NOT NULL,
    events        text[]      NOT NULL,
    contacts      boolean     NOT NULL,
    secret        text        NOT NULL,
    former_secret text,
    former_until  timestamptz,
    off_because   text CHECK (off_because IN ('person', 'gone', 'failing')),
    off_at        timestamptz,
    failing_since timestamptz,
    after_seq     bigint      NOT NULL,
    created_by    text        NOT NULL REFERENCES agent,
    created_at    timestamptz NOT NULL,
    CHECK ((former_secret IS NULL) = (former_until IS NULL)),
    CHECK ((off_because IS NULL) = (off_at IS NULL))
);

-- One thing to tell one endpoint. What it says is written when it is sent, so no personal data waits here.
-- `held` while its endpoint is off; `tries` since it was made or asked for again.
CREATE TABLE delivery (
    id           uuid PRIMARY KEY,
    endpoint     uuid        NOT NULL REFERENCES endpoint ON DELETE CASCADE,
    event        text        NOT NULL,
    change       bigint REFERENCES alert_change,
    cancellation uuid REFERENCES cancellation,
    made_at      timestamptz NOT NULL,
    state        text        NOT NULL CHECK (state IN ('waiting', 'delivered', 'failed', 'held')),
    tries        int         NOT NULL DEFAULT 0,
    due_at       timestamptz NOT NULL,
    lease_until  timestamptz,
    fence        int         NOT NULL DEFAULT 0,
    CHECK (change IS NULL OR cancellation IS NULL),
    UNIQUE (endpoint, change),
    UNIQUE (endpoint, cancellation)
);
CREATE INDEX delivery_due ON delivery (endpoint, due_at) WHERE state = 'waiting';
CREATE INDEX delivery_made ON delivery (made_at);

-- Every attempt: the status of the answer, or why there was none. The answer itself is not kept.
CREATE TABLE delivery_attempt (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    delivery     uuid        NOT NULL REFERENCES delivery ON DELETE CASCADE,
    at           timestamptz NOT NULL,
    status       int,
    milliseconds int         NOT NULL,
    reason       text
);
CREATE INDEX delivery_attempt_delivery ON delivery_attempt (delivery, id);

-- Cancellations that have not yet become deliveries. A queue and no cursor: a row that commits late is found late,
-- but found.
CREATE TABLE cancellation_news (
    cancellation uuid PRIMARY KEY REFERENCES cancellation
);
CREATE FUNCTION tell_cancellation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO cancellation_news (cancellation) VALUES (NEW.id);
    RETURN NULL;
END
$$;
CREATE TRIGGER cancellation_told AFTER INSERT ON cancellation
    FOR EACH ROW EXECUTE FUNCTION tell_cancellation();
