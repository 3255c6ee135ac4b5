-- Messages: what customers agreed to, which scenarios they are in, and the life of every step.

-- What holds now: the newest word by event time; at the same time a refusal wins.
CREATE TABLE consent (
    customer_ref text        NOT NULL,
    channel      text        NOT NULL CHECK (channel IN ('mail', 'line', 'postal_dm', 'phone')),
    granted      boolean     NOT NULL,
    changed_at   timestamptz NOT NULL,
    PRIMARY KEY (customer_ref, channel)
);

-- The proof (特定商取引法: three years): every word ever said, as it was said.
CREATE TABLE consent_history (
    event_id     uuid PRIMARY KEY,
    customer_ref text        NOT NULL,
    channel      text        NOT NULL,
    granted      boolean     NOT NULL,
    wording      text,
    source       text        NOT NULL,
    at           timestamptz NOT NULL,
    recorded_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX consent_history_customer ON consent_history (customer_ref, at);

-- Wants to hear nothing, on any channel; kept after everything else is erased.
CREATE TABLE do_not_contact (
    customer_ref text PRIMARY KEY,
    since        timestamptz NOT NULL
);

-- One customer in one scenario for one episode, the holdout included.
CREATE TABLE enrolment (
    customer_ref text        NOT NULL,
    scenario     text        NOT NULL,
    episode      text        NOT NULL,
    version      int         NOT NULL,
    kind         text        NOT NULL,
    reason       text,
    cart         text        NOT NULL,
    subscription text,
    enrolled_at  timestamptz NOT NULL,
    ended_at     timestamptz,
    ended        text,
    PRIMARY KEY (customer_ref, scenario, episode),
    CHECK ((ended_at IS NULL) = (ended IS NULL))
);
CREATE INDEX enrolment_subscription ON enrolment (cart, subscription) WHERE ended_at IS NULL;

-- The unique key is the promise: one row is at most one message, however often its risk is told.
-- due_at, enrolled_at and began_at are business time; lease_until and retry_from are real time.
CREATE TABLE action (
    id             uuid PRIMARY KEY,
    customer_ref   text        NOT NULL,
    scenario       text        NOT NULL,
    episode        text        NOT NULL,
    step           text        NOT NULL,
    channel        text        NOT NULL,
    template       text        NOT NULL,
    shop           text        NOT NULL,
    correlation_id text        NOT NULL,
    causation_id   text        NOT NULL,
    state          text        NOT NULL DEFAULT 'planned' CHECK (state IN (
        'planned', 'claimed', 'sending', 'retry_at', 'sent', 'rejected', 'unknown', 'suppressed', 'expired')),
    reason         text,
    due_at         timestamptz NOT NULL,
    attempt        int         NOT NULL DEFAULT 0,
    fence          bigint      NOT NULL DEFAULT 0,
    lease_until    timestamptz,
    retry_from     timestamptz,
    began_at       timestamptz,
    provider_key   text,
    provider_id    text,
    changed_at     timestamptz NOT NULL DEFAULT now(),
    UNIQUE (customer_ref, scenario, episode, step),
    FOREIGN KEY (customer_ref, scenario, episode) REFERENCES enrolment,
    CHECK (state NOT IN ('claimed', 'sending') OR lease_until IS NOT NULL),
    CHECK (state <> 'sending' OR (provider_key IS NOT NULL AND began_at IS NOT NULL AND attempt > 0)),
    CHECK (state <> 'retry_at' OR retry_from IS NOT NULL)
);
CREATE INDEX action_due ON action (due_at) WHERE state IN ('planned', 'retry_at', 'claimed');
CREATE INDEX action_open ON action (channel, state, changed_at)
    WHERE state IN ('planned', 'claimed', 'sending', 'retry_at', 'unknown');
CREATE INDEX action_began ON action (customer_ref, began_at) WHERE state IN ('sending', 'sent', 'unknown');

-- Every state an action was ever in; `at` is real time.
CREATE TABLE action_history (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    action_id uuid        NOT NULL REFERENCES action,
    at        timestamptz NOT NULL DEFAULT clock_timestamp(),
    state     text        NOT NULL,
    reason    text
);
CREATE INDEX action_history_action ON action_history (action_id, id);

-- Personal data: the words as they are being sent; gone with the outcome, kept only while that is unknown.
CREATE TABLE action_message (
    action_id  uuid PRIMARY KEY REFERENCES action,
    address    text        NOT NULL,
    subject    text        NOT NULL,
    body       text        NOT NULL,
    written_at timestamptz NOT NULL DEFAULT now()
);
