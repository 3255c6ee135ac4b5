-- The retention desk: who may work here, whom we can reach, what stands in the queue.

CREATE TABLE agent (
    login         text PRIMARY KEY,
    name          text        NOT NULL,
    role          text        NOT NULL CHECK (role IN ('agent', 'supervisor')),
    password_hash text        NOT NULL,
    active        boolean     NOT NULL,
    changed_at    timestamptz NOT NULL DEFAULT now()
);

-- Only the hash of a session's token: who reads this table cannot take a session over.
CREATE TABLE session (
    token_hash bytea PRIMARY KEY,
    login      text        NOT NULL REFERENCES agent,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX session_login ON session (login);
CREATE INDEX session_expires_at ON session (expires_at);

-- A row per attempt, taken away again by success; hashed, for people type passwords where the name goes.
CREATE TABLE login_attempt (
    login_hash bytea       NOT NULL,
    at         timestamptz NOT NULL
);
CREATE INDEX login_attempt_login ON login_attempt (login_hash, at);
CREATE INDEX login_attempt_at ON login_attempt (at);

-- Personal data: how to reach a customer. The newest by event time.
CREATE TABLE contact (
    customer_ref text PRIMARY KEY,
    name         text,
    kana         text,
    mail         text,
    phone        text,
    postcode     text,
    prefecture   text,
    address      text,
    changed_at   timestamptz NOT NULL
);

-- What must be remembered of a customer even when nothing else is: erased for ever; wants no calls.
CREATE TABLE customer_mark (
    customer_ref     text PRIMARY KEY,
    erased_at        timestamptz,
    phone_refused_at timestamptz,
    phone_allowed_at timestamptz
);

-- Contracts that are over, so that a risk assessed before the end raises nothing after it.
CREATE TABLE ended_subscription (
    cart         text        NOT NULL,
    subscription text        NOT NULL,
    ended_at     timestamptz NOT NULL,
    PRIMARY KEY (cart, subscription)
);

CREATE TABLE alert (
    id              uuid PRIMARY KEY,
    episode         text             NOT NULL UNIQUE,
    customer_ref    text             NOT NULL,
    cart            text             NOT NULL,
    correlation_id  text             NOT NULL,
    kind            text             NOT NULL,
    band            text             NOT NULL,
    probability     double precision NOT NULL,
    priority        double precision NOT NULL,
    value_amount    bigint           NOT NULL,
    value_currency  text             NOT NULL,
    reasons         jsonb            NOT NULL,
    model           text             NOT NULL,
    horizon_days    double precision NOT NULL,
    subscription    text,
    delivery_number int,
    min_deliveries  int,
    due             timestamptz,
    cutoff          timestamptz,
    -- Business time:
    assessed_at     timestamptz      NOT NULL,
    -- Real time:
    noticed_at      timestamptz      NOT NULL,
    raised_at       timestamptz      NOT NULL,
    state           text             NOT NULL CHECK (state IN ('raised', 'claimed', 'resolved', 'withdrawn')),
    version         int              NOT NULL DEFAULT 1,
    agent           text REFERENCES agent,
    lease_until     timestamptz,
    disposition     text,
    note            text,
    closed_at       timestamptz,
    CHECK ((state = 'claimed') <= (agent IS NOT NULL AND lease_until IS NOT NULL)),
    CHECK ((state = 'resolved') = (disposition IS NOT NULL)),
    CHECK ((state IN ('resolved', 'withdrawn')) = (closed_at IS NOT NULL))
);
CREATE INDEX alert_queue ON alert (priority DESC) WHERE state IN ('raised', 'claimed');
CREATE INDEX alert_customer ON alert (customer_ref);
CREATE INDEX alert_subscription ON alert (cart, subscription) WHERE state IN ('raised', 'claimed');
CREATE INDEX alert_closed ON alert (closed_at) WHERE state = 'resolved';

-- Every change of an alert, for ever: who, what, when. `seq` is given afterwards by the sequencer, in commit
-- order; ids are drawn before the commit and would let a reader pass a change that commits late.
CREATE TABLE alert_change (
    id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    alert  uuid        NOT NULL REFERENCES alert,
    what   text        NOT NULL,
    agent  text,
    detail text,
    at     timestamptz NOT NULL,
    seq    bigint UNIQUE
);
CREATE INDEX alert_change_alert ON alert_change (alert);
CREATE INDEX alert_change_unnumbered ON alert_change (id) WHERE seq IS NULL;

CREATE TABLE alert_sequence (
    one  boolean PRIMARY KEY DEFAULT true CHECK (one),
    last bigint NOT NULL
);
INSERT INTO alert_sequence (last) VALUES (0);
