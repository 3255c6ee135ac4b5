-- Where this service stands in each partition. next_offset is the truth; Kafka's own committed offset is a hint.
CREATE TABLE consumer_partition (
    grp         text   NOT NULL,
    topic       text   NOT NULL,
    part        int    NOT NULL,
    next_offset bigint NOT NULL DEFAULT 0,
    owner_epoch bigint NOT NULL DEFAULT 0,
    owner       text,
    claimed_at  timestamptz,
    PRIMARY KEY (grp, topic, part)
);

-- The second guard against counting twice: an event may stand in the log at two offsets.
CREATE TABLE processed_event (
    grp          text        NOT NULL,
    event_id     uuid        NOT NULL,
    processed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (grp, event_id)
);
CREATE INDEX processed_event_age ON processed_event USING brin (processed_at);

-- Events committed together with the state they follow from; the relay publishes and deletes them.
CREATE TABLE outbox (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic      text        NOT NULL,
    key        bytea,
    value      bytea,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
