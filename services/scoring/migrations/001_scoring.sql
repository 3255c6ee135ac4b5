-- Whose subscription or order is it? A row without an owner is a place where events wait for one.
CREATE TABLE object_owner (
    ref          text PRIMARY KEY,
    customer_ref text
);

-- Every fact, once, as it came: rebuilds any state at any past moment, and trains the model.
CREATE TABLE event_log (
    event_id     uuid PRIMARY KEY,
    subject      text        NOT NULL,
    customer_ref text,
    type         text        NOT NULL,
    time         timestamptz NOT NULL,
    received_at  timestamptz NOT NULL,
    envelope     bytea       NOT NULL
);
CREATE INDEX event_log_customer ON event_log (customer_ref, time, event_id);
CREATE INDEX event_log_ownerless ON event_log (subject) WHERE customer_ref IS NULL;

-- One row a customer: the folded state beside the few columns that queries need.
CREATE TABLE customer_state (
    customer_ref text PRIMARY KEY,
    shop         text        NOT NULL,
    state        bytea       NOT NULL,
    events       bigint      NOT NULL DEFAULT 0,
    kind         text,
    probability  double precision,
    band         text        NOT NULL DEFAULT 'low',
    episode      text,
    priority     double precision NOT NULL DEFAULT 0,
    told         double precision NOT NULL DEFAULT 0,
    due          timestamptz,
    assessment   bytea,
    scored_at    timestamptz,
    next_look_at timestamptz
) WITH (fillfactor = 70);
CREATE INDEX customer_state_due ON customer_state (next_look_at) WHERE next_look_at IS NOT NULL;

-- What was said about whom, and when; the event itself goes through the outbox.
CREATE TABLE risk_event (
    event_id     uuid PRIMARY KEY,
    customer_ref text        NOT NULL,
    episode      text        NOT NULL,
    phase        text        NOT NULL,
    probability  double precision NOT NULL,
    model        text        NOT NULL,
    assessed_at  timestamptz NOT NULL,
    noticed_at   timestamptz NOT NULL,
    recorded_at  timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX risk_event_customer ON risk_event (customer_ref, assessed_at);
