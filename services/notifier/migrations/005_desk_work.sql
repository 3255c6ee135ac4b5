-- The desk's work: how far a call has come, what was said, who asked to leave, and what a card tells of the past.

-- `call_from` (real time): not to be called before, because of a promised call-back or of a call that nobody answered.
-- `parked`: below what the desk has the hands for; it waits out of sight until its priority grows.
ALTER TABLE alert
    ADD COLUMN previous_band   text,
    ADD COLUMN band_changed_at timestamptz,
    ADD COLUMN attempts        int     NOT NULL DEFAULT 0,
    ADD COLUMN call_from       timestamptz,
    ADD COLUMN call_because    text CHECK (call_because IN ('callback', 'no_answer')),
    ADD COLUMN promised_by     text REFERENCES agent,
    ADD COLUMN parked          boolean NOT NULL DEFAULT false,
    ADD CHECK ((call_from IS NULL) = (call_because IS NULL));

-- How each call ended, for ever. The words an agent wrote stand apart, for they may have to go.
CREATE TABLE disposition (
    id              uuid PRIMARY KEY,
    alert           uuid        NOT NULL REFERENCES alert,
    attempt         int         NOT NULL,
    customer_ref    text        NOT NULL,
    cart            text        NOT NULL,
    subscription    text,
    delivery_number int,
    kind            text        NOT NULL,
    band            text        NOT NULL,
    top_reason      text,
    value_amount    bigint      NOT NULL,
    value_currency  text        NOT NULL,
    agent           text        NOT NULL REFERENCES agent,
    claimed_at      timestamptz NOT NULL,
    at              timestamptz NOT NULL,
    business_at     timestamptz NOT NULL,
    disposition     text        NOT NULL,
    reason          text,
    reason_detail   text,
    offer           text,
    offer_detail    jsonb       NOT NULL DEFAULT '{}',
    answer          text CHECK (answer IN ('accepted', 'declined', 'thinking')),
    cost_amount     bigint,
    CHECK ((offer IS NULL) = (answer IS NULL)),
    UNIQUE (alert, attempt)
);
CREATE INDEX disposition_customer ON disposition (customer_ref, at);
CREATE INDEX disposition_at ON disposition (at);
CREATE TRIGGER disposition_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON disposition
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Personal data: free text may name the customer.
CREATE TABLE disposition_note (
    disposition  uuid PRIMARY KEY REFERENCES disposition,
    customer_ref text NOT NULL,
    note         text NOT NULL
);
CREATE INDEX disposition_note_customer ON disposition_note (customer_ref);

-- Who asked to leave which contract (解約申込), and what became of it: the proof that the way out was open.
-- `number` is what the customer is told. `told` are the facts that were read out.
CREATE TABLE cancellation (
    id                 uuid PRIMARY KEY,
    number             text        NOT NULL UNIQUE,
    customer_ref       text        NOT NULL,
    cart               text        NOT NULL,
    subscription       text        NOT NULL,
    source             text        NOT NULL CHECK (source IN ('desk', 'cart')),
    agent              text REFERENCES agent,
    alert              uuid REFERENCES alert,
    requested_at       timestamptz NOT NULL,
    recorded_at        timestamptz NOT NULL,
    reason             text,
    reason_detail      text,
    told               text[]      NOT NULL DEFAULT '{}',
    effective_delivery int,
    next_parcel        text        NOT NULL CHECK (next_parcel IN ('stopped', 'leaves', 'unknown')),
    state              text        NOT NULL CHECK (state IN ('requested', 'done', 'taken_back')),
    done_at            timestamptz,
    done_by            text,
    reference          text,
    CHECK ((state = 'requested') = (done_at IS NULL)),
    CHECK ((source = 'desk') = (agent IS NOT NULL))
);
CREATE UNIQUE INDEX cancellation_open ON cancellation (cart, subscription) WHERE state = 'requested';
CREATE INDEX cancellation_customer ON cancellation (customer_ref);
CREATE INDEX cancellation_waiting ON cancellation (requested_at) WHERE state = 'requested';

-- What happened to a customer, as events told it: the card's timeline and contracts are read from it. No personal data.
CREATE TABLE happening (
    event_id     uuid PRIMARY KEY,
    customer_ref text        NOT NULL,
    what         text        NOT NULL,
    at           timestamptz NOT NULL,
    received_at  timestamptz NOT NULL,
    facts        jsonb       NOT NULL
);
CREATE INDEX happening_customer ON happening (customer_ref, at DESC);

-- Every risk that was told: the score's history.
CREATE TABLE assessment (
    event_id     uuid PRIMARY KEY,
    customer_ref text             NOT NULL,
    kind         text             NOT NULL,
    subscription text,
    episode      text             NOT NULL,
    phase        text             NOT NULL,
    probability  double precision NOT NULL,
    band         text             NOT NULL,
    priority     double precision NOT NULL,
    at           timestamptz      NOT NULL
);
CREATE INDEX assessment_customer ON assessment (customer_ref, at DESC);
CREATE INDEX assessment_at ON assessment (at);

-- When each shop's cart was last heard of: business time and real time.
CREATE TABLE cart_heard (
    cart        text PRIMARY KEY,
    happened_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    events      bigint      NOT NULL
);

-- An agent's own ways to look at the queue.
CREATE TABLE saved_view (
    login   text  NOT NULL REFERENCES agent,
    name    text  NOT NULL,
    filters jsonb NOT NULL,
    place   int   NOT NULL,
    PRIMARY KEY (login, name)
);

-- What the desk has the hands for; `threshold` is the priority below which alerts are parked.
CREATE TABLE capacity (
    one            boolean PRIMARY KEY DEFAULT true CHECK (one),
    alerts_per_day int CHECK (alerts_per_day > 0),
    threshold      double precision NOT NULL DEFAULT 0,
    changed_by     text REFERENCES agent,
    changed_at     timestamptz
);
INSERT INTO capacity (alerts_per_day) VALUES (NULL);

-- Who saw and did what, for ever: each entry holds the hash of the one before. No values of personal data.
CREATE TABLE audit_entry (
    id       bigint PRIMARY KEY,
    at       timestamptz NOT NULL,
    who      text        NOT NULL,
    role     text        NOT NULL,
    what     text        NOT NULL,
    subject  text,
    alert    uuid,
    why      text,
    detail   text,
    whence   text,
    previous bytea       NOT NULL,
    hash     bytea       NOT NULL
);
CREATE INDEX audit_entry_subject ON audit_entry (subject, id);
CREATE INDEX audit_entry_who ON audit_entry (who, id);
CREATE TRIGGER audit_entry_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
